"""The voices that were created here: which model each belongs to, and from when it can be used.

One table for the process: the ids are unique, and the engine asks for a voice by its name alone.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from .refusals import Refusal
from .voices import MADE, Voice

__all__ = ["forget", "refuse_unfit", "remember", "remember_deleted"]


@dataclass(frozen=True)
class _Entry:
    target_model: str
    ready_at: float  # Unix seconds
    is_deleted: bool = False


_entries: dict[str, _Entry] = {}


def remember(name: str, voice: Voice, target_model: str, ready_at: float) -> None:
    """From ``ready_at`` (Unix seconds) on, ``target_model`` speaks with ``voice`` under that name."""
    MADE[name] = voice
    _entries[name] = _Entry(target_model, ready_at)


def remember_deleted(name: str, target_model: str) -> None:
    """The voice is gone: to ask for it is an error, and not a voice made up for its name."""
    MADE.pop(name, None)
    _entries[name] = _Entry(target_model, 0.0, is_deleted=True)


def forget(name: str) -> None:
    """As if it had never been."""
    MADE.pop(name, None)
    _entries.pop(name, None)


def refuse_unfit(name: str, model: str) -> None:
    """Error 418 for a voice that was created here and is deleted, not ready, or another model's."""
    entry = _entries.get(name)
    if entry is None:
        return
    if entry.is_deleted or entry.target_model != model or time.time() < entry.ready_at:
        raise Refusal.engine(418)
