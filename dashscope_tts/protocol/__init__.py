"""The conversation without a wire: messages, task states, audio formats, text counting and limits.

Standard library only: no socket, no thread, no clock. The clients and the local service both stand on it.
"""

from .audio_format import AudioFormat
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
