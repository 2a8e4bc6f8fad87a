"""Qwen-TTS over HTTP, under its older name; newer programs use ``MultiModalConversation``.

Source: Qwen-TTS API.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Optional, Union

from ...api_entities.dashscope_response import TextToSpeechResponse
from ...api_entities.from_reply import as_response
from ...common.error import InputRequired, ModelRequired
from ...transport.headers import ApiKey
from ...transport.http_api import ApiCall, call, own_keywords, stream

__all__ = ["SpeechSynthesizer"]

_PATH = "/services/aigc/multimodal-generation/generation"


class SpeechSynthesizer:
    """Speaks a text with one HTTP request to a Qwen model."""

    task_group = "aigc"
    task = "multimodal-generation"
    function = "generation"

    class Models:
        """Known models; any name may be given."""

        qwen_tts = "qwen-tts"

    @classmethod
    def call(
        cls,
        model: str,
        text: str,
        api_key: Optional[ApiKey] = None,
        workspace: Optional[str] = None,
        **kwargs: Any,
    ) -> Union[TextToSpeechResponse, Generator[TextToSpeechResponse, None, None]]:
        """Speak.

        Args:
            model: such as ``qwen3-tts-flash``.
            text: what to say, up to 600 characters.
            api_key: a key, or a callable that gives one.
            workspace: the workspace to be billed.
            **kwargs: ``voice``; ``stream``, to get the audio in pieces (base64 of 16-bit mono PCM at 24,000 Hz in
                ``output.audio["data"]``, and the URL of the whole in the last one); more of the service's
                parameters, such as ``language_type``. And for the way there: ``base_address``, ``headers``,
                ``request_timeout`` (seconds without an answer, 300 by default), ``proxies``, ``verify``.

        Returns:
            The response; its ``status_code`` is that of the error where there was one. With ``stream`` a generator
            of them, which an error ends.

        Raises:
            ModelRequired, InputRequired: no model, no text.
            AuthenticationError: no key is known.
            ConnectFailed, ConnectionLost, TaskTimeout: the network. Errors of ``requests`` too.
        """
        if not model:
            raise ModelRequired("Model is required!")
        if not text:
            raise InputRequired("text is required!")
        streamed = bool(kwargs.pop("stream", False))
        options = own_keywords(kwargs)
        given = {"text": text}
        if "voice" in kwargs:
            given["voice"] = kwargs.pop("voice")
        body = {"model": model, "parameters": kwargs, "input": given}
        what = ApiCall(_PATH, body, api_key=api_key, workspace=workspace, **options)
        if streamed:
            return (TextToSpeechResponse.from_api_response(as_response(reply)) for reply in stream(what))
        return TextToSpeechResponse.from_api_response(as_response(call(what)))
