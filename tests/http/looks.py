"""What a program can see of a result, as JSON."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

__all__ = ["look", "look_at_all"]

_RESULT = (
    "audio_data", "audio_url", "audio_id", "expires_at", "sentences", "response", "request_id", "status_code",
    "code", "message", "output", "usage",
)  # fmt: skip
_PASSING = ("Date", "date", "Server")


def look(do: Callable[[], Any]) -> Any:
    """What ``do`` returns or raises."""
    try:
        return _seen(do())
    except BaseException as error:
        return _raised(error)


def look_at_all(do: Callable[[], Any]) -> list[Any]:
    """What a generator gives, and how it ends."""
    seen = []
    try:
        for item in do():
            seen.append(_seen(item))
    except BaseException as error:
        seen.append(_raised(error))
    return seen


def _raised(error: BaseException) -> dict[str, Any]:
    kinds = [f"{kind.__module__}.{kind.__name__}" for kind in type(error).__mro__[:-1]]
    return {"raised": [kind.replace("dashscope_tts.", "dashscope.") for kind in kinds], "text": str(error)}


def _seen(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"bytes": value.decode("latin-1")}
    if isinstance(value, enum.IntEnum):
        return {"number": int(value)}
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, dict):
        items = {name: _seen(item) for name, item in value.items() if name not in _PASSING}
        return items if type(value) is dict else {"type": type(value).__name__, **items}
    if isinstance(value, (list, tuple)):
        return [_seen(item) for item in value]
    if type(value).__name__ == "HttpSpeechSynthesisResult":
        return {"type": type(value).__name__, **{name: _seen(getattr(value, name)) for name in _RESULT}}
    return repr(value)
