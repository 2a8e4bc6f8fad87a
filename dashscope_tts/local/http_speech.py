"""Speech over HTTP: CosyVoice and Qwen-TTS, with a URL of the whole or as server-sent events.

Source: CosyVoice HTTP API (not realtime); Qwen-TTS API.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..protocol.client_message import ClientMessage
from .audio_files import MEDIA_TYPES, as_wav, with_sizes
from .http_common import HttpService, answer, error_body
from .recital import Part, Recital
from .refusals import Refusal
from .request import SpeechRequest, read_request
from .settings import ServiceSettings
from .task_record import TaskRecord

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["AUDIO_PATH", "COSYVOICE_PATH", "QWEN_PATH", "serve_audio", "speak_cosyvoice", "speak_qwen"]

COSYVOICE_PATH = "/api/v1/services/audio/tts/SpeechSynthesizer"
QWEN_PATH = "/api/v1/services/aigc/multimodal-generation/generation"
AUDIO_PATH = "/audio/{name}"

_QWEN_RATE = 24000
_QWEN_MOST_CHARACTERS = 600
_QWEN_MOST_INSTRUCTIONS = 4800
_LANGUAGES = {
    "auto": "", "chinese": "zh", "english": "en", "german": "de", "italian": "it", "portuguese": "pt",
    "spanish": "es", "japanese": "ja", "korean": "ko", "french": "fr", "russian": "ru",
}  # fmt: skip


@dataclass(frozen=True)
class _Order:
    """A text to be spoken, and how the answer is worded."""

    recital: Recital
    format: str
    request_id: str
    audio_id: str
    usage: Callable[[int], dict[str, Any]]
    is_qwen: bool


async def speak_cosyvoice(service: HttpService, request: Request, body: Any, request_id: str) -> Response:
    """``POST .../audio/tts/SpeechSynthesizer``"""
    model, given, parameters = _fields(body)
    message = ClientMessage("run-task", request_id, "", {"model": model, "input": {}, "parameters": parameters})
    asked = read_request(message, service.settings)
    streamed = _wants_stream(request)
    asked = replace(asked, word_timestamps=asked.word_timestamps and streamed)
    recital = Recital(_text(given), asked, service.settings, service.studio)
    order = _Order(recital, asked.format, request_id, _new_id(), _characters, is_qwen=False)
    return await _respond(service, request, order, streamed)


async def speak_qwen(service: HttpService, request: Request, body: Any, request_id: str) -> Response:
    """``POST .../aigc/multimodal-generation/generation``, of which this service has the speech."""
    model, given, parameters = _fields(body)
    if "messages" in given:
        raise Refusal("This service speaks, it does not converse: 'input.text' and 'input.voice' are required.")
    streamed = _wants_stream(request)
    asked = _read_qwen(model, parameters, service.settings, "pcm" if streamed else "wav")
    text = _text(given)
    if len(text) > _QWEN_MOST_CHARACTERS:
        raise Refusal(f"Range of input length should be [0, {_QWEN_MOST_CHARACTERS}]")
    recital = Recital(text, asked, service.settings, service.studio)
    usage = _tokens if model.startswith("qwen-tts") else _qwen_characters
    order = _Order(recital, asked.format, request_id, _new_id(), usage, is_qwen=True)
    return await _respond(service, request, order, streamed)


async def serve_audio(service: HttpService, request: Request) -> Response:
    """``GET /audio/NAME``: no key is asked, the name is one."""
    from starlette.responses import Response

    name = request.path_params["name"]
    try:
        audio = await asyncio.to_thread(service.files.read, name)
    except KeyError:
        return answer(error_body("NoSuchKey", "The specified key does not exist.", str(uuid.uuid4())), 404)
    if audio is None:
        return answer(error_body("AccessDenied", "Request has expired.", str(uuid.uuid4())), 403)
    return Response(audio, media_type=MEDIA_TYPES.get(name.rpartition(".")[2]))


def _fields(body: Any) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """Model, input, and the parameters, which some clients put into one and some into the other."""
    if not isinstance(body, dict):
        raise Refusal("Required body invalid, please check the request body format.")
    given, parameters = body.get("input"), body.get("parameters")
    if not body.get("model"):
        raise Refusal.missing("model")
    if not isinstance(given, dict):
        raise Refusal.missing("input")
    return body["model"], given, {**(parameters if isinstance(parameters, dict) else {}), **given}


def _text(given: dict[str, Any]) -> str:
    text = given.get("text")
    if not isinstance(text, str):
        raise Refusal.no_text()
    return text


def _read_qwen(
    model: str, parameters: dict[str, Any], settings: ServiceSettings, format: str
) -> SpeechRequest:
    language = parameters.get("language_type") or "Auto"
    if str(language).lower() not in _LANGUAGES:
        raise Refusal.out_of_range("language_type", language, "a language of this service, such as Chinese, or Auto")
    asked: dict[str, Any] = {
        "voice": parameters.get("voice"),
        "format": format,
        "sample_rate": _QWEN_RATE,
        "language_hints": [_LANGUAGES[str(language).lower()]],
    }
    if "instruct" in model:
        asked["instruction"] = parameters.get("instructions")
    limits = replace(settings, max_instruction_characters=_QWEN_MOST_INSTRUCTIONS)
    return read_request(ClientMessage("run-task", "", "", {"model": model, "input": {}, "parameters": asked}), limits)


def _wants_stream(request: Request) -> bool:
    asked = request.headers.get("x-dashscope-sse", "").lower()
    return asked == "enable" or "text/event-stream" in request.headers.get("accept", "")


def _new_id() -> str:
    return f"audio_{uuid.uuid4()}"


def _characters(count: int) -> dict[str, Any]:
    return {"characters": count}


def _qwen_characters(count: int) -> dict[str, Any]:
    return {"input_tokens": 0, "output_tokens": 0, "characters": count}


def _tokens(count: int) -> dict[str, Any]:
    """The first model bills tokens; there is no tokenizer here, so they are the counted characters."""
    return {
        "input_tokens": count,
        "output_tokens": count,
        "total_tokens": 2 * count,
        "input_tokens_details": {"text_tokens": count},
        "output_tokens_details": {"audio_tokens": count, "text_tokens": 0},
    }


async def _respond(service: HttpService, request: Request, order: _Order, streamed: bool) -> Response:
    base = str(request.base_url).rstrip("/")
    if streamed:
        from starlette.responses import StreamingResponse

        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no", "X-Request-Id": order.request_id}
        return StreamingResponse(_stream(service, order, base), media_type="text/event-stream", headers=headers)
    with _record(service, order) as record:
        audio = await order.recital.whole()
        record.audio_sent(len(audio))
    url, expires_at = await _keep(service, audio, order, base)
    output = _output(order, "stop", "", expires_at, url)
    usage = order.usage(order.recital.characters)
    body: dict[str, Any] = {"request_id": order.request_id, "output": output, "usage": usage}
    if order.is_qwen:
        body = {"status_code": 200, "code": "", "message": "", **body}
    return answer(body, headers={"X-Request-Id": order.request_id})


def _record(service: HttpService, order: _Order) -> TaskRecord:
    record = service.stats.task("http", order.recital.model)
    record.characters = order.recital.characters
    record.text_came()
    return record


async def _keep(service: HttpService, audio: bytes, order: _Order, base: str) -> tuple[str, int]:
    format = order.format
    if order.is_qwen and format == "pcm":  # streamed as bare samples, kept as a file
        audio, format = as_wav(audio, _QWEN_RATE), "wav"
    name, expires_at = await asyncio.to_thread(service.files.add, with_sizes(audio, format), format)
    return f"{base}{AUDIO_PATH.format(name=name)}", expires_at


def _output(order: _Order, finish_reason: str, data: str, expires_at: int, url: str | None) -> dict[str, Any]:
    audio: dict[str, Any] = {"data": data, "id": order.audio_id, "expires_at": expires_at}
    if url is not None:
        audio["url"] = url
    if order.is_qwen:
        return {"text": None, "finish_reason": finish_reason, "choices": None, "audio": {"url": "", **audio}}
    return {"finish_reason": finish_reason, "audio": audio}


async def _stream(service: HttpService, order: _Order, base: str) -> AsyncIterator[bytes]:
    number, audio = 0, bytearray()
    expires_at = int(time.time() + service.settings.file_lifetime)
    parts = order.recital.parts()
    try:
        with _record(service, order) as record:
            async for part in parts:
                audio += part.audio
                if part.audio:
                    record.audio_sent(len(part.audio))
                document = _event(order, part, expires_at)
                if document is not None:
                    number += 1
                    yield _written(number, document)
            url, expires_at = await _keep(service, bytes(audio), order, base)
    except Refusal as refusal:
        service.stats.failed(refusal.code)
        error = error_body(refusal.code, refusal.message, order.request_id)
        yield _written(number + 1, error, "error", 400)
        return
    except Exception:
        failure = Refusal.internal()
        service.stats.failed(failure.code)
        yield _written(number + 1, error_body(failure.code, failure.message, order.request_id), "error", 500)
        raise
    finally:
        await parts.aclose()  # type: ignore[attr-defined]
    output = _output(order, "stop", "", expires_at, url)
    usage = order.usage(order.recital.characters)
    yield _written(number + 1, {"output": output, "usage": usage, "request_id": order.request_id})


def _event(order: _Order, part: Part, expires_at: int) -> dict[str, Any] | None:
    """The document of a part; Qwen has events for audio only."""
    if order.is_qwen and not part.audio:
        return None
    output = _output(order, "null", base64.b64encode(part.audio).decode(), expires_at, None)
    if not order.is_qwen:
        output.update(type=part.type, original_text=part.text, sentence=part.sentence)
    return {"output": output, "usage": order.usage(part.characters), "request_id": order.request_id}


def _written(number: int, document: dict[str, Any], type: str = "result", status: int = 200) -> bytes:
    data = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return f"id:{number}\nevent:{type}\n:HTTP_STATUS/{status}\ndata:{data}\n\n".encode()
