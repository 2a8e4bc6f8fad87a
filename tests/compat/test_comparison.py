"""What counts as a difference, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from .comparison import differing_fields
from .normalise import normalised
from .trace import Trace, raised


class _OurError(ValueError):
    pass


def _found(official: Any, ours: Any) -> set[str]:
    """The names of the fields that differ, of two traces that have been through JSON."""
    return set(differing_fields(normalised(official), normalised(ours)))


def test_an_error_may_be_caught_as_more_but_not_as_less() -> None:
    wide, narrow = raised(_OurError("text")), raised(ValueError("text"))
    assert not _found({"call": narrow}, {"call": wide})
    assert _found({"call": wide}, {"call": narrow}) == {"call"}


def test_an_error_says_the_same() -> None:
    assert _found({"call": raised(ValueError("a"))}, {"call": raised(ValueError("b"))}) == {"call"}


def test_an_error_is_no_result() -> None:
    assert _found({"call": None}, {"call": raised(ValueError("a"))}) == {"call"}


@pytest.mark.parametrize("side", [0, 1])
def test_a_field_that_only_one_has_differs(side: int) -> None:
    traces: list[dict[str, Any]] = [{}, {}]
    traces[side]["frames"] = []
    assert _found(*traces) == {"frames"}


def test_a_member_may_be_added_but_not_taken_away_or_changed() -> None:
    member = {"X.call": {"member": ["positional_or_keyword self"]}}
    assert not _found({}, member)
    assert _found(member, {}) == {"X.call"}
    assert _found(member, {"X.call": {"member": []}}) == {"X.call"}


def test_names_may_be_added_but_not_taken_away() -> None:
    few, more = ({"at least": names, "has": names} for names in (["a"], ["a", "b"]))
    assert not _found({"names": few}, {"names": more})
    assert _found({"names": more}, {"names": few}) == {"names"}


def test_what_follows_a_step_that_hung_is_not_compared() -> None:
    assert _found({"call": "(hung)"}, {"call": 1, "later": 2}) == {"call"}


def test_order_and_thread_of_callbacks_count() -> None:
    calls = [["R", "on_event"], ["R", "on_close"]]
    assert _found({"callbacks": calls}, {"callbacks": calls[::-1]}) == {"callbacks"}
    assert _found({"callbacks": calls}, {"callbacks": [["C", "on_event"], calls[1]]}) == {"callbacks"}


def test_ids_are_equal_where_they_are_used_alike() -> None:
    one, another, third = ("0123456789abcdef" * 2, "fedcba9876543210" * 2, "00112233445566778899aabbccddeeff")
    assert not _found({"frames": [one, one, another]}, {"frames": [another, another, third]})
    assert _found({"frames": [one, one]}, {"frames": [one, another]}) == {"frames"}


def test_an_id_of_another_form_is_another_id() -> None:
    dashed = "6f1e0c1e-1111-4000-8000-000000000000"
    assert _found({"frames": [dashed]}, {"frames": ["0123456789abcdef" * 2]}) == {"frames"}


def test_a_label_is_written_down_once() -> None:
    trace = Trace("ws://127.0.0.1:1/plain/run/")
    trace.note("call", 1)
    with pytest.raises(AssertionError, match="written down before"):
        trace.note("call", 2)
