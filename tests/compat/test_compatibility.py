"""Each scenario gives the same trace under both packages, but for what is listed."""

from __future__ import annotations

from typing import Any

import pytest

from .comparison import differing_fields
from .defects import DEFECTS
from .difference import as_listed, in_words
from .differences import DELIBERATE
from .running import PACKAGES, listed_scenarios

LISTED = as_listed([*DELIBERATE, *DEFECTS])
SOMETIMES = as_listed(one for one in DEFECTS if one.sometimes)

pytestmark = pytest.mark.oracle


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "scenario" in metafunc.fixturenames:
        metafunc.parametrize("scenario", sorted(listed_scenarios()))


def test_a_program_does_the_same_under_both_packages(scenario: str, traces: dict[str, Any]) -> None:
    both = traces[scenario]
    assert set(both) == set(PACKAGES)
    broken = [trace["the scenario ended"] for trace in both.values() if "the scenario ended" in trace]
    assert not broken, "the scenario itself is at fault"
    found = differing_fields(both["official"], both["ours"])
    listed = {place.partition(": ")[2] for place in LISTED if place.partition(": ")[0] == scenario}
    faults = [
        f"{field} differs:\n  official: {in_words(field, official)}\n  here:     {in_words(field, ours)}"
        for field, (official, ours) in found.items()
        if field not in listed
    ]
    settled = {field for field in listed if f"{scenario}: {field}" not in SOMETIMES}
    faults += [f"{field} does not differ any more: take it from the list" for field in settled.difference(found)]
    for field in listed.intersection(found):
        for package, value, shown in zip(PACKAGES, found[field], LISTED[f"{scenario}: {field}"]):
            found_there = in_words(field, value)
            if shown not in found_there:
                faults.append(f"{field} differs otherwise than listed: {package} lacks {shown!r}: {found_there}")
    assert not faults, "\n".join(faults)


def test_whatever_is_listed_is_seen_in_a_scenario_that_exists() -> None:
    assert {place.partition(": ")[0] for place in LISTED} <= set(listed_scenarios())


def test_every_difference_has_its_reason() -> None:
    assert all(one.what and one.official and one.here and one.why and one.seen for one in [*DELIBERATE, *DEFECTS])
