"""CosyVoice over HTTP.

Source: CosyVoice HTTP API (not realtime); only the Beijing region has it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Generator, Iterable, Iterator
from typing import Any, Optional, Union

from ...api_entities.dashscope_response import DashScopeAPIResponse
from ...api_entities.from_reply import as_response
from ...common.error import RequestFailure
from ...protocol.service_errors import explain, is_retryable
from ...transport.headers import ApiKey
from ...transport.http_api import ApiCall, Reply, call, own_keywords, stream

__all__ = ["HttpSpeechSynthesisResult", "HttpSpeechSynthesizer", "SynthesisFailed", "new_audio"]

_PATH = "/services/audio/tts/SpeechSynthesizer"


class SynthesisFailed(RequestFailure, RuntimeError):
    """The service ended a stream with an error, or did not begin it.

    ``retry_after``: seconds the service asked to wait, or None.
    """

    retry_after: Optional[float] = None

    def __str__(self) -> str:
        return f"Request failed: {self.http_code} {self.message}"


class HttpSpeechSynthesisResult:
    """What came back: the whole answer, or one piece of a stream.

    Attributes:
        is_final: whether nothing follows. The final result of a stream repeats all the audio in ``audio_data``.
        new_audio: the audio that no earlier result of the stream has brought; b"" where there is none.
    """

    def __init__(
        self,
        audio_data: Optional[bytes] = None,
        audio_url: Optional[str] = None,
        audio_id: Optional[str] = None,
        expires_at: Optional[int] = None,
        sentences: Optional[list[dict[str, Any]]] = None,
        response: Optional[DashScopeAPIResponse] = None,
        *,
        is_final: bool = True,
        new_audio: bytes = b"",
    ) -> None:
        self._audio_data = audio_data
        self._audio_url = audio_url
        self._audio_id = audio_id
        self._expires_at = expires_at
        self._sentences = sentences if sentences is not None else []
        self._response = response if response is not None else DashScopeAPIResponse(0)
        self.is_final = is_final
        self.new_audio = new_audio

    @property
    def audio_data(self) -> Optional[bytes]:
        """Decoded audio; None where it is only at ``audio_url``."""
        return self._audio_data

    @property
    def audio_url(self) -> Optional[str]:
        """Where the whole audio can be fetched until ``expires_at``."""
        return self._audio_url

    @property
    def audio_id(self) -> Optional[str]:
        return self._audio_id

    @property
    def expires_at(self) -> Optional[int]:
        """When ``audio_url`` ends, in Unix seconds."""
        return self._expires_at

    @property
    def sentences(self) -> list[dict[str, Any]]:
        """The sentences of all events so far, with their words where ``word_timestamp_enabled`` was given."""
        return self._sentences

    @property
    def response(self) -> DashScopeAPIResponse:
        """The whole answer."""
        return self._response

    @property
    def request_id(self) -> str:
        return str(self._response.request_id)

    @property
    def status_code(self) -> int:
        """200, or the status of the error."""
        return self._response.status_code  # type: ignore[no-any-return]

    @property
    def code(self) -> Any:
        """The error's code; "" for none."""
        return self._response.code

    @property
    def message(self) -> str:
        """The error's text; "" for none."""
        return self._response.message  # type: ignore[no-any-return]

    @property
    def output(self) -> Any:
        return self._response.output

    @property
    def usage(self) -> Any:
        """``{"characters": n}``: what is billed."""
        return self._response.usage

    @property
    def retry_after(self) -> Optional[float]:
        """Seconds the service asked to wait before the next try, or None."""
        return self._response.retry_after

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later."""
        return self._response.retryable

    def __repr__(self) -> str:
        audio = f"{len(self._audio_data)} bytes" if self._audio_data is not None else self._audio_url
        said = f"{int(self.status_code)} {audio or self.code!r}"
        return f"<HttpSpeechSynthesisResult {said} request_id={self.request_id}>"


class HttpSpeechSynthesizer:
    """Speaks a text with one HTTP request."""

    class AudioFormat:
        """The formats; ``opus`` may be given as a string."""

        WAV = "wav"
        PCM = "pcm"
        MP3 = "mp3"

    @classmethod
    def call(
        cls,
        model: str,
        text: str,
        voice: str,
        audio_format: str = "wav",
        sample_rate: int = 24000,
        stream: bool = False,
        workspace: Optional[str] = None,
        api_key: Optional[ApiKey] = None,
        url: Optional[str] = None,
        **kwargs: Any,
    ) -> Union[HttpSpeechSynthesisResult, Generator[HttpSpeechSynthesisResult, None, None]]:
        """Speak.

        Args:
            model: such as ``cosyvoice-v3-flash``.
            text: what to say.
            voice: who says it.
            audio_format: ``wav``, ``pcm``, ``mp3`` or ``opus``.
            sample_rate: in Hz.
            stream: give the audio in pieces, as it is made.
            workspace: the workspace to be billed.
            api_key: a key, or a callable that gives one, such as a
                :class:`~dashscope_tts.tokens.TokenProvider`.
            url: the base URL, in place of ``dashscope_tts.base_http_api_url``.
            **kwargs: more of the service's parameters (``volume``, ``rate``, ``pitch``, ``instruction``,
                ``word_timestamp_enabled`` ...); one that is None is left out. And for the way there:
                ``headers``, ``request_timeout`` (seconds without an answer, 300 by default), ``proxies``, ``verify``.

        Returns:
            The result; its ``status_code`` is that of the error where there was one. With ``stream`` a generator of
            results, of which the last is final; see :func:`new_audio`.

        Raises:
            AuthenticationError: no key is known.
            SynthesisFailed: (in the generator) the service reported an error. A ``RuntimeError`` too.
            ConnectFailed, ConnectionLost, TaskTimeout: the network. Errors of ``requests`` too.
        """
        options = own_keywords(kwargs)
        given = {"text": text, "voice": voice, "format": audio_format, "sample_rate": sample_rate, **kwargs}
        required = ("text", "voice")
        body = {
            "model": model,
            "input": {name: value for name, value in given.items() if value is not None or name in required},
        }
        options["url"] = url or options["url"]
        what = ApiCall(_PATH, body, api_key=api_key, workspace=workspace, **options)
        return _pieces(what) if stream else _whole(call(what))


def new_audio(results: Iterable[HttpSpeechSynthesisResult]) -> Iterator[bytes]:
    """Only the audio, each byte once: what is to be played or written while it comes.

    ::

        for audio in new_audio(HttpSpeechSynthesizer.call(model, text, voice, stream=True)):
            file.write(audio)
    """
    for result in results:
        if result.new_audio:
            yield result.new_audio


def _whole(reply: Reply) -> HttpSpeechSynthesisResult:
    audio = _audio(reply)
    data = _decoded(audio)
    return HttpSpeechSynthesisResult(
        audio_data=data or None,
        audio_url=audio.get("url"),
        audio_id=audio.get("id"),
        expires_at=audio.get("expires_at"),
        response=as_response(reply),
        new_audio=data,
    )


def _pieces(what: ApiCall) -> Generator[HttpSpeechSynthesisResult, None, None]:
    sentences: list[dict[str, Any]] = []
    collected: list[bytes] = []
    for reply in stream(what):
        if not reply.is_ok:
            raise _failure(reply)
        output = reply.output if isinstance(reply.output, dict) else {}
        is_last = output.get("finish_reason") == "stop"
        if not str(output.get("type") or "").startswith("sentence-"):
            if is_last:
                yield _final(reply, collected, list(sentences))
            continue
        if output.get("sentence"):
            sentences.append(output["sentence"])
        data = _decoded(_audio(reply))
        if data or _audio(reply).get("data"):
            collected.append(data)
            yield HttpSpeechSynthesisResult(
                audio_data=data,
                sentences=list(sentences),
                response=as_response(reply),
                is_final=is_last,
                new_audio=data,
            )


def _final(reply: Reply, collected: list[bytes], sentences: list[dict[str, Any]]) -> HttpSpeechSynthesisResult:
    """The last event: it names the URL, and may bring all the audio again, or all of it for the first time."""
    audio = _audio(reply)
    so_far = b"".join(collected)
    whole = so_far or _decoded(audio)
    return HttpSpeechSynthesisResult(
        audio_data=whole or None,
        audio_url=audio.get("url"),
        audio_id=audio.get("id"),
        expires_at=audio.get("expires_at"),
        sentences=sentences,
        response=as_response(reply),
        new_audio=b"" if so_far else whole,
    )


def _audio(reply: Reply) -> dict[str, Any]:
    audio = reply.output.get("audio") if isinstance(reply.output, dict) else None
    return audio if isinstance(audio, dict) else {}


def _decoded(audio: dict[str, Any]) -> bytes:
    try:
        return base64.b64decode(audio.get("data") or "")
    except (binascii.Error, ValueError, TypeError):
        return b""


def _failure(reply: Reply) -> SynthesisFailed:
    code, status = str(reply.code or ""), int(reply.status)
    error = SynthesisFailed(
        reply.request_id,
        reply.message,
        code,
        status,
        retryable=is_retryable(code, reply.message, status),
        hint=explain(code, reply.message),
    )
    error.retry_after = as_response(reply).retry_after
    return error
