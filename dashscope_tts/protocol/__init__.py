"""The conversation without a wire: messages, task states, audio formats, text counting and limits.

Standard library only: no socket, no thread, no clock. The clients and the local service both stand on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .audio_format import AudioFormat

if TYPE_CHECKING:
    from .text import (
        IDLE_SECONDS,
        MAX_INSTRUCTION_CHARACTERS,
        MAX_MESSAGE_CHARACTERS,
        MAX_SECONDS_BETWEEN_FRAGMENTS,
        MAX_TASK_CHARACTERS,
        count_characters,
    )

__all__ = [
    "IDLE_SECONDS",
    "MAX_INSTRUCTION_CHARACTERS",
    "MAX_MESSAGE_CHARACTERS",
    "MAX_SECONDS_BETWEEN_FRAGMENTS",
    "MAX_TASK_CHARACTERS",
    "AudioFormat",
    "count_characters",
]


def __getattr__(name: str) -> Any:
    # Text is spoken without being counted here: the patterns for that are compiled for those who count.
    if name in __all__:
        from . import text

        return getattr(text, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
