"""The HTTP interface of a self-hosted CosyVoice server, ``/inference_sft`` and its sisters, spoken by this service.

Source: the usage document of the CosyVoice deployment on Compute Nest, and the HTTP runtime it describes: a form in
(a GET may have one too), 16-bit mono PCM out, without a header, while it is made. An error after the first byte
can only be told by breaking off.
"""

from __future__ import annotations

import functools
import hmac
import logging
import zlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from .duplex import is_authorized
from .engine import Prosody, VoiceSample
from .form_body import Fields, MalformedForm, read_form
from .http_common import HttpService
from .recital import Recital
from .refusals import Refusal
from .request import SpeechRequest

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response, StreamingResponse
    from starlette.routing import Route

__all__ = ["inference_routes"]

_logger = logging.getLogger("dashscope_tts.local")

_FIELDS = {
    "sft": ("tts_text", "spk_id"),
    "zero_shot": ("tts_text", "prompt_text", "prompt_wav"),
    "cross_lingual": ("tts_text", "prompt_wav"),
    "instruct": ("tts_text", "spk_id", "instruct_text"),
    "instruct2": ("tts_text", "instruct_text", "prompt_wav"),
}
# The speakers of the first models, and the voices here that come nearest.
_SPEAKERS = {
    "中文女": "longxiaochun", "中文男": "longcheng", "英文女": "loongabby_v3", "英文男": "loongandy_v3",
    "日语男": "longshu", "粤语女": "longxiaoxia", "韩语女": "loongkyong_v3",
    "Chinese Female": "longxiaochun", "Chinese Male": "longcheng", "English Female": "loongabby_v3",
    "English Male": "loongandy_v3",
}  # fmt: skip


def inference_routes(service: HttpService) -> list[Route]:
    """The routes."""
    from starlette.routing import Route

    def route(mode: str) -> Route:
        async def endpoint(request: Request) -> Response:
            return await _answer(service, request, mode)

        return Route(f"/inference_{mode}", endpoint, methods=["GET", "POST"])

    return [route(mode) for mode in _FIELDS]


async def _answer(service: HttpService, request: Request, mode: str) -> Response:
    from starlette.responses import JSONResponse

    settings = service.settings
    if not _is_let_in(request, settings.api_key):
        return JSONResponse({"detail": "Invalid API token."}, status_code=401)
    try:
        body = await _body(request, settings.max_request_bytes)
        fields = read_form(request.headers.get("content-type", ""), body)
    except _TooLarge:
        return JSONResponse({"detail": "The request is too large."}, status_code=413)
    except MalformedForm as error:
        return JSONResponse({"detail": f"There was an error parsing the body: {error}."}, status_code=400)
    wrong = [_told(name, fields) for name in _FIELDS[mode] if not _fits(name, fields.get(name))]
    if wrong:
        return JSONResponse({"detail": wrong}, status_code=422)
    try:
        recital = Recital(str(fields["tts_text"]), _speech_request(service, fields), settings, service.studio)
    except Refusal as refusal:
        return JSONResponse({"detail": refusal.message}, status_code=422)
    return _response_class()(_audio(service, recital))


def _is_let_in(request: Request, api_key: str | None) -> bool:
    if api_key is None:
        return True
    token = request.headers.get("x-api-token")
    if token is not None:
        return hmac.compare_digest(token.encode(), api_key.encode())
    return is_authorized(request.headers.get("authorization"), None, api_key)


class _TooLarge(Exception):
    pass


async def _body(request: Request, most_bytes: int) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most_bytes:
            raise _TooLarge
    return bytes(body)


def _fits(name: str, value: str | bytes | None) -> bool:
    return bool(value) and isinstance(value, bytes if name == "prompt_wav" else str)


def _told(name: str, fields: Fields) -> dict[str, Any]:
    if not fields.get(name):
        return {"type": "missing", "loc": ["body", name], "msg": "Field required", "input": None}
    what = "a file" if name == "prompt_wav" else "a text"
    return {"type": "value_error", "loc": ["body", name], "msg": f"Value error, expected {what}", "input": None}


def _speech_request(service: HttpService, fields: Fields) -> SpeechRequest:
    recording = fields.get("prompt_wav", b"")
    sample = None
    speaker = str(fields.get("spk_id", ""))
    if isinstance(recording, bytes) and recording:
        # An engine that takes no recordings gives each a voice of its own, always the same.
        speaker = f"recording-{zlib.crc32(recording):08x}"
        if service.studio.engine.takes_samples:
            sample = VoiceSample(recording, str(fields.get("prompt_text", "")))
    elif not service.studio.engine.takes_samples:
        speaker = _SPEAKERS.get(speaker, speaker)
    return SpeechRequest(
        model="",
        prosody=Prosody(speaker),
        format="pcm",
        sample_rate=service.settings.inference_sample_rate,
        bit_rate=None,
        language="",
        enable_ssml=False,
        word_timestamps=False,
        markdown_filter=False,
        replacements={},
        pronunciations={},
        instruction=str(fields.get("instruct_text", "")),
        sample=sample,
    )


async def _audio(service: HttpService, recital: Recital) -> AsyncIterator[bytes]:
    with service.stats.task("inference", recital.model) as record:
        record.characters = recital.characters
        record.text_came()
        async for part in recital.parts():
            if part.audio:
                record.audio_sent(len(part.audio))
                yield part.audio


@functools.cache
def _response_class() -> type[StreamingResponse]:
    from starlette.responses import StreamingResponse

    class AudioResponse(StreamingResponse):
        """What fails after the 200 can only be told by breaking off: the end of the body is never sent."""

        async def stream_response(self, send: Any) -> None:
            start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
            await send(start)
            try:
                async for audio in self.body_iterator:
                    await send({"type": "http.response.body", "body": audio, "more_body": True})
            except Refusal as refusal:
                _logger.warning("a text could not be spoken: %s", refusal.code)
                return
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return AudioResponse
