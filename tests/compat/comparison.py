"""Which fields of two traces differ in a way that a program could notice."""

from __future__ import annotations

import importlib.metadata
from typing import Any

__all__ = ["differing_fields", "shown"]

HUNG = "(hung)"
ABSENT = "(absent)"
# That version, the last one for Python 3.9, calls on_close with None and None whatever the service closed with. The
# official realtime client hands on what it is called with; ours reads the close frame by itself.
CODES_ARE_LOST = importlib.metadata.version("websocket-client") == "1.9.0"


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
        if not same(here, _without_codes(there, here) if CODES_ARE_LOST else there):
            found[field] = (here, there)
    return found


def _without_codes(ours: Any, official: Any) -> Any:
    """Our value, with no code and no reason in each ``on_close`` where the official one has none."""
    if not isinstance(ours, list) or not isinstance(official, list) or len(ours) != len(official):
        return ours
    return [there if _lost_its_code(there, here) else here for here, there in zip(ours, official)]


def _lost_its_code(official: Any, ours: Any) -> bool:
    if isinstance(official, list) and isinstance(ours, list):
        return official[1:] == ["on_close", None, None] and ours[:2] == official[:2]
    is_text = isinstance(official, str) and isinstance(ours, str)
    return is_text and official.startswith("on_close None None") and ours.startswith("on_close ")
