"""Each scenario gives the same trace under both packages, but for what is listed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from .comparison import differing_fields
from .defects import DEFECTS
from .difference import as_listed, in_words
from .differences import DELIBERATE
from .running import PACKAGES, listed_scenarios

LISTED = as_listed([*DELIBERATE, *DEFECTS])
SOMETIMES = as_listed(one for one in DEFECTS if one.sometimes)

HERE = Path(__file__).parent

pytestmark = pytest.mark.oracle


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    listed = listed_scenarios()
    if "scenario" in metafunc.fixturenames:
        metafunc.parametrize("scenario", sorted(listed))
    if "sambert_scenario" in metafunc.fixturenames:
        of_sambert = sorted(name for name, told in listed.items() if told["family"] == "sambert")
        metafunc.parametrize("sambert_scenario", of_sambert)


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


@pytest.mark.parametrize(
    "session",
    ["realtime_every_field_of_a_session", "realtime_fragments_of_all_kinds", "realtime_commit_mode",
     "realtime_every_message"],
)  # fmt: skip
def test_the_realtime_frames_are_the_same_byte_for_byte(session: str, traces: dict[str, Any]) -> None:
    both = traces[session]
    assert both["official"]["frames"][0]
    assert both["official"]["frames"] == both["ours"]["frames"]


@pytest.mark.parametrize("listing", ["members_of_every_class"])
def test_every_public_method_is_used_by_some_scenario(listing: str, traces: dict[str, Any]) -> None:
    files = [file for file in HERE.rglob("*.py") if "differences" not in file.parts]
    used = set(re.findall(r"\w+", " ".join(file.read_text(encoding="utf-8") for file in files)))
    methods = [field for field, told in traces[listing]["official"].items() if _is_method(told)]
    assert len(methods) > 60
    assert not [
        field for field in methods if f"{listing}: {field}" not in LISTED and field.rpartition(".")[2] not in used
    ]


def _is_method(told: Any) -> bool:
    return isinstance(told, dict) and (told.get("member") == "property" or isinstance(told.get("member"), list))


@pytest.mark.parametrize("package", PACKAGES)
def test_every_callback_of_sambert_comes_on_the_callers_thread(
    sambert_scenario: str, package: str, traces: dict[str, Any]
) -> None:
    assert {call[0] for call in traces[sambert_scenario][package]["callbacks"]} <= {"C"}


def test_sambert_closes_whatever_it_opened_once_and_last(sambert_scenario: str, traces: dict[str, Any]) -> None:
    called = [call[1] for call in traces[sambert_scenario]["ours"]["callbacks"]]
    if "on_open" in called:
        calls = called.count("on_open")
        assert called[-1] == "on_close"
        assert called.count("on_close") == calls
        assert called.count("on_error") <= calls
