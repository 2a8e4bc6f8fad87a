"""A voice from its description: the words in it that this engine can do something about."""

from __future__ import annotations

import re
import zlib

from .voices import Voice

__all__ = ["voice_of_description"]

_FEMALE = re.compile(r"female|wom[ae]n|girl|lady|mother|\bshe\b|\bher\b|女|姑娘|妈|奶奶|阿姨", re.IGNORECASE)
_MALE = re.compile(r"\bmale|\bm[ae]n\b|\bboy|gentleman|father|\bhe\b|\bhis\b|男|爷爷|爸|叔", re.IGNORECASE)
# What is said, pitch, tempo, size.
_TRAITS: tuple[tuple[re.Pattern[str], float, float, float], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), pitch, tempo, size)
    for pattern, pitch, tempo, size in (
        (r"child|kid|\bboy|\bgirl|toddler|孩|童|萝莉", 1.3, 1.05, 1.2),
        (r"\bold\b|elder|aged|grand(?:ma|pa|mother|father)|老|爷爷|奶奶", 0.92, 0.88, 0.97),
        (r"young|youth|teen|年轻|青年|少年|少女", 1.06, 1.03, 1.02),
        (r"deep|low|bass|rough|gravel|低沉|浑厚|沙哑|磁性", 0.85, 0.97, 0.97),
        (r"high|bright|light|clear|sweet|crisp|清脆|明亮|甜|高亢", 1.12, 1.02, 1.03),
        (r"slow|calm|gentle|soothing|steady|慢|沉稳|温柔|平静|舒缓", 0.98, 0.9, 1.0),
        (r"fast|quick|lively|energetic|excited|快|活泼|激动|热情", 1.03, 1.14, 1.0),
    )
)
_VARIANTS = {"male": ("m1", "m2", "m3", "m6", "m7"), "female": ("f1", "f2", "f3", "f4", "f5")}


def voice_of_description(name: str, target_model: str, description: str, language: str) -> Voice:
    """The voice for a description in English or Chinese; the same one for the same words."""
    number = zlib.crc32(description.encode("utf-8", "replace"))
    sex = "female" if _FEMALE.search(description) else "male" if _MALE.search(description) else ""
    sex = sex or ("female", "male")[number % 2]
    pitch, tempo, size = 0.97 + 0.06 * (number // 2 % 7) / 6, 0.97 + 0.06 * (number // 16 % 7) / 6, 1.0
    for pattern, higher, faster, smaller in _TRAITS:
        if pattern.search(description):
            pitch, tempo, size = pitch * higher, tempo * faster, size * smaller
    variants = _VARIANTS[sex]
    languages = (language, "en") if language and language != "en" else ("en", "zh") if language else ("zh", "en")
    return Voice(
        name, target_model, sex, languages, "designed", variants[number // 128 % len(variants)],
        round(min(1.9, max(0.6, pitch)), 3), round(min(1.3, max(0.75, tempo)), 3), round(min(1.3, size), 3),
    )  # fmt: skip
