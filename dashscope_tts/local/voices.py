"""The voices the service knows: a plain listing, and what each is spoken with.

The names are those of the vendor's voice list; it changes often, so an unknown name gets a voice of its own too,
always the same one. Nothing is loaded to read this module.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

__all__ = ["MADE", "VOICES", "Voice", "known_voices", "suits", "voice_named"]


@dataclass(frozen=True)
class Voice:
    """A voice of the service.

    Attributes:
        name: what a client asks for.
        family: the models it belongs to: ``cosyvoice-v1``, ``-v2``, ``-v3``, ``qwen`` or ``sambert``.
        sex: ``female`` or ``male``.
        languages: its languages, the first the one of text that does not tell.
        description: the character.
        variant: the engine's variant.
        pitch: factor on the variant's pitch.
        tempo: factor on the speed.
        size: factor on all frequencies, as a smaller throat has them; a child's is above 1.
    """

    name: str
    family: str
    sex: str
    languages: tuple[str, ...]
    description: str
    variant: str
    pitch: float = 1.0
    tempo: float = 1.0
    size: float = 1.0


_ZH = ("zh", "en")
_QWEN = ("zh", "en", "fr", "de", "ru", "it", "es", "pt", "ja", "ko")
_V1, _V2, _V3 = "cosyvoice-v1", "cosyvoice-v2", "cosyvoice-v3"
_F, _M = "female", "male"

# name, sex, languages, description, variant, pitch, tempo, size
_Row = tuple[str, str, tuple[str, ...], str, str, float, float, float]

_COSYVOICE_3: tuple[_Row, ...] = (
    ("longanyang", _M, _ZH, "sunny young man", "m3", 1.12, 1.05, 1.0),
    ("longanhuan", _F, _ZH, "lively young woman", "f2", 1.12, 1.08, 1.04),
    ("longxiaochun_v3", _F, _ZH, "assistant, knowing and positive", "f3", 1.0, 1.0, 1.0),
    ("longxiaoxia_v3", _F, _ZH, "assistant, calm and composed", "f4", 0.95, 0.95, 1.0),
    ("longwan_v3", _F, _ZH, "assistant, gentle", "steph2", 1.0, 0.96, 1.0),
    ("longcheng_v3", _M, _ZH, "clever young man", "m1", 1.1, 1.04, 1.0),
    ("longzhe_v3", _M, _ZH, "steady, warm man", "m2", 0.92, 0.96, 1.0),
    ("longfei_v3", _M, _ZH, "passionate reciting man", "m7", 0.98, 1.0, 1.0),
    ("longyingjing_v3", _F, _ZH, "customer service, calm", "aunty", 0.96, 1.0, 1.0),
    ("longyingxiao_v3", _F, _ZH, "customer service, sweet", "f5", 1.08, 1.04, 1.02),
    ("longhuhu_v3", _F, _ZH, "innocent little girl", "f2", 1.3, 1.05, 1.2),
    ("longniuniu_v3", _M, _ZH, "sunny little boy", "m3", 1.62, 1.05, 1.22),
    ("longjielidou_v3", _M, _ZH, "playful boy", "m7", 1.5, 1.12, 1.26),
    ("longjiaxin_v3", _F, ("yue", "en"), "elegant Cantonese woman", "f1", 1.02, 0.98, 1.0),
    ("longjiayi_v3", _F, ("yue", "en"), "knowing Cantonese woman", "f4", 1.06, 1.0, 1.0),
    ("longanyue_v3", _M, ("yue", "en"), "lively Cantonese man", "m6", 1.05, 1.06, 1.0),
    ("longlaotie_v3", _M, _ZH, "straightforward north-eastern man", "m5", 0.96, 1.06, 0.98),
    ("longshange_v3", _M, _ZH, "rugged Shaanxi man", "m6", 0.9, 1.0, 0.96),
    ("longanmin_v3", _F, _ZH, "sweet Minnan woman", "f1", 1.15, 1.0, 1.03),
    ("loongabby_v3", _F, ("en-us", "zh"), "American woman", "f2", 1.0, 1.0, 1.0),
    ("loongandy_v3", _M, ("en-us", "zh"), "American man", "m3", 1.0, 1.0, 1.0),
    ("loongemily_v3", _F, ("en-gb", "zh"), "British woman", "f4", 1.0, 1.0, 1.0),
    ("loongeric_v3", _M, ("en-gb", "zh"), "British man", "m1", 1.0, 1.0, 1.0),
    ("loongtomoka_v3", _F, ("ja", "en"), "Japanese woman", "f3", 1.06, 1.0, 1.02),
    ("loongriko_v3", _F, ("ja", "en"), "Japanese girl", "f5", 1.1, 1.04, 1.08),
    ("loongkyong_v3", _F, ("ko", "en"), "Korean woman", "f1", 1.06, 1.0, 1.02),
    ("loongindah_v3", _F, ("id", "en"), "Indonesian woman", "f2", 1.05, 1.0, 1.0),
)
_COSYVOICE_2: tuple[_Row, ...] = (
    ("longxiaochun_v2", _F, _ZH, "assistant, knowing and positive", "f3", 0.98, 1.0, 1.0),
    ("longxiaoxia_v2", _F, _ZH, "assistant, calm and composed", "f4", 0.93, 0.95, 1.0),
    ("longwan_v2", _F, _ZH, "assistant, gentle", "steph2", 0.97, 0.96, 1.0),
    ("loongbella_v2", _F, _ZH, "news, precise", "linda", 0.85, 1.06, 0.98),
    ("longcheng_v2", _M, _ZH, "clever young man", "m1", 1.08, 1.04, 1.0),
    ("longshu_v2", _M, _ZH, "steady young man", "m2", 0.98, 1.0, 1.0),
    ("longhua_v2", _F, _ZH, "sweet lively girl", "f5", 1.25, 1.05, 1.15),
)
_COSYVOICE_1: tuple[_Row, ...] = (
    ("longxiaochun", _F, _ZH, "assistant, knowing and positive", "f3", 0.96, 1.0, 1.0),
    ("longxiaoxia", _F, _ZH, "assistant, calm and composed", "f4", 0.91, 0.95, 1.0),
    ("longwan", _F, _ZH, "assistant, gentle", "steph2", 0.95, 0.96, 1.0),
    ("longhua", _F, _ZH, "sweet lively girl", "f5", 1.2, 1.05, 1.14),
    ("loongstella", _F, _ZH, "brisk woman", "f1", 0.95, 1.08, 1.0),
    ("loongbella", _F, _ZH, "news, precise", "linda", 0.83, 1.06, 0.98),
    ("longcheng", _M, _ZH, "clever young man", "m1", 1.06, 1.04, 1.0),
    ("longshu", _M, _ZH, "steady young man", "m2", 0.96, 1.0, 1.0),
)
_QWEN_VOICES: tuple[_Row, ...] = (
    ("Cherry", _F, _QWEN, "sunny, friendly young woman", "f2", 1.08, 1.03, 1.02),
    ("Serena", _F, _QWEN, "gentle young woman", "f4", 1.02, 0.97, 1.0),
    ("Chelsie", _F, _QWEN, "soft, girlish", "f5", 1.12, 1.0, 1.06),
    ("Jennifer", _F, _QWEN, "American woman, cinematic", "f1", 0.96, 1.0, 1.0),
    ("Katerina", _F, _QWEN, "mature woman", "aunty", 0.9, 0.96, 0.98),
    ("Ethan", _M, _QWEN, "warm, lively young man", "m3", 1.05, 1.03, 1.0),
    ("Ryan", _M, _QWEN, "rhythmic, dramatic man", "m7", 1.0, 1.05, 1.0),
    ("Nofish", _M, _QWEN, "designer who speaks flat", "m2", 1.02, 1.0, 1.0),
    ("Dylan", _M, _ZH, "Beijing boy", "m6", 1.15, 1.05, 1.02),
    ("Jada", _F, _ZH, "brisk Shanghai woman", "f3", 0.92, 1.08, 1.0),
    ("Sunny", _F, _ZH, "sweet Sichuan girl", "f2", 1.18, 1.05, 1.06),
)
_SAMBERT: tuple[_Row, ...] = (
    ("sambert-zhichu-v1", _M, _ZH, "broadcast man", "m2", 0.95, 1.0, 1.0),
    ("sambert-zhinan-v1", _M, _ZH, "advertising man", "m1", 0.98, 1.03, 1.0),
    ("sambert-zhide-v1", _M, _ZH, "news man", "m6", 1.0, 1.05, 1.0),
    ("sambert-zhijia-v1", _F, _ZH, "standard woman", "f3", 0.94, 1.0, 1.0),
    ("sambert-zhiqi-v1", _F, _ZH, "gentle woman", "f4", 1.0, 0.96, 1.0),
    ("sambert-zhiru-v1", _F, _ZH, "news woman", "linda", 0.86, 1.05, 1.0),
    ("sambert-zhimiao-emo-v1", _F, _ZH, "woman of many emotions", "f2", 1.05, 1.0, 1.0),
    ("sambert-zhiyuan-v1", _F, _ZH, "motherly woman", "steph2", 0.9, 0.95, 0.98),
    ("sambert-zhiying-v1", _F, _ZH, "soft girl", "f5", 1.18, 1.0, 1.12),
    ("sambert-beth-v1", _F, ("en-us",), "American woman, consulting", "f1", 0.98, 1.0, 1.0),
    ("sambert-cindy-v1", _F, ("en-us",), "American woman, dialogue", "f2", 0.98, 1.03, 1.0),
    ("sambert-brian-v1", _M, ("en-us",), "American man, service", "m3", 0.98, 1.0, 1.0),
    ("sambert-camila-v1", _F, ("es", "en"), "Spanish woman", "f1", 1.0, 1.0, 1.0),
    ("sambert-perla-v1", _F, ("it", "en"), "Italian woman", "f2", 1.0, 1.0, 1.0),
    ("sambert-indah-v1", _F, ("id", "en"), "Indonesian woman", "f3", 1.0, 1.0, 1.0),
    ("sambert-clara-v1", _F, ("fr", "en"), "French woman", "f4", 1.0, 1.0, 1.0),
    ("sambert-hanna-v1", _F, ("de", "en"), "German woman", "f5", 1.0, 1.0, 1.0),
    ("sambert-waan-v1", _F, ("th", "en"), "Thai woman", "f1", 1.04, 1.0, 1.02),
)


def _voices(family: str, rows: tuple[_Row, ...]) -> dict[str, Voice]:
    return {
        name: Voice(name, family, sex, languages, description, variant, pitch, tempo, size)
        for name, sex, languages, description, variant, pitch, tempo, size in rows
    }


VOICES: dict[str, Voice] = {
    **_voices(_V3, _COSYVOICE_3),
    **_voices(_V2, _COSYVOICE_2),
    **_voices(_V1, _COSYVOICE_1),
    **_voices("qwen", _QWEN_VOICES),
    **_voices("sambert", _SAMBERT),
}
"""The known voices by name."""

MADE: dict[str, Voice] = {}
"""The voices that were created here, by id; the family of each is its model. See made_voices.py."""

_OTHERS = (("m1", _M), ("f1", _F), ("m2", _M), ("f2", _F), ("m3", _M), ("f3", _F),
           ("m6", _M), ("f4", _F), ("m7", _M), ("f5", _F))  # fmt: skip
_GENERATION = re.compile(r"cosyvoice-v(\d+)(?:\.(\d+))?")
_SUFFIX = re.compile(r"_v(\d+)$")


def known_voices() -> list[Voice]:
    """The known voices in the order of the vendor's list."""
    return list(VOICES.values())


