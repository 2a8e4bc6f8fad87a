"""The official package is run where it is installed; in CI it has to be."""

from __future__ import annotations

import os
from typing import Any

import pytest

from .running import listed_scenarios, official_is_missing, traces_of


@pytest.fixture(scope="session")
def traces(request: pytest.FixtureRequest) -> dict[str, dict[str, dict[str, Any]]]:
    """What the scenarios of the chosen tests wrote down under both packages."""
    missing = official_is_missing()
    if missing:
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail(missing)
        pytest.skip(missing)
    chosen = {value for item in request.session.items if hasattr(item, "callspec") for value in _names(item)}
    return traces_of([name for name in listed_scenarios() if name in chosen])


def _names(item: Any) -> list[Any]:
    return [value for value in item.callspec.params.values() if isinstance(value, str)]
