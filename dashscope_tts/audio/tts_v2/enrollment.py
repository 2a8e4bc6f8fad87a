"""Voices of one's own: cloned from a recording, or designed from a description.

Source: CosyVoice voice cloning and voice design API; Qwen voice cloning and voice design API.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Optional

from ...common.error import ConnectFailed, ConnectionLost, InvalidParameter, RequestFailure, TaskTimeout
from ...common.logging import logger
from ...protocol.service_errors import explain, is_retryable
from ...transport.headers import ApiKey

if TYPE_CHECKING:
    from ...api_entities.dashscope_response import DashScopeAPIResponse
    from ...transport.http_api import ApiCall, Reply

__all__ = ["VoiceEnrollmentException", "VoiceEnrollmentService"]

_PATH = "/services/audio/tts/customization"
_FIRST_POLL_SECONDS, _LONGEST_POLL_SECONDS = 0.25, 3.0


class VoiceEnrollmentException(RequestFailure):
    """The service did not do what was asked.

    Attributes:
        request_id: of the call.
        status_code: the HTTP status; also as ``http_code``.
        code: the service's error code.
        error_message: its text; also as ``message``.
        retry_after: seconds the service asked to wait, or None.
    """

    retry_after: Optional[float] = None

    def __init__(self, request_id: str, status_code: int, code: Any, error_message: str) -> None:
        text = str(error_message or "")
        super().__init__(
            request_id,
            error_message,
            code,
            status_code,
            retryable=is_retryable(str(code or ""), text, status_code),
            hint=explain(str(code or ""), text),
        )
        self.args = (request_id, status_code, code, error_message)
        self.status_code = status_code
        self.error_message = error_message
        # The only names under which the official class has them.
        self._request_id = request_id
        self._status_code = status_code
        self._code = code
        self._error_message = error_message

    def __str__(self) -> str:
        return (
            f"Request: {self.request_id}, Status Code: {self.status_code}, "
            f"Code: {self.code}, Error Message: {self.error_message}"
        )


class VoiceEnrollmentService:
    """Creates, lists, queries, updates and deletes voices.

    Args:
        api_key: a key, or a callable that gives one; what the settings say by default.
        workspace: the workspace to be billed.
        model: ``voice-enrollment`` (CosyVoice) by default; ``qwen-voice-enrollment`` and ``qwen-voice-design`` for
            the voices of Qwen models, which have neither query nor update.
        **kwargs: sent with each call as ``parameters``. And for the way there: ``base_address``, ``headers``,
            ``request_timeout`` (seconds without an answer, 300 by default), ``proxies``, ``verify``.
    """

    MAX_QUERY_TRY_COUNT = 3
    """How often a call is tried that the network fails."""

    _retry_seconds = 2.0

    def __init__(
        self,
        api_key: Optional[ApiKey] = None,
        workspace: Optional[str] = None,
        model: Optional[str] = None,
        **kwargs: Any,
    ) -> None:
        self._api_key = api_key
        self._workspace = workspace
        self._kwargs = kwargs
        self._last_request_id: Optional[str] = None
        self.model = model or "voice-enrollment"

    def create_voice(
        self,
        target_model: str,
        prefix: str,
        url: Optional[str] = None,
        language_hints: Optional[list[str]] = None,
        max_prompt_audio_length: Optional[float] = None,
        **kwargs: Any,
    ) -> str:
        """Create a voice; it can be used when its status is ``OK``, see :meth:`wait_until_ready`.

        The call is not sent again when its answer is late: there would be two voices.

        Args:
            target_model: the only model that will speak with it.
            prefix: up to 10 lower-case letters and digits, which become part of its name.
            url: where the recording is (WAV 16 bit, MP3 or M4A; 10 to 20 s, at most 60 s and 10 MB, from 16 kHz);
                None with ``voice_prompt``.
            language_hints: the language of the recording; the first one counts.
            max_prompt_audio_length: seconds of the recording to use, 3.0 to 30.0.
            **kwargs: more fields of the request: ``enable_preprocess``; ``voice_prompt`` and ``preview_text`` to
                design a voice, with ``parameters={"sample_rate": 24000, "response_format": "wav"}`` for its
                preview, which :attr:`last_response` then holds.

        Returns:
            The voice's id.

        Raises:
            VoiceEnrollmentException: the service refused.
            ConnectFailed, ConnectionLost, TaskTimeout: the network. Errors of ``requests`` too.
        """
        parameters = kwargs.pop("parameters", None)
        given: dict[str, Any] = {"target_model": target_model}
        if self._is_qwen:
            given.update(_qwen_fields(prefix, url, language_hints))
        else:
            given["prefix"] = prefix
            if url is not None:
                given["url"] = url
            if language_hints is not None:
                given["language_hints"] = language_hints
        if max_prompt_audio_length is not None:
            given["max_prompt_audio_length"] = max_prompt_audio_length
        output = self._call("create", {**given, **kwargs}, parameters, may_repeat=False)
        voice = output.get("voice_id") or output.get("voice")
        if not voice:
            raise self._refusal(self._last_response)
        return str(voice)

    def list_voices(
        self, prefix: Optional[str] = None, page_index: int = 0, page_size: int = 10
    ) -> list[dict[str, Any]]:
        """A page of the voices: a dict each, with ``voice_id`` (Qwen: ``voice``), ``status`` and dates.

        Raises:
            As :meth:`create_voice`.
        """
        given: dict[str, Any] = {"page_index": page_index, "page_size": page_size}
        if prefix is not None:
            given["prefix"] = prefix
        voices = self._call("list", given).get("voice_list")
        if not isinstance(voices, list):
            raise self._refusal(self._last_response)
        return voices

    def query_voice(self, voice_id: str) -> dict[str, Any]:
        """One voice: ``status`` (``DEPLOYING``, ``OK``, ``UNDEPLOYED``), ``target_model``, dates.

        Raises:
            As :meth:`create_voice`.
        """
        return self._call("query", self._named(voice_id))

    def update_voice(self, voice_id: str, url: str) -> None:
        """Give a voice another recording.

        Raises:
            As :meth:`create_voice`.
        """
        self._call("update", {**self._named(voice_id), "url": url})

    def delete_voice(self, voice_id: str) -> None:
        """Delete a voice.

        Raises:
            As :meth:`create_voice`.
        """
        self._call("delete", self._named(voice_id))

    def wait_until_ready(self, voice_id: str, timeout: Optional[float] = 300.0) -> dict[str, Any]:
        """Wait until a voice can be used. Blocks.

        Args:
            voice_id: what :meth:`create_voice` returned.
            timeout: seconds; None waits as long as it takes.

        Returns:
            What :meth:`query_voice` says at the end.

        Raises:
            TaskTimeout: it is not ready yet. A ``TimeoutError`` too.
            VoiceEnrollmentException: it will not be: the service refused it, or does not know it.
            ConnectFailed, ConnectionLost: the network.
        """
        if self._is_qwen:
            raise InvalidParameter(f"{self.model} has no query: its voices can be used at once.")
        deadline = None if timeout is None else time.monotonic() + timeout
        pause = _FIRST_POLL_SECONDS
        while True:
            voice = self.query_voice(voice_id)
            status = voice.get("status")
            if status == "OK":
                return voice
            if status not in ("DEPLOYING", None):
                text = f"the voice {voice_id} cannot be used: its status is {status}"
                raise VoiceEnrollmentException(self._last_request_id or "", 200, str(status), text)
            left = pause if deadline is None else deadline - time.monotonic()
            if left <= 0:
                text = f"the voice {voice_id} is not ready after {timeout:g} s: its status is {status}"
                raise TaskTimeout(self._last_request_id, text, "TaskTimeout", retryable=True)
            time.sleep(min(pause, left))
            pause = min(2 * pause, _LONGEST_POLL_SECONDS)

    def get_last_request_id(self) -> Optional[str]:
        """The request id of the last call; None before the first."""
        return self._last_request_id

    @property
    def last_response(self) -> Optional[DashScopeAPIResponse]:
        """The whole answer of the last call; None before the first."""
        return self._last_response

    _last_response: Optional[DashScopeAPIResponse] = None

    def __repr__(self) -> str:
        return f"<VoiceEnrollmentService model={self.model}>"

    @property
    def _is_qwen(self) -> bool:
        return self.model.startswith("qwen-voice-")

    def _named(self, voice_id: str) -> dict[str, Any]:
        return {"voice" if self._is_qwen else "voice_id": voice_id}

    def _call(
        self, action: str, given: dict[str, Any], parameters: Any = None, may_repeat: bool = True
    ) -> dict[str, Any]:
        # What speaks HTTP is loaded for the first call: `import *` of this package brings this class along.
        from ...api_entities.from_reply import as_response
        from ...transport.http_api import ApiCall, own_keywords

        named = action if self._is_qwen else f"{action}_voice"
        more = dict(self._kwargs)
        options = own_keywords(more)
        body = {
            "model": self.model,
            "parameters": {**more, **(parameters or {})},
            "input": {"action": named, **given},
        }
        what = ApiCall(
            _PATH, body, api_key=self._api_key, workspace=self._workspace, may_repeat=may_repeat, **options
        )
        response = as_response(self._tried(what))
        self._last_response = response
        self._last_request_id = response.request_id
        if response.status_code != 200 or (response.code and not isinstance(response.output, dict)):
            raise self._refusal(response)
        return response.output if isinstance(response.output, dict) else {}

    def _tried(self, what: ApiCall) -> Reply:
        """Send it, again where the network failed and it does no harm."""
        from ...transport.http_api import call

        for attempt in range(1, self.MAX_QUERY_TRY_COUNT + 1):
            try:
                return call(what)
            except (ConnectFailed, ConnectionLost, TaskTimeout) as error:
                # Without a connection nothing was sent; later, a second create would make a second voice.
                is_safe = what.may_repeat or isinstance(error, ConnectFailed)
                if not (is_safe and error.retryable) or attempt == self.MAX_QUERY_TRY_COUNT:
                    raise
                logger.warning("voice enrollment: %s; trying again in %g s", error, self._retry_seconds)
            time.sleep(self._retry_seconds)
        raise AssertionError("unreachable")

    def _refusal(self, response: Optional[DashScopeAPIResponse]) -> VoiceEnrollmentException:
        if response is None:  # pragma: no cover  # a call always leaves one
            return VoiceEnrollmentException("", 0, "", "")
        is_error = response.code or response.status_code != 200
        text = response.message or ("" if is_error else "the answer holds no voice")
        error = VoiceEnrollmentException(response.request_id, int(response.status_code), response.code, text)
        error.retry_after = response.retry_after
        return error


def _qwen_fields(prefix: str, url: Optional[str], language_hints: Optional[list[str]]) -> dict[str, Any]:
    """Qwen's names for the same things."""
    fields: dict[str, Any] = {}
    if prefix:
        fields["preferred_name"] = prefix
    if url is not None:
        fields["audio"] = {"data": url}
    if language_hints:
        fields["language"] = language_hints[0]
    return fields
