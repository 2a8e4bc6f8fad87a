"""The list of differences says why, where each is seen, and what the README says of it."""

from __future__ import annotations

import pytest

from .defects import DEFECTS
from .difference import Difference, as_listed, as_table
from .differences import DELIBERATE
from .running import ROOT, listed_scenarios

ALL = [*DELIBERATE, *DEFECTS]


def test_whatever_is_listed_is_seen_in_a_scenario_that_exists() -> None:
    assert {place.partition(": ")[0] for place in as_listed(ALL)} <= set(listed_scenarios())


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.what)
def test_every_difference_has_its_reason_and_is_shown(one: Difference) -> None:
    assert all([one.what, one.official, one.here, one.why])
    assert one.seen or one.tested


@pytest.mark.parametrize("one", [one for one in ALL if one.tested], ids=lambda one: one.what)
def test_what_cannot_be_compared_is_tested_by_a_test_that_exists(one: Difference) -> None:
    file, _, test = one.tested.partition("::")
    assert f"\ndef {test}(" in (ROOT / file).read_text(encoding="utf-8")


def test_nothing_is_listed_twice() -> None:
    assert len({one.what for one in ALL}) == len(ALL)


def test_the_readme_tells_of_what_readers_should_know() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert as_table(one for one in DELIBERATE if one.headline) in readme
