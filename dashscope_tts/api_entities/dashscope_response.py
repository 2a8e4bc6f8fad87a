"""Response objects: dicts whose keys can also be read as attributes."""

from __future__ import annotations

import copy
import json
from typing import Any, Optional

from ..protocol.service_errors import explain, is_retryable
from .retry_after import seconds_to_wait

__all__ = [
    "Audio",
    "DashScopeAPIResponse",
    "DictMixin",
    "MultiModalConversationOutput",
    "MultiModalConversationResponse",
    "MultiModalConversationUsage",
    "SpeechSynthesisOutput",
    "SpeechSynthesisResponse",
    "SpeechSynthesisUsage",
    "TextToSpeechAudio",
    "TextToSpeechOutput",
    "TextToSpeechResponse",
]

_GOOD = 200


class DictMixin(dict):  # type: ignore[type-arg]
    """A dict with attribute access; a missing attribute raises AttributeError."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        try:
            del self[name]
        except KeyError:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}") from None

    def getattr(self, attr: str) -> Any:
        """An entry; None where it is missing."""
        return self.get(attr)

    def setattr(self, attr: str, value: Any) -> None:
        """Sets an entry."""
        self[attr] = value

    def copy(self) -> DictMixin:
        """A shallow copy of the same class."""
        return copy.copy(self)

    def __str__(self) -> str:
        return json.dumps(self, ensure_ascii=False, default=str)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{key}={value!r}' for key, value in self.items())})"


class DashScopeAPIResponse(DictMixin):
    """What an HTTP call answered.

    Keys: ``status_code`` (200 for success), ``request_id``, ``code`` and ``message`` (of an error), ``output``,
    ``usage``, ``headers``. ``str()`` is JSON, without the headers.
    """

    def __init__(
        self,
        status_code: int,
        request_id: str = "",
        code: str = "",
        message: str = "",
        output: Any = None,
        usage: Any = None,
        headers: Optional[dict[Any, Any]] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            status_code=status_code,
            request_id=request_id,
            code=code,
            message=message,
            output=output,
            usage=usage,
            headers=headers,
            **kwargs,
        )

    @property
    def retry_after(self) -> Optional[float]:
        """Seconds that the service asked to wait before the next try (``Retry-After``); None where it did not."""
        return seconds_to_wait(self.get("headers"))

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later."""
        return is_retryable(str(self.get("code") or ""), str(self.get("message") or ""), self.get("status_code"))

    @property
    def hint(self) -> str:
        """A sentence on what to look at, or ""."""
        return explain(str(self.get("code") or ""), str(self.get("message") or ""))

    def __str__(self) -> str:
        shown = ("status_code", "request_id", "code", "message", "output", "usage")
        return json.dumps({key: self.get(key) for key in shown}, ensure_ascii=False, default=str)


class Audio(DictMixin):
    """The audio of an answer: ``data`` (base64) or ``url`` (valid until ``expires_at``, Unix seconds), and ``id``."""

    def __init__(
        self,
        data: Optional[str] = None,
        url: Optional[str] = None,
        id: Optional[str] = None,
        expires_at: Optional[int] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data=data, url=url, id=id, expires_at=expires_at, **kwargs)


class TextToSpeechAudio(DictMixin):
    """The same, in the order in which the official class of that name takes it."""

    def __init__(
        self, expires_at: int, id: str, data: Optional[str] = None, url: Optional[str] = None, **kwargs: Any
    ) -> None:
        super().__init__(expires_at=expires_at, id=id, data=data, url=url, **kwargs)


class TextToSpeechOutput(DictMixin):
    """``finish_reason`` (``"null"`` while it runs, ``"stop"`` at the end) and ``audio``."""

    def __init__(
        self, finish_reason: Optional[str] = None, audio: Optional[dict[str, Any]] = None, **kwargs: Any
    ) -> None:
        super().__init__(finish_reason=finish_reason, audio=audio, **kwargs)


class MultiModalConversationOutput(DictMixin):
    """``finish_reason``, ``audio`` (an :class:`Audio`), and the ``text`` and ``choices`` of a conversation."""

    def __init__(
        self,
        text: Optional[str] = None,
        finish_reason: Optional[str] = None,
        choices: Optional[list[Any]] = None,
        audio: Optional[dict[str, Any]] = None,
        **kwargs: Any,
    ) -> None:
        heard = Audio(**audio) if isinstance(audio, dict) else audio
        super().__init__(text=text, finish_reason=finish_reason, choices=choices, audio=heard, **kwargs)


class MultiModalConversationUsage(DictMixin):
    """``input_tokens``, ``output_tokens``, ``characters``, and whatever else is counted."""

    def __init__(
        self, input_tokens: int = 0, output_tokens: int = 0, characters: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(input_tokens=input_tokens, output_tokens=output_tokens, characters=characters, **kwargs)


def _typed(
    response: DashScopeAPIResponse,
    output_kind: type[DictMixin],
    usage_kind: type[DictMixin] = MultiModalConversationUsage,
) -> dict[str, Any]:
    """The fields of a response, with output and usage as objects; an error has neither."""
    fields = dict(response)
    good = response.status_code == _GOOD
    for name, kind in (("output", output_kind), ("usage", usage_kind)):
        fields[name] = kind(**fields[name]) if good and isinstance(fields[name], dict) else None
    return fields


class SpeechSynthesisOutput(DictMixin):
    """``sentence``, with its times in ms and its words."""

    def __init__(self, sentence: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(sentence=sentence, **kwargs)


class SpeechSynthesisUsage(DictMixin):
    """What is billed: ``characters``."""

    def __init__(self, characters: int = 0, **kwargs: Any) -> None:
        super().__init__(characters=characters, **kwargs)


class SpeechSynthesisResponse(DashScopeAPIResponse):
    """The answer of a speech synthesis; the vendor's sample programs import it."""

    @classmethod
    def from_api_response(cls, api_response: DashScopeAPIResponse) -> SpeechSynthesisResponse:
        """The same with its output and usage as objects."""
        return cls(**_typed(api_response, SpeechSynthesisOutput, SpeechSynthesisUsage))


class TextToSpeechResponse(DashScopeAPIResponse):
    """The answer of ``audio.qwen_tts``; ``output`` is a :class:`TextToSpeechOutput`."""

    @classmethod
    def from_api_response(cls, api_response: DashScopeAPIResponse) -> TextToSpeechResponse:
        """The same with its output and usage as objects."""
        return cls(**_typed(api_response, TextToSpeechOutput))


class MultiModalConversationResponse(DashScopeAPIResponse):
    """The answer of ``MultiModalConversation``; ``output`` is a :class:`MultiModalConversationOutput`."""

    @classmethod
    def from_api_response(cls, api_response: DashScopeAPIResponse) -> MultiModalConversationResponse:
        """The same with its output and usage as objects."""
        return cls(**_typed(api_response, MultiModalConversationOutput))
