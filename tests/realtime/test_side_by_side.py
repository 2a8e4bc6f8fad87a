"""Each scenario gives the same frames, headers, callbacks, results and errors under both packages."""

from __future__ import annotations

import os
from typing import Any

import pytest

from ..compat.comparison import differing_fields
from ..compat.difference import as_listed, in_words
from ..compat.running import PACKAGES, official_is_missing
from .differences import DELIBERATE
from .side_by_side import traces_of_all

LISTED = as_listed(DELIBERATE)

pytestmark = pytest.mark.oracle


@pytest.fixture(scope="module")
def traces() -> dict[str, dict[str, dict[str, Any]]]:
    """What all scenarios wrote down under both packages."""
    missing = official_is_missing()
    if missing and os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    return traces_of_all()


def test_a_program_does_the_same_under_both_packages(traces: dict[str, Any]) -> None:
    assert len(traces) > 30
    faults: list[str] = []
    for scenario, both in sorted(traces.items()):
        assert set(both) == set(PACKAGES), scenario
        faults += _faults(scenario, both)
    assert not faults, "\n".join(faults)


def _faults(scenario: str, both: dict[str, dict[str, Any]]) -> list[str]:
    broken = [trace["the scenario ended"] for trace in both.values() if "the scenario ended" in trace]
    faults = [f"{scenario} itself is at fault: {error}" for error in broken]
    found = differing_fields(*(_with_on_open_first(both[package]) for package in ("official", "ours")))
    listed = {place.partition(": ")[2] for place in LISTED if place.partition(": ")[0] == scenario}
    for field in listed.difference(found):
        faults.append(f"{scenario}: {field} does not differ any more: take it from the list")
    for field, values in found.items():
        told = [in_words(field, value) for value in values]
        if field not in listed:
            faults.append(f"{scenario}: {field} differs:\n  official: {told[0]}\n  here:     {told[1]}")
            continue
        for package, text, shown in zip(PACKAGES, told, LISTED[f"{scenario}: {field}"]):
            if shown not in text:
                faults.append(f"{scenario}: {field}: {package} lacks {shown!r}: {text}")
    return faults


def _with_on_open_first(trace: dict[str, Any]) -> dict[str, Any]:
    """Under both packages it is chance whether the first event comes just before or just after ``on_open``."""
    callbacks = list(trace.get("callbacks") or [])
    if len(callbacks) > 1 and callbacks[1][1] == "on_open" and callbacks[0][1] == "on_event":
        callbacks[:2] = callbacks[1::-1]
    return {**trace, "callbacks": callbacks} if "callbacks" in trace else trace


def test_whatever_is_listed_is_seen_in_a_scenario_that_exists(traces: dict[str, Any]) -> None:
    assert {place.partition(": ")[0] for place in LISTED} <= set(traces)


def test_the_frames_are_those_of_the_official_package_byte_for_byte(traces: dict[str, Any]) -> None:
    for scenario in ("every_field_of_a_session", "fragments_of_all_kinds", "commit_mode", "every_message"):
        both = traces[scenario]
        assert both["official"]["frames"][0]
        assert both["official"]["frames"] == both["ours"]["frames"]


def test_every_difference_has_its_reason() -> None:
    assert all(one.what and one.official and one.here and one.why and one.seen for one in DELIBERATE)
