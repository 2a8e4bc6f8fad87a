"""Pronunciations that a client writes out: symbols of the CMU dictionary, and pinyin."""

from __future__ import annotations

import re

__all__ = ["arpabet_to_espeak", "is_pinyin"]

_ARPABET = {
    "AA": "A:", "AE": "a", "AH": "V", "AO": "O:", "AW": "aU", "AX": "@", "AY": "aI", "B": "b", "CH": "tS",
    "D": "d", "DH": "D", "EH": "E", "ER": "3:", "EY": "eI", "F": "f", "G": "g", "HH": "h", "IH": "I",
    "IY": "i:", "JH": "dZ", "K": "k", "L": "l", "M": "m", "N": "n", "NG": "N", "OW": "oU", "OY": "OI",
    "P": "p", "R": "r", "S": "s", "SH": "S", "T": "t", "TH": "T", "UH": "U", "UW": "u:", "V": "v",
    "W": "w", "Y": "j", "Z": "z", "ZH": "Z",
}  # fmt: skip
_STRESS = {"1": "'", "2": ","}
_SYLLABLE = re.compile(r"[a-züv:]+[1-5]", re.IGNORECASE)


def arpabet_to_espeak(symbols: str) -> str:
    """Symbols of the CMU dictionary (``HH AH0 L OW1``) as espeak's phoneme mnemonics; unknown ones are left out."""
    said = []
    for symbol in symbols.upper().split():
        name, stress = (symbol[:-1], symbol[-1]) if symbol[-1].isdigit() else (symbol, "")
        if name == "AH" and stress == "0":
            said.append("@")
        elif name in _ARPABET:
            said.append(_STRESS.get(stress, "") + _ARPABET[name])
    return "".join(said)


def is_pinyin(syllables: str) -> bool:
    """Whether it is pinyin as the service takes it: syllables with a tone 1 to 5 each, spaces between."""
    parts = syllables.split()
    return bool(parts) and all(_SYLLABLE.fullmatch(part) for part in parts)
