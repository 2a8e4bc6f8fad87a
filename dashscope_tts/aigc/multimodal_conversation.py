"""The speech form of ``MultiModalConversation``: how the vendor's newer documents call Qwen-TTS.

Source: Qwen-TTS API.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Optional, Union

from ..api_entities.dashscope_response import MultiModalConversationResponse
from ..api_entities.from_reply import as_response
from ..common.error import InputRequired, ModelRequired, UnsupportedTask
from ..transport.headers import ApiKey
from ..transport.http_api import ApiCall, call, own_keywords
from ..transport.http_api import stream as stream_of

__all__ = ["MultiModalConversation"]

_PATH = "/services/aigc/multimodal-generation/generation"
_CONVERSATION = (
    "dashscope_tts has the speech of MultiModalConversation only: call(model=..., text=..., voice=...). "
    "A conversation, with messages=, needs the official package."
)


class _NothingToSay(InputRequired, ValueError):
    """InputRequired as it is raised: the official package raises a ValueError."""


class MultiModalConversation:
    """Speaks a text with one HTTP request to a Qwen model. Conversations are not part of this package."""

    task = "multimodal-generation"
    function = "generation"

    @classmethod
    def call(
        cls,
        model: str,
        messages: Optional[list[Any]] = None,
        api_key: Optional[ApiKey] = None,
        workspace: Optional[str] = None,
        text: Optional[str] = None,
        voice: Optional[str] = None,
        language_type: Optional[str] = None,
        stream: Optional[bool] = None,
        **kwargs: Any,
    ) -> Union[MultiModalConversationResponse, Generator[MultiModalConversationResponse, None, None]]:
        """Speak.

        Args:
            model: such as ``qwen3-tts-flash``, or ``qwen3-tts-instruct-flash`` for ``instructions``.
            messages: a conversation, which is refused.
            api_key: a key, or a callable that gives one.
            workspace: the workspace to be billed.
            text: what to say, up to 600 characters.
            voice: who says it.
            language_type: ``Auto``, ``Chinese``, ``English``, ``German``, ``Italian``, ``Portuguese``, ``Spanish``,
                ``Japanese``, ``Korean``, ``French`` or ``Russian``.
            stream: give the audio in pieces: base64 of 16-bit mono PCM at 24,000 Hz in ``output.audio["data"]``,
                and the URL of the whole in the last one.
            **kwargs: more of the service's parameters, such as ``instructions`` and ``optimize_instructions``. And
                for the way there: ``base_address``, ``headers``, ``request_timeout`` (seconds without an answer,
                300 by default), ``proxies``, ``verify``.

        Returns:
            The response; its ``status_code`` is that of the error where there was one. With ``stream`` a generator
            of them, which an error ends.

        Raises:
            ModelRequired, InputRequired: no model, no text.
            UnsupportedTask: the call is a conversation.
            AuthenticationError: no key is known.
            ConnectFailed, ConnectionLost, TaskTimeout: the network. Errors of ``requests`` too.
        """
        if not model:
            raise ModelRequired("Model is required!")
        if messages is not None:
            raise UnsupportedTask(_CONVERSATION)
        if not text:
            raise _NothingToSay("text is required!")
        options = own_keywords(kwargs)
        named = {"text": text, "voice": voice, "language_type": language_type}
        given = {name: value for name, value in named.items() if value}
        body = {"model": model, "parameters": kwargs, "input": given}
        what = ApiCall(
            _PATH, body, api_key=api_key, workspace=workspace, area="aigc", agent="; incremental_to_full/0", **options
        )
        if stream:
            return (MultiModalConversationResponse.from_api_response(as_response(one)) for one in stream_of(what))
        return MultiModalConversationResponse.from_api_response(as_response(call(what)))
