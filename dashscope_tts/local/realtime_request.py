"""What a ``session.update`` asks for, read and checked.

Source: Qwen-TTS realtime API, "session.update". Numbers may be integers or floats, unknown fields are ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..protocol.client_message import ClientMessage
from ..protocol.realtime_messages import MODES, SERVER_COMMIT_MODE
from .refusals import Refusal
from .request import SpeechRequest, read_request
from .settings import ServiceSettings
from .voices import MADE, VOICES, suits

__all__ = ["DEFAULT_SESSION", "check_model", "is_token_billed", "read_session"]

DEFAULT_SESSION: dict[str, Any] = {
    "mode": SERVER_COMMIT_MODE,
    "voice": "Cherry",
    "response_format": "pcm",
    "sample_rate": 24000,
}
_LANGUAGES = {
    "auto": "", "chinese": "zh", "english": "en", "german": "de", "italian": "it", "portuguese": "pt",
    "spanish": "es", "japanese": "ja", "korean": "ko", "french": "fr", "russian": "ru",
}  # fmt: skip
# Name here -> name in a run-task, whose checks are used.
_NUMBERS = {"volume": "volume", "speech_rate": "rate", "pitch_rate": "pitch", "bit_rate": "bit_rate"}
_FORMATS = ("pcm", "wav", "mp3", "opus")
_TEXTS = ("voice", "mode", "response_format", "language_type", "instructions")
_FLAGS = ("enable_tn", "optimize_instructions")
_MAX_INSTRUCTIONS = 4800  # characters; the real limit is 1600 tokens


def is_token_billed(model: str) -> bool:
    """Whether it is one of the first models, which bill tokens and speak pcm at 24,000 Hz only."""
    return model.startswith("qwen-tts-realtime")


def check_model(model: str, settings: ServiceSettings) -> None:
    """Refuse a connection without a model or, in strict mode, with one that does not speak in real time."""
    if not model:
        raise Refusal("Missing required parameter 'model'.", code="invalid_value")
    if settings.strict and not (model.startswith("qwen") and "tts" in model and "-realtime" in model):
        raise Refusal(f"Model '{model[:80]}' not exist.", code="model_not_found")


def read_session(
    model: str, before: Mapping[str, Any], given: Any, settings: ServiceSettings
) -> tuple[dict[str, Any], SpeechRequest]:
    """The session after an update, and what it asks of the engine.

    Args:
        model: of the connection.
        before: the session so far; fields that are not given stay.
        given: ``session`` of the event.
        settings: of the service.

    Raises:
        Refusal: something is of the wrong type, out of its range or, in strict mode, not to be had from the real
            service. The session stays as it was then.
    """
    if not isinstance(given, dict):
        raise Refusal("Missing required parameter 'session'.", code="invalid_value")
    known = {name: value for name, value in given.items() if value is not None and name in _KNOWN}
    session = {**before, **known}
    for name in _TEXTS:
        value = known.get(name, "-")
        if not isinstance(value, str) or not (value or name == "instructions"):
            raise _bad(name, known[name], "a text")
    for name in _FLAGS:
        if name in known and not isinstance(known[name], bool):
            raise _bad(name, known[name], "true or false")
    if session["mode"] not in MODES:
        raise _bad("mode", session["mode"], f"one of {', '.join(MODES)}")
    if session["response_format"] not in _FORMATS:
        raise _bad("response_format", session["response_format"], f"one of {', '.join(_FORMATS)}")
    language = str(session.get("language_type", "auto")).lower()
    if language not in _LANGUAGES:
        raise _bad("language_type", session["language_type"], "a language of this service, such as Chinese, or Auto")
    if settings.strict:
        _check_strictly(model, session)
    return session, _speech_request(model, session, _LANGUAGES[language], settings)


_KNOWN = frozenset((*_TEXTS, *_FLAGS, *_NUMBERS, "sample_rate"))


def _check_strictly(model: str, session: Mapping[str, Any]) -> None:
    voice = session["voice"]
    is_customized = voice.startswith(("qwen-tts-vc-", "qwen-tts-vd-", model + "-"))
    if not is_customized and not (suits(voice, model) and (voice in VOICES or voice in MADE)):
        raise _unsupported(voice)
    if is_token_billed(model) and (session["response_format"], session["sample_rate"]) != ("pcm", 24000):
        raise Refusal("This model speaks pcm at 24000 Hz only.", code="invalid_value")


def _speech_request(
    model: str, session: Mapping[str, Any], language: str, settings: ServiceSettings
) -> SpeechRequest:
    parameters: dict[str, Any] = {
        "voice": session["voice"],
        "format": session["response_format"],
        "sample_rate": session["sample_rate"] or 24000,
        "language_hints": [language],
    }
    if not is_token_billed(model):
        parameters.update({theirs: session[name] for name, theirs in _NUMBERS.items() if name in session})
    if "instruct" in model:
        parameters["instruction"] = session.get("instructions")
    message = ClientMessage("run-task", "", "", {"model": model, "input": {}, "parameters": parameters})
    limits = replace(settings, strict=False, max_instruction_characters=_MAX_INSTRUCTIONS)
    try:
        return read_request(message, limits)
    except Refusal as refusal:
        text = refusal.message
        if text == Refusal.engine(418).message:
            raise _unsupported(session["voice"]) from None
        for name, theirs in (*_NUMBERS.items(), ("instructions", "instruction")):
            text = text.replace(f"'{theirs}'", f"'{name}'")
        raise Refusal(text, code="invalid_value") from None


def _unsupported(voice: str) -> Refusal:
    return Refusal(f"The requested voice '{voice[:80]}' is not supported.", code="invalid_value")


def _bad(name: str, value: object, allowed: str) -> Refusal:
    refusal = Refusal.out_of_range(name, value, allowed)
    refusal.code = "invalid_value"
    return refusal
