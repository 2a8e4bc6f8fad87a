"""Which fields of two traces differ in a way that a program could notice."""

from __future__ import annotations

from typing import Any

__all__ = ["differing_fields", "shown"]

HUNG = "(hung)"
ABSENT = "(absent)"


def shown(value: Any) -> str:
    """A value in the report of a difference."""
    return "\n    ".join(map(str, value)) if isinstance(value, list) else str(value)


def same(official: Any, ours: Any) -> bool:
    """Whether a program that works with the first value works with the second.

    An exception of ours may be caught as more than the official one, and says more where that is the HTTP library's;
    a module of ours may hold more names, and a class more members.
    """
    if official == ABSENT and isinstance(ours, dict) and "member" in ours:
        return True
    if isinstance(official, dict) and isinstance(ours, dict) and "raised" in official and "raised" in ours:
        told = ["text", "fields"] if "fields" in official else ["text"]
        if official["caught as"][0].startswith("requests."):
            told = []
        same_told = all(official[key] == ours.get(key) for key in told)
        return same_told and set(official["caught as"]) <= set(ours["caught as"])
    if isinstance(official, dict) and isinstance(ours, dict) and "at least" in official:
        return set(official["at least"]) <= set(ours["has"])
    return bool(official == ours)


def differing_fields(official: dict[str, Any], ours: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Field -> official value, our value. What comes after a step that hung is not compared."""
    hung = any(HUNG in trace.values() for trace in (official, ours))
    found = {}
    never_connected = "handshake" not in official or "handshake" not in ours
    for field in {**official, **ours}:
        if field == "handshake" and never_connected:
            continue  # the frames say so
        here, there = official.get(field, ABSENT), ours.get(field, ABSENT)
        if hung and ABSENT in (here, there):
            continue
        if not same(here, there):
            found[field] = (here, there)
    return found
