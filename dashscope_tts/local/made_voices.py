"""The voices that were created here: which model each belongs to, and from when it can be used.

One table for the process: the ids are unique, and the engine asks for a voice by its name alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from .engine import VoiceSample
from .refusals import Refusal
from .voices import MADE, Voice

__all__ = ["MadeVoice", "forget", "made_voice", "refuse_unfit", "remember", "remember_deleted"]


def _no_sample() -> VoiceSample | None:
    return None


@dataclass(frozen=True)
class MadeVoice:
    """What is known of a voice.

    Attributes:
        target_model: the only model that speaks with it.
        ready_at: Unix seconds.
        is_deleted: whether it is gone.
        sample: gives the recording it was made from; None where there is none, or it was not kept.
        description: the words it was made from, "" where it was made from a recording.
    """

    target_model: str
    ready_at: float
    is_deleted: bool = False
    sample: Callable[[], VoiceSample | None] = _no_sample
    description: str = ""


_entries: dict[str, MadeVoice] = {}


def remember(
    name: str,
    voice: Voice,
    target_model: str,
    ready_at: float,
    sample: Callable[[], VoiceSample | None] = _no_sample,
    description: str = "",
) -> None:
    """From ``ready_at`` (Unix seconds) on, ``target_model`` speaks with ``voice`` under that name."""
    MADE[name] = voice
    _entries[name] = MadeVoice(target_model, ready_at, sample=sample, description=description)


def remember_deleted(name: str, target_model: str) -> None:
    """The voice is gone: to ask for it is an error, and not a voice made up for its name."""
    MADE.pop(name, None)
    _entries[name] = MadeVoice(target_model, 0.0, is_deleted=True)


def forget(name: str) -> None:
    """As if it had never been."""
    MADE.pop(name, None)
    _entries.pop(name, None)


def made_voice(name: str) -> MadeVoice | None:
    """What is known of a voice that was created here; None of any other."""
    return _entries.get(name)


def refuse_unfit(name: str, model: str) -> None:
    """Error 418 for a voice that was created here and is deleted, not ready, or another model's."""
    entry = _entries.get(name)
    if entry is None:
        return
    if entry.is_deleted or entry.target_model != model or time.time() < entry.ready_at:
        raise Refusal.engine(418)
