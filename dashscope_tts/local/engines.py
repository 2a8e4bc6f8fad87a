"""The engines by name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .engine import Engine

if TYPE_CHECKING:
    from ..selfhosted import TimeLimits

__all__ = ["ENGINES", "Upstream", "make_engine"]

ENGINES = ("espeak", "cosyvoice", "openai")


@dataclass(frozen=True)
class Upstream:
    """What a gateway needs to know of the servers behind it; see :func:`dashscope_tts.local.serve`."""

    urls: Sequence[str] = ()
    voices: str | os.PathLike[str] | None = None
    token: str | None = None
    model: str | None = None
    sample_rate: int | None = None
    format: str = "pcm"
    streams: int = 64
    limits: TimeLimits | None = None


def make_engine(name: str, upstream: Upstream) -> Engine | None:
    """The engine of that name; None for espeak-ng, which the service makes when it starts.

    Raises:
        ValueError: an unknown name, no upstream where one is needed or one where none is, a URL, or a file of
            voices that cannot be used.
    """
    if name not in ENGINES:
        raise ValueError(f"engine: {name!r} is not one of {', '.join(ENGINES)}")
    if name == "espeak":
        if upstream != Upstream():
            raise ValueError("engine espeak speaks on this machine, and takes no upstream servers or voices")
        return None
    if not upstream.urls:
        raise ValueError(f"engine {name} needs the URL of at least one upstream server")
    if upstream.streams < 1 or upstream.format not in ("pcm", "wav"):
        raise ValueError("upstream streams must be 1 or more, and the upstream format pcm or wav")
    from ..selfhosted import CosyVoiceServer
    from .cosyvoice_engine import CosyVoiceEngine
    from .openai_engine import DEFAULT_MODEL, DEFAULT_SAMPLE_RATE, OpenAiEngine, OpenAiServer
    from .voice_map import VoiceMap

    voices = VoiceMap() if upstream.voices is None else VoiceMap.of_file(upstream.voices)
    token, model, rate = upstream.token, upstream.model, upstream.sample_rate
    if name == "cosyvoice":
        servers = [
            CosyVoiceServer(url, token, model=model, sample_rate=rate, limits=upstream.limits)
            for url in upstream.urls
        ]
        return CosyVoiceEngine(servers, voices, upstream.streams)
    others = [
        OpenAiServer(
            url, token, model or DEFAULT_MODEL, rate or DEFAULT_SAMPLE_RATE, upstream.format, upstream.limits
        )
        for url in upstream.urls
    ]
    return OpenAiEngine(others, voices, upstream.streams)
