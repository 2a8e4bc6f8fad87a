from __future__ import annotations

import pytest

from .stand_in import StandIn


@pytest.fixture
def upstream():
    with StandIn() as server:
        yield server
