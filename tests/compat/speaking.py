"""What most scenarios begin with. Imported in the runner only."""

from __future__ import annotations

from typing import Any

import dashscope
from dashscope.audio.tts_v2 import ResultCallback, SpeechSynthesizer

from .trace import Trace

__all__ = ["KEY", "recorder", "speaker"]

KEY = "sk-0123456789"


def speaker(t: Trace, callback: Any = None, **kwargs: Any) -> SpeechSynthesizer:
    """A synthesizer for this scenario's server, with a key."""
    dashscope.api_key = KEY
    kwargs = {"model": "cosyvoice-v3-flash", "voice": "longanyang", "url": t.url, **kwargs}
    synthesizer = SpeechSynthesizer(callback=callback, **kwargs)
    t.kept.append(synthesizer)
    return synthesizer


def recorder(t: Trace, **instead: Any) -> Any:
    """A callback that writes everything down; ``on_data=function`` and so on do something besides."""
    return t.callback(ResultCallback, **instead)
