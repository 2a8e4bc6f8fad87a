"""One difference between the two packages, and where it is seen."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Difference", "as_listed", "as_table", "in_words"]


@dataclass(frozen=True)
class Difference:
    """One decision, or one defect.

    Args:
        what, official, here, why: a row of a table.
        seen: "scenario: field" -> what the official and our value must show there, in words; "" for anything.
        tested: "file::test" of this package alone, where both cannot be compared within seconds.
        headline: a reader of the README should know it.
        sometimes: it is not seen in every run, or may be gone by now.
    """

    what: str
    official: str
    here: str
    why: str
    seen: dict[str, tuple[str, str]] = field(default_factory=dict)
    tested: str = ""
    headline: bool = False
    sometimes: bool = False


def as_listed(differences: Iterable[Difference]) -> dict[str, tuple[str, str]]:
    """All that the differences say is seen, by "scenario: field"."""
    found: dict[str, tuple[str, str]] = {}
    for one in differences:
        for place, shown in one.seen.items():
            assert place not in found, f"{place!r} is listed twice"
            found[place] = shown
    return found


def as_table(differences: Iterable[Difference]) -> str:
    """The rows, in Markdown."""
    rows = [f"| {one.what} | {one.official} | {one.here} | {one.why} |" for one in differences]
    return "\n".join(["| What | Official package | Here | Why |", "|---|---|---|---|", *rows])


def in_words(field: str, value: Any) -> str:
    """A value as text; of frames and callbacks, first what happened in which order."""
    text = str(value)
    if field == "frames" and isinstance(value, list):
        actions = [" ".join(_action(frame) for frame in connection) for connection in value]
        return f"{' | '.join(actions)}\n{text}"
    if field == "callbacks" and isinstance(value, list):
        return f"{', '.join(f'{call[0]} {call[1]}' for call in value)}\n{text}"
    return text


def _action(frame: str) -> str:
    try:
        return str(json.loads(frame)["header"]["action"])
    except (ValueError, KeyError, TypeError):
        return "?"
