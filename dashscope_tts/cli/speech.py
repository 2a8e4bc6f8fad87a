"""One task of a synthesizer as an iterator of its audio."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any, Optional

from ..audio.tts_v2 import ResultCallback, SpeechSynthesizer
from ..protocol import MAX_MESSAGE_CHARACTERS, count_characters
from ..protocol.service_errors import explain
from ..protocol.text import is_ssml
from .problem import Problem

__all__ = ["Speech"]

_PIECE = MAX_MESSAGE_CHARACTERS // 2  # characters that count 20,000 at most, whatever they are


class _Listener(ResultCallback):
    """Hands everything over to the main thread, which alone writes: a slow pipe must not hold up the connection."""

    def __init__(self) -> None:
        self.chunks: SimpleQueue[Optional[bytes]] = SimpleQueue()
        self.failure: Optional[str] = None
        self.ended_at = 0.0

    def on_data(self, data: bytes) -> None:
        self.chunks.put(data)

    def on_error(self, message: str) -> None:
        self.failure = message

    def on_close(self) -> None:
        self.ended_at = time.monotonic()
        self.chunks.put(None)


class Speech:
    """Iterate over it for the audio; afterwards it knows what it took.

    Args:
        text: plain text, or SSML, which goes out as one message whatever its length.
        timeout: seconds for everything; None for no limit.
        **parameters: of the ``SpeechSynthesizer``.

    Raises:
        DashScopeException, ValueError: a parameter that cannot be sent.
    """

    def __init__(self, text: str, timeout: Optional[float], **parameters: Any) -> None:
        self._text = text
        self._timeout = timeout
        self._listener = _Listener()
        self._synthesizer = SpeechSynthesizer(
            callback=self._listener,
            connect_timeout=timeout,
            # call() asks for SSML to be interpreted; in plain text "a < b" must stay what it is.
            additional_params={"enable_ssml": is_ssml(text)},
            **parameters,
        )
        self.elapsed = 0.0
        """Seconds from the start, connecting included, to the end of the audio."""

    @property
    def request_id(self) -> str:
        return self._synthesizer.get_last_request_id()

    @property
    def first_package_delay(self) -> float:
        """Milliseconds, connecting included."""
        return self._synthesizer.get_first_package_delay()

    def __iter__(self) -> Iterator[bytes]:
        begun = time.monotonic()
        try:
            self._send(begun)
            yield from iter(self._listener.chunks.get, None)
        finally:
            self._synthesizer.close()
        self._check()
        self.elapsed = self._listener.ended_at - begun

    def _send(self, begun: float) -> None:
        millis = None if self._timeout is None else self._timeout * 1000
        if is_ssml(self._text) or count_characters(self._text) <= MAX_MESSAGE_CHARACTERS:
            self._synthesizer.call(self._text, millis)
            return
        for at in range(0, len(self._text), _PIECE):
            self._synthesizer.streaming_call(self._text[at : at + _PIECE])
        if millis is not None:
            millis = max(1.0, millis - (time.monotonic() - begun) * 1000)
        self._synthesizer.async_streaming_complete(millis)

    def _check(self) -> None:
        if self._listener.failure is None:
            return
        header = json.loads(self._listener.failure)["header"]
        code, message = str(header.get("error_code") or ""), str(header.get("error_message") or "")
        if code == "TaskTimeout" and self._timeout is not None:
            raise Problem(f"the audio was not complete within {self._timeout:g} s (request {self.request_id}).")
        told = f"{message.rstrip('. ')} (code {code}, request {self.request_id}). {explain(code, message)}"
        raise Problem(told.strip())
