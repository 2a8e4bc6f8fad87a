"""CosyVoice over WebSocket, and voices of one's own."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .speech_synthesizer import AudioFormat, ResultCallback, SpeechSynthesizer

if TYPE_CHECKING:
    from .enrollment import VoiceEnrollmentException, VoiceEnrollmentService
    from .object_pool import SpeechSynthesizerObjectPool

__all__ = [
    "AudioFormat",
    "ResultCallback",
    "SpeechSynthesizer",
    "SpeechSynthesizerObjectPool",
    "VoiceEnrollmentException",
    "VoiceEnrollmentService",
]

# What most programs do without, and where it is: the pool, and the HTTP client under the enrollment.
_LAZY_CLASSES = {
    "SpeechSynthesizerObjectPool": "object_pool",
    "VoiceEnrollmentException": "enrollment",
    "VoiceEnrollmentService": "enrollment",
}
_LAZY_MODULES = ("enrollment", "object_pool")


def __getattr__(name: str) -> Any:
    if name in _LAZY_MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _LAZY_CLASSES:
        found = getattr(importlib.import_module(f"{__name__}.{_LAZY_CLASSES[name]}"), name)
        globals()[name] = found
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY_CLASSES, *_LAZY_MODULES})
