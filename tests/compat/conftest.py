"""The official package is run where it is installed; in CI it has to be."""

from __future__ import annotations

import os
from typing import Any

import pytest

from .running import official_is_missing, traces_of_all


@pytest.fixture(scope="session")
def traces() -> dict[str, dict[str, dict[str, Any]]]:
    """What all scenarios wrote down under both packages."""
    missing = official_is_missing()
    if missing:
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail(missing)
        pytest.skip(missing)
    return traces_of_all()
