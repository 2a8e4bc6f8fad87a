"""The route for voices of one's own: ``POST .../audio/tts/customization``.

Source: CosyVoice voice cloning and voice design API; Qwen voice cloning and voice design API.
"""

from __future__ import annotations

import asyncio
import base64
import re
import time
import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..protocol.client_message import ClientMessage
from . import made_voices
from .audio_files import with_sizes
from .engine import VoiceSample
from .http_common import HttpService, answer
from .recital import Recital
from .refusals import Refusal
from .request import read_request
from .voice_design import voice_of_description
from .voice_recording import LONGEST_SECONDS, kept_recording
from .voice_sample import fetch, voice_of_recording
from .voice_store import StoredVoice
from .voices import Voice

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["CUSTOMIZATION_PATH", "customize"]

CUSTOMIZATION_PATH = "/api/v1/services/audio/tts/customization"

_COSYVOICE, _QWEN_CLONES, _QWEN_DESIGNS = "voice-enrollment", "qwen-voice-enrollment", "qwen-voice-design"
_ACTIONS = {
    _COSYVOICE: {f"{verb}_voice": verb for verb in ("create", "list", "query", "update", "delete")},
    _QWEN_CLONES: {verb: verb for verb in ("create", "list", "delete")},
    _QWEN_DESIGNS: {verb: verb for verb in ("create", "list", "query", "delete")},
}
_TARGET_MODELS = {
    _COSYVOICE: re.compile(r"cosyvoice-v\d|qwen-audio-"),
    _QWEN_CLONES: re.compile("qwen3-tts-vc"),
    _QWEN_DESIGNS: re.compile("qwen3-tts-vd"),
}
_PREFIX = re.compile(r"[A-Za-z0-9]{1,10}")
_QWEN_NAME = re.compile(r"[A-Za-z0-9_]{1,16}")
_LANGUAGES = frozenset(("zh", "en", "fr", "de", "ja", "ko", "ru", "pt", "th", "id", "vi", "es", "it", "yue"))
_MOST_PROMPT, _LEAST_PREVIEW, _MOST_PREVIEW = 2048, 15, 1024  # characters
_MOST_PAGE = 1000


async def customize(service: HttpService, request: Request, body: Any, request_id: str) -> Response:
    """Answer one request."""
    body = body if isinstance(body, dict) else {}
    maker, given = body.get("model"), body.get("input")
    if maker not in _ACTIONS:
        raise Refusal.model() if maker else Refusal.missing("model")
    if not isinstance(given, dict):
        raise Refusal.missing("input")
    action = _ACTIONS[maker].get(str(given.get("action")))
    if action is None:
        allowed = ", ".join(_ACTIONS[maker])
        raise Refusal.out_of_range("action", given.get("action"), f"one of {allowed}")
    desk = _Desk(service, maker, given, body.get("parameters"))
    output = await getattr(desk, action)()
    count = 1 if maker == _COSYVOICE or action == "create" else 0
    return answer({"output": output, "usage": {"count": count}, "request_id": request_id})


