"""Response objects: dicts whose keys can also be read as attributes."""

from __future__ import annotations

import json
from typing import Any, Optional

__all__ = ["DashScopeAPIResponse", "DictMixin", "SpeechSynthesisResponse"]


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

    def __str__(self) -> str:
        shown = ("status_code", "request_id", "code", "message", "output", "usage")
        return json.dumps({key: self.get(key) for key in shown}, ensure_ascii=False, default=str)


class SpeechSynthesisResponse(DashScopeAPIResponse):
    """The answer of a speech synthesis; the vendor's sample programs import it."""
