"""An engine that has servers with an OpenAI-compatible ``/v1/audio/speech`` speak."""

from __future__ import annotations

import json
from typing import Any

from ..selfhosted import ServerSpeech, TimeLimits
from ..selfhosted.exchange import Address, Exchange
from .engine import Utterance
from .gateway import GatewayEngine, Passage
from .voice_map import MappedVoice

__all__ = ["OpenAiEngine", "OpenAiServer"]

DEFAULT_MODEL = "tts-1"
DEFAULT_SAMPLE_RATE = 24000  # of "pcm", as that interface has it


class OpenAiServer:
    """One server.

    Args:
        url: with or without ``/v1`` at the end.
        token: sent as a Bearer token.
        model: the model to ask for.
        sample_rate: of its audio in Hz where it comes without a header.
        format: ``pcm`` or ``wav``.
        limits: how long it may take.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        model: str = DEFAULT_MODEL,
        sample_rate: int = DEFAULT_SAMPLE_RATE,
        format: str = "pcm",
        limits: TimeLimits | None = None,
    ) -> None:
        self._address = Address(url, token)
        self._path = "/audio/speech" if self._address.path.endswith("/v1") else "/v1/audio/speech"
        self._limits = limits or TimeLimits()
        self.model = model
        self.sample_rate = sample_rate
        self.format = format

    def speech(self, request: dict[str, Any]) -> ServerSpeech:
        """The audio for a request; it has not been sent."""
        body = json.dumps(request).encode()

        def send(exchange: Exchange) -> None:
            exchange.send("POST", self._path, {"Content-Type": "application/json"}, body)

        return ServerSpeech(Exchange(self._address, self._limits), send, str(self._address), self.sample_rate)


class OpenAiEngine(GatewayEngine[OpenAiServer]):
    """Speaks through ``/v1/audio/speech``; the rate becomes ``speed``, the instruction ``instructions``."""

    def _ask(
        self, server: OpenAiServer, passage: Passage, voice: MappedVoice, utterance: Utterance
    ) -> ServerSpeech:
        request: dict[str, Any] = {
            "model": voice.model or server.model,
            "input": passage.text,
            "voice": voice.speaker,
            "response_format": server.format,
        }
        if passage.prosody.rate != 1.0:
            request["speed"] = passage.prosody.rate
        instruction = utterance.instruction.strip() or voice.instruction
        if instruction:
            request["instructions"] = instruction
        return server.speech(request)