class _Desk:
    """One request: ``create``, ``list``, ``query``, ``update`` and ``delete`` give the answer's output."""

    def __init__(self, service: HttpService, maker: str, given: dict[str, Any], parameters: Any) -> None:
        self._service = service
        self._maker = maker
        self._given = given
        self._parameters = parameters if isinstance(parameters, dict) else {}
        self._is_qwen = maker != _COSYVOICE

    async def create(self) -> dict[str, Any]:
        target_model = self._text("target_model")
        self._check_model(target_model)
        prefix = self._prefix()
        name = self._name(target_model, prefix)
        language = self._language()
        if self._is_design():
            return await self._design(name, prefix, target_model, language)
        voice, sample = await self._recorded(name, target_model, language)
        await self._store(voice, prefix, {"resource_link": self._link(), "language": language or "zh"}, sample)
        return {"voice": name, "target_model": target_model} if self._is_qwen else {"voice_id": name}

    async def list(self) -> dict[str, Any]:
        index, size = self._whole("page_index", 0, 0), self._whole("page_size", 10, 1)
        size = min(size, _MOST_PAGE)
        prefix = str(self._given.get("prefix") or "")
        voices, total = await asyncio.to_thread(self._service.voices.page, self._maker, prefix, index, size)
        if not self._is_qwen:
            return {"voice_list": [{"voice_id": one.name, **_dates(one), "status": one.status} for one in voices]}
        listed = [self._qwen_entry(one) for one in voices]
        return {"page_index": index, "page_size": size, "total_count": total, "voice_list": listed}

    async def query(self) -> dict[str, Any]:
        stored = await self._stored()
        if self._is_qwen:
            return self._qwen_entry(stored)
        link = stored.details.get("resource_link") or ""
        said = {"voice_id": stored.name, **_dates(stored), "target_model": stored.target_model}
        return {**said, "resource_link": link, "status": stored.status}

    async def update(self) -> dict[str, Any]:
        stored = await self._stored()
        language = str(stored.details.get("language") or "")
        voice, sample = await self._recorded(stored.name, stored.target_model, language)
        now = time.time()
        ready_at = now + self._service.settings.deploy_seconds
        details = {**stored.details, "resource_link": self._link()}
        changed = replace(stored, voice=voice, modified=now, ready_at=ready_at, details=details)
        await asyncio.to_thread(self._service.voices.put, changed, sample)
        return {}

    async def delete(self) -> dict[str, Any]:
        stored = await self._stored()
        await asyncio.to_thread(self._service.voices.delete, stored)
        return {}

    async def _store(
        self, voice: Voice, prefix: str, details: dict[str, Any], sample: VoiceSample | None = None
    ) -> None:
        now = time.time()
        # Qwen's answer knows no status: such a voice can be used at once.
        ready_at = now + (0.0 if self._is_qwen else self._service.settings.deploy_seconds)
        stored = StoredVoice(voice.name, self._maker, voice.family, prefix, now, now, ready_at, voice, details)
        await asyncio.to_thread(self._service.voices.put, stored, sample)

    async def _stored(self) -> StoredVoice:
        name = self._text("voice" if self._is_qwen else "voice_id")
        stored = await asyncio.to_thread(self._service.voices.get, name, (self._maker,))
        if stored is not None:
            return stored
        if self._is_qwen:
            raise Refusal("Voice not found.", code="BadRequest.VoiceNotFound")
        raise Refusal("The required resource not exist.", code="BadRequest.ResourceNotExist")

    async def _recorded(self, name: str, target_model: str, language: str) -> tuple[Voice, VoiceSample | None]:
        """The voice, and its recording where the engine can speak with it."""
        url = self._url()
        seconds = self._seconds()
        is_kept = self._service.studio.engine.takes_samples
        most = LONGEST_SECONDS if self._given.get("max_prompt_audio_length") is None else seconds
        text = self._prompt_text() if is_kept else ""

        def work() -> tuple[Voice, VoiceSample | None]:
            recording = fetch(url, self._service.settings.fetch_timeout)
            voice = voice_of_recording(name, target_model, recording, language, seconds)
            return voice, kept_recording(recording, text, most) if is_kept else None

        return await asyncio.to_thread(work)

    async def _design(self, name: str, prefix: str, target_model: str, language: str) -> dict[str, Any]:
        prompt, preview = self._text("voice_prompt"), self._text("preview_text")
        if len(prompt) > _MOST_PROMPT:
            raise Refusal.too_long("'voice_prompt'", len(prompt), _MOST_PROMPT)
        if not _LEAST_PREVIEW <= len(preview) <= _MOST_PREVIEW:
            allowed = f"a text of {_LEAST_PREVIEW} to {_MOST_PREVIEW} characters"
            raise Refusal.out_of_range("preview_text", preview, allowed)
        voice = voice_of_description(name, target_model, prompt, language)
        sample = await self._preview(voice, prompt, preview)
        details = {"voice_prompt": prompt, "preview_text": preview, "language": language or "zh"}
        await self._store(voice, prefix, details)
        return {"voice" if self._is_qwen else "voice_id": name, "target_model": target_model, "preview_audio": sample}

    async def _preview(self, voice: Voice, description: str, text: str) -> dict[str, Any]:
        format = str(self._parameters.get("response_format") or "wav")
        name = f"preview-{voice.name}"
        sample_rate = self._parameters.get("sample_rate") or 24000
        asked = {"voice": name, "format": format, "sample_rate": sample_rate}
        message = ClientMessage("run-task", "", "", {"model": voice.family, "input": {}, "parameters": asked})
        settings = replace(self._service.settings, strict=False)
        request = read_request(message, settings)
        made_voices.remember(name, voice, voice.family, 0.0, description=description)
        try:
            audio = await Recital(text, request, settings, self._service.studio).whole()
        finally:
            made_voices.forget(name)
        data = base64.b64encode(with_sizes(audio, format)).decode()
        return {"data": data, "sample_rate": request.sample_rate, "response_format": format}

    def _is_design(self) -> bool:
        if self._is_qwen:
            return self._maker == _QWEN_DESIGNS
        return not self._given.get("url") and bool(self._given.get("voice_prompt"))

    def _check_model(self, target_model: str) -> None:
        if not self._service.settings.strict:
            return
        if not _TARGET_MODELS[self._maker].match(target_model):
            raise Refusal.out_of_range("target_model", target_model, "a model for such voices")

    def _prefix(self) -> str:
        if not self._is_qwen:
            prefix = self._text("prefix")
            if not _PREFIX.fullmatch(prefix):
                raise Refusal.out_of_range("prefix", prefix, "1 to 10 letters and digits")
            return prefix
        wanted = self._given.get("preferred_name")
        if wanted is None and self._maker == _QWEN_DESIGNS:
            return "custom"
        if not isinstance(wanted, str) or not _QWEN_NAME.fullmatch(wanted):
            raise Refusal.out_of_range("preferred_name", wanted, "1 to 16 letters, digits and underscores")
        return wanted

    def _name(self, target_model: str, prefix: str) -> str:
        if not self._is_qwen:
            return f"{target_model}-{prefix}-{uuid.uuid4().hex}"
        kind = "vc" if self._maker == _QWEN_CLONES else "vd"
        return f"qwen-tts-{kind}-{prefix}-voice-{int(time.time() * 1000)}-{uuid.uuid4().hex[:4]}"

    def _language(self) -> str:
        hints = self._given.get("language") if self._is_qwen else self._given.get("language_hints")
        first = hints[0] if isinstance(hints, Sequence) and not isinstance(hints, str) and hints else hints
        if first is None or first == []:
            return ""
        if str(first).lower() not in _LANGUAGES:
            raise Refusal.out_of_range("language", first, f"one of {', '.join(sorted(_LANGUAGES))}")
        return str(first).lower()

    def _url(self) -> Any:
        if not self._is_qwen or "url" in self._given:
            return self._given.get("url")
        audio = self._given.get("audio")
        return audio.get("data") or audio.get("url") if isinstance(audio, dict) else audio

    def _link(self) -> str:
        """The URL as it is shown again: a data URL only by its kind."""
        url = str(self._url() or "")
        return url if not url.startswith("data:") else url.partition(",")[0]

    def _seconds(self) -> float:
        value = self._given.get("max_prompt_audio_length")
        if value is None:
            return 10.0
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 3 <= value <= 30:
            raise Refusal.out_of_range("max_prompt_audio_length", value, "in the range [3, 30]")
        return float(value)

    def _prompt_text(self) -> str:
        """What is said in the recording; ``text`` is the name it has for Qwen's voices."""
        name = "text" if self._is_qwen else "prompt_text"
        value = self._given.get(name) or ""
        if not isinstance(value, str) or len(value) > _MOST_PREVIEW:
            raise Refusal.out_of_range(name, value, f"a text of at most {_MOST_PREVIEW} characters")
        return value.strip()

    def _text(self, name: str) -> str:
        value = self._given.get(name)
        if not isinstance(value, str) or not value:
            raise Refusal.missing(f"input.{name}")
        return value

    def _whole(self, name: str, default: int, least: int) -> int:
        value = self._given.get(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 1_000_000:
            raise Refusal.out_of_range(name, value, f"a whole number from {least}")
        return value

    def _qwen_entry(self, stored: StoredVoice) -> dict[str, Any]:
        entry = {"voice": stored.name, **_dates(stored), "language": stored.details.get("language") or "zh"}
        entry["target_model"] = stored.target_model
        for name in ("voice_prompt", "preview_text"):
            if name in stored.details:
                entry[name] = stored.details[name]
        return entry


def _dates(stored: StoredVoice) -> dict[str, str]:
    return {"gmt_create": _date(stored.created), "gmt_modified": _date(stored.modified)}


def _date(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))
