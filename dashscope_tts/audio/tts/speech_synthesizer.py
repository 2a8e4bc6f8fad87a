"""Sambert: a text in, speech out, in one blocking call."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Optional

from ...common.error import AuthenticationError, InvalidParameter, ModelRequired
from ...common.settings import find_api_key, websocket_url
from ...transport.connection import DialOptions
from ...transport.headers import ApiKey, websocket_headers
from .result import ResultCallback, SpeechSynthesisResult
from .synthesis import Synthesis

__all__ = ["ResultCallback", "SpeechSynthesisResult", "SpeechSynthesizer"]

REQUEST_SECONDS = 300.0
CONNECT_SECONDS = 10.0
_LONGEST_SECONDS = 1e6  # more than any clock of the system would take
_INSPECTION = "X-DashScope-DataInspection"


class SpeechSynthesizer:
    """Speech synthesis with Sambert.

    Source: Sambert Python SDK, "SpeechSynthesizer".
    """

    class AudioFormat:
        """What ``format`` may be."""

        format_wav = "wav"
        format_pcm = "pcm"
        format_mp3 = "mp3"

    @classmethod
    def call(
        cls,
        model: str,
        text: str,
        callback: Optional[ResultCallback] = None,
        workspace: Optional[str] = None,
        *,
        api_key: Optional[ApiKey] = None,
        headers: Optional[Mapping[str, str]] = None,
        base_address: Optional[str] = None,
        request_timeout: Optional[float] = None,
        connect_timeout: Optional[float] = None,
        proxy: Optional[str] = None,
        sslopt: Optional[Mapping[str, Any]] = None,
        **kwargs: Any,
    ) -> SpeechSynthesisResult:
        """Speak a text; blocks until it is spoken, or has failed.

        A failure is not raised but told, once: by ``callback.on_error`` and by ``get_response()`` of the result,
        which then has what came before it. ``status_code`` of the response is 44 for what the service said about the
        task, the HTTP status where it answered the handshake with one, and -1 where there was no connection
        (``code`` is ``ClientConnectorError``), it was lost, or the time was up; ``code`` and ``message`` say why.

        Args:
            model: the voice, such as ``sambert-zhichu-v1``.
            text: plain text or SSML, at most 10,000 characters.
            callback: a ``ResultCallback``; all its methods are called on this thread.
            workspace: the workspace to be billed.
            api_key: the key, or a callable that is asked for one; by default what the settings say.
            headers: more headers for the handshake; they win over those of this package.
            base_address: the WebSocket URL; ``dashscope_tts.base_websocket_api_url`` by default.
            request_timeout: seconds for connecting and all of the audio; 300 by default.
            connect_timeout: seconds for connecting; 10 by default, and never more than ``request_timeout``.
            proxy: ``http://user:password@host:port`` or ``socks5://...``; by default what the environment says.
            sslopt: TLS options as websocket-client takes them, such as ``{"ca_certs": path}``.
            **kwargs: parameters of the request, sent as they are: ``format`` (``wav``, the default, ``pcm``,
                ``mp3``), ``sample_rate`` (Hz; 16000 by default, some voices have 48000), ``volume`` (0 to 100, 50),
                ``rate`` and ``pitch`` (0.5 to 2.0, 1.0), ``word_timestamp_enabled``, with it
                ``phoneme_timestamp_enabled``.

        Returns:
            The audio, the times of the sentences, and the response.

        Raises:
            ModelRequired, AuthenticationError: no model, no API key.
            InputRequired, InvalidParameter: something else that cannot be sent.
            Exception: whatever the callback raised; ``on_close`` has been called nevertheless.
        """
        if not model:
            raise ModelRequired("Model is required!")
        seconds = _seconds("request_timeout", request_timeout, REQUEST_SECONDS)
        connect_seconds = _seconds("connect_timeout", connect_timeout, CONNECT_SECONDS)
        url = websocket_url(base_address, workspace)
        handshake = _headers(api_key, workspace, headers)
        options = DialOptions(proxy, sslopt)
        synthesis = Synthesis(model, text, kwargs)
        with _opened(callback or ResultCallback()) as told:
            response = synthesis.run(url, handshake, options, connect_seconds, seconds, told.on_event)
            told.on_complete() if response.status_code == 200 else told.on_error(response)
        return SpeechSynthesisResult(data=synthesis.audio, sentences=synthesis.sentences.all, response=response)


@contextmanager
def _opened(callback: ResultCallback) -> Iterator[ResultCallback]:
    """``on_open`` comes first and ``on_close`` last, whatever happens between them."""
    try:
        callback.on_open()
        yield callback
    finally:
        callback.on_close()


def _seconds(name: str, value: Any, default: float) -> float:
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise InvalidParameter(f"{name} is {value!r}; it must be a number of seconds above 0.")
    return min(float(value), _LONGEST_SECONDS)


def _headers(
    api_key: Optional[ApiKey], workspace: Optional[str], headers: Optional[Mapping[str, str]]
) -> dict[str, str]:
    key = find_api_key(api_key() if callable(api_key) else api_key)
    if not key:
        raise AuthenticationError(
            "No api key provided. Pass api_key=, set dashscope_tts.api_key or DASHSCOPE_API_KEY, or store the key "
            "with dashscope_tts.save_api_key()."
        )
    extra: dict[str, str] = {}
    if os.environ.get("DASHSCOPE_DISABLE_DATA_INSPECTION", "true").lower() == "false":
        extra[_INSPECTION] = "enable"
    extra.update(headers or {})
    return websocket_headers(key, workspace, extra)