def voice_named(name: str) -> Voice:
    """The voice of that name; for an unknown name a voice that is made up for it, always the same one."""
    known = VOICES.get(name) or MADE.get(name)
    if known is not None:
        return known
    number = zlib.crc32(name.encode())
    variant, sex = _OTHERS[number % len(_OTHERS)]
    pitch = 0.9 + 0.25 * (number // 16 % 26) / 25
    tempo = 0.96 + 0.1 * (number // 512 % 11) / 10
    return Voice(name, "", sex, _ZH, "not in the list", variant, pitch, tempo)


def suits(name: str, model: str) -> bool:
    """Whether the real service has that voice for that model; what is not in the list only a clone can be.

    A cloned or designed voice carries the name of its model at the beginning of its own.
    """
    if name in MADE:
        return MADE[name].family == model
    if name.startswith(model + "-"):
        return True
    voice = VOICES.get(name)
    generation = _GENERATION.match(model)
    if generation is None:
        return voice is not None and not voice.family.startswith("cosyvoice")
    if generation.group(2):
        return False  # v3.5 has no system voices
    if voice is not None:
        return voice.family == f"cosyvoice-v{generation.group(1)}"
    suffix = _SUFFIX.search(name)
    return name.startswith(("long", "loong")) and suffix is not None and suffix.group(1) == generation.group(1)
