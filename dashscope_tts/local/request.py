"""What a ``run-task`` asks for, read and checked once.

Source: CosyVoice WebSocket API, "run-task". Numbers may be integers or floats, ``Default`` and 0 leave the choice
to the service, unknown parameters are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..protocol import count_characters
from ..protocol.audio_format import SERVICE_DEFAULT_FORMAT, SERVICE_DEFAULT_SAMPLE_RATE
from ..protocol.client_message import ClientMessage
from .engine import Prosody, VoiceSample
from .made_voices import refuse_unfit
from .refusals import Refusal
from .settings import ServiceSettings
from .voices import MADE, VOICES, suits

__all__ = ["SpeechRequest", "read_request"]

_FORMATS = ("mp3", "wav", "pcm", "opus")
_SAMPLE_RATES = (8000, 16000, 22050, 24000, 44100, 48000)
_OPUS_RATES = (8000, 16000, 24000, 48000)
_LANGUAGES = frozenset(("zh", "en", "fr", "de", "ja", "ko", "ru", "pt", "th", "id", "vi", "es", "it", "yue"))
_MODELS = re.compile(r"(cosyvoice-v\d|qwen|sambert)")

# What an instruction can ask for that this engine can do: pattern, rate, volume.
_MANNERS: tuple[tuple[re.Pattern[str], float, float], ...] = (
    (re.compile(r"大声|响亮|loud|shout", re.IGNORECASE), 1.0, 1.5),
    (re.compile(r"小声|轻声|悄悄|低声|soft|quiet|whisper", re.IGNORECASE), 1.0, 0.5),
    (re.compile(r"快速|快一点|语速.{0,4}快|fast|quick", re.IGNORECASE), 1.25, 1.0),
    (re.compile(r"慢速|慢一点|缓慢|语速.{0,4}慢|slow", re.IGNORECASE), 0.8, 1.0),
)


@dataclass(frozen=True)
class SpeechRequest:
    """The checked parameters of a task.

    ``sample_rate`` is in Hz; ``bit_rate`` in kbit/s, None for the service's choice; ``language`` the first of the
    hints, "" where there is none; ``replacements`` map a word to what is said instead, ``pronunciations`` to pinyin.
    """

    model: str
    prosody: Prosody
    format: str
    sample_rate: int
    bit_rate: int | None
    language: str
    enable_ssml: bool
    word_timestamps: bool
    markdown_filter: bool
    replacements: Mapping[str, str]
    pronunciations: Mapping[str, str]
    instruction: str = ""
    sample: VoiceSample | None = None


def read_request(message: ClientMessage, settings: ServiceSettings) -> SpeechRequest:
    """Read a ``run-task``.

    Raises:
        Refusal: something is missing, out of its range or, in strict mode, not to be had from the real service.
    """
    model = message.payload.get("model")
    if not isinstance(model, str) or not model:
        raise Refusal.missing("payload.model")
    if message.input is None:
        raise Refusal.no_input()
    parameters = message.parameters
    voice = parameters.get("voice")
    if not isinstance(voice, str) or not voice:
        raise Refusal.no_voice()
    refuse_unfit(voice, model)
    if settings.strict:
        _check_voice(voice, model)
    format = _format(parameters.get("format"))
    rate = _number(parameters, "rate", 0.5, 2.0, 1.0)
    volume = _number(parameters, "volume", 0, 100, 50)
    faster, louder = _manner(parameters.get("instruction"), settings)
    _number(parameters, "seed", 0, 65535, 0)
    bit_rate = _number(parameters, "bit_rate", 6, 510, 0)
    replacements, pronunciations = _hot_fix(parameters.get("hot_fix"))
    return SpeechRequest(
        model=model,
        prosody=Prosody(
            voice=voice,
            rate=min(2.0, max(0.5, rate * faster)),
            pitch=_number(parameters, "pitch", 0.5, 2.0, 1.0),
            volume=min(100.0, volume * louder),
        ),
        format=format,
        sample_rate=_sample_rate(parameters, format, settings.strict),
        bit_rate=round(bit_rate) or None,
        language=_language(parameters.get("language_hints")),
        enable_ssml=_is_true(parameters.get("enable_ssml")) or parameters.get("text_type") == "SSML",
        word_timestamps=_is_true(parameters.get("word_timestamp_enabled")),
        markdown_filter=_is_true(parameters.get("enable_markdown_filter")),
        replacements=replacements,
        pronunciations=pronunciations,
        instruction=str(parameters.get("instruction") or ""),
    )


def _check_voice(voice: str, model: str) -> None:
    if _MODELS.match(model) is None:
        raise Refusal.model()
    if not suits(voice, model) or (voice not in VOICES and voice not in MADE and not voice.startswith(model + "-")):
        raise Refusal.engine(418)


def _format(value: Any) -> str:
    if value is None or value == "" or str(value).lower() == "default":
        return SERVICE_DEFAULT_FORMAT
    format = str(value).lower()
    if format not in _FORMATS:
        raise Refusal.out_of_range("format", value, f"one of {', '.join(_FORMATS)}")
    return format


def _sample_rate(parameters: Mapping[str, Any], format: str, strict: bool) -> int:
    value = parameters.get("sample_rate")
    rate = _as_number("sample_rate", 0 if value is None else value, "a number of Hz")
    if rate == 0:
        return 24000 if format == "opus" else SERVICE_DEFAULT_SAMPLE_RATE
    if rate not in _SAMPLE_RATES or (strict and format == "opus" and rate not in _OPUS_RATES):
        allowed = _OPUS_RATES if format == "opus" else _SAMPLE_RATES
        raise Refusal.out_of_range("sample_rate", value, f"one of {', '.join(map(str, allowed))}")
    if format == "opus":
        # Opus knows neither 22,050 nor 44,100 Hz: the next rate up loses nothing.
        return next(known for known in _OPUS_RATES if known >= rate)
    return int(rate)


def _as_number(name: str, value: Any, allowed: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise Refusal.out_of_range(name, value, allowed)
    try:
        return float(value)
    except ValueError:
        raise Refusal.out_of_range(name, value, allowed) from None


def _number(parameters: Mapping[str, Any], name: str, least: float, most: float, default: float) -> float:
    value = parameters.get(name)
    if value is None:
        return default
    allowed = f"in the range [{least:g}, {most:g}]"
    number = _as_number(name, value, allowed)
    if not least <= number <= most:
        raise Refusal.out_of_range(name, value, allowed)
    return number


def _is_true(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _language(hints: Any) -> str:
    first = hints[0] if isinstance(hints, list) and hints else hints
    language = first.lower() if isinstance(first, str) else ""
    return language if language in _LANGUAGES else ""


def _manner(instruction: Any, settings: ServiceSettings) -> tuple[float, float]:
    """Factors on rate and volume."""
    if not isinstance(instruction, str):
        return 1.0, 1.0
    count = count_characters(instruction)
    if count > settings.max_instruction_characters:
        raise Refusal.too_long("Parameter 'instruction'", count, settings.max_instruction_characters)
    rate = volume = 1.0
    for pattern, faster, louder in _MANNERS:
        if pattern.search(instruction):
            rate, volume = rate * faster, volume * louder
    return rate, volume


def _hot_fix(value: Any) -> tuple[dict[str, str], dict[str, str]]:
    if value is None:
        return {}, {}
    tables: list[dict[str, str]] = []
    for name in ("replace", "pronunciation"):
        entries = value.get(name) if isinstance(value, dict) else value
        table: dict[str, str] = {}
        for entry in entries if isinstance(entries, list) else () if entries is None else (entries,):
            if not isinstance(entry, dict) or not all(isinstance(said, str) for said in entry.values()):
                raise Refusal.out_of_range(f"hot_fix.{name}", entry, "a list of {word: text} objects")
            table.update({word: said for word, said in entry.items() if word})
        tables.append(table)
    return tables[0], tables[1]
