"""What the scenarios of the HTTP calls begin with. Imported in the runner only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dashscope

from .registry import scenario
from .speaking import KEY
from .trace import Trace

__all__ = ["ERRORS", "SPOKEN", "STREAMS", "add", "asked", "streamed"]

SPOKEN = {"model": "m", "text": "hi", "voice": "v"}
ERRORS = (
    "bad request", "no key", "too many", "server fault", "no body", "empty error", "other words", "gateway",
    "log-in page", "broken json", "error with 200", "drop", "drop first",
)  # fmt: skip
STREAMS = (
    "stream", "stream with all at the end", "stream of one event", "stream with an error", "stream with a status",
    "stream cut", "stream without end", "stream of nonsense", "stream with spaces", "event of several lines",
    "plain", "bad request", "too many", "gateway", "log-in page", "drop", "drop first",
)  # fmt: skip
_OF_A_RESULT = (
    "audio_data", "audio_url", "audio_id", "expires_at", "sentences", "response", "request_id", "status_code",
    "code", "message", "output", "usage",
)  # fmt: skip


def add(name: str, script: str, program: Callable[[Trace], None]) -> None:
    """Register a scenario; its program finds the key and the address of the service set."""

    def pointed(t: Trace) -> None:
        dashscope.api_key = KEY
        dashscope.base_http_api_url = t.url
        program(t)

    scenario(script, family="http", name=name)(pointed)


def asked(function: Callable[..., Any], **arguments: Any) -> Callable[[Trace], None]:
    """A program that makes one call."""
    return lambda t: t.step("call", lambda: _seen(function(**arguments)))


def streamed(function: Callable[..., Any], **arguments: Any) -> Callable[[Trace], None]:
    """A program that makes one call, and takes all that it gives until it ends."""

    def program(t: Trace) -> None:
        given: list[Any] = []

        def take() -> None:
            for item in function(**arguments, stream=True):
                given.append(_seen(item))

        t.step("end", take)
        t.note("results", given)

    return program


def _seen(value: Any) -> Any:
    """All that a result of HttpSpeechSynthesizer tells; any other as it is."""
    if type(value).__name__ != "HttpSpeechSynthesisResult":
        return value
    return {"(type)": type(value).__name__, **{name: getattr(value, name) for name in _OF_A_RESULT}}
