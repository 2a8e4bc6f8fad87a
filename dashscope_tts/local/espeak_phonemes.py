"""The sounds of words, as espeak-ng reports them, under the names and with the tones that Sambert gives them.

Chinese: initial and final of each syllable in pinyin with ``_c`` behind it (``j_c``, ``in_c``), tone 1 to 5. English:
symbols of the CMU dictionary with ``_e``, tone 0 (no stress), 1 (main stress) or 2. Source for the Chinese ones:
Sambert WebSocket API; how it names the English ones is not documented. Other languages: the engine's own mnemonics.
"""

from __future__ import annotations

import re
from dataclasses import replace

from .engine import Phoneme, Word
from .espeak_library import Mark

__all__ = ["Sounds"]

_VOWELS = tuple("aAeEiIoOuUyVY@3&0")
_STRESS = {"'": 1, ",": 2}
_SYLLABLE_END = "_|"
_SWITCH = re.compile(r"\(\w+\)")  # the engine goes over to another language, for a character it does not know
_TONES = {"zh": re.compile(r"214|55|51|35|21|11"), "yue": re.compile(r"[1-6]")}
_TONE_NUMBER = {"55": 1, "35": 2, "214": 3, "21": 3, "51": 4, "11": 5}
_NEUTRAL = 5

_INITIALS = {
    "p": "b", "ph": "p", "m": "m", "f": "f", "t": "d", "th": "t", "n": "n", "l": "l", "k": "g", "kh": "k", "X": "h",
    "tS;": "j", "tS;h": "q", "S;": "x", "ts.": "zh", "ts.h": "ch", "s.": "sh", "z.": "r", "ts": "z", "tsh": "c",
    "s": "s", "j": "y", "w": "w",
}  # fmt: skip
_FINALS = {
    "A": "a", "o": "o", "o-": "e", "uo": "uo", "ei": "ei", "ai": "ai", "Au": "ao", "ou": "ou", "an": "an",
    "@n": "en", "AN": "ang", "@N": "eng", "ong": "ong", "oN": "ong", "i": "i", "iE": "ie", "jAu": "iao",
    "iou": "iu", "iEn": "ian", "in": "in", "iAN": "iang", "iN": "ing", "jong": "iong", "iA": "ia", "u": "u",
    "wA": "ua", "uai": "uai", "wai": "uai", "uei": "ui", "wan": "uan", "u@n": "un", "wAN": "uang", "y": "v",
    "yE": "ve", "y&n": "van", "y@n": "vn", "i.": "i", "i[": "i", "@r": "er", "u@N": "eng", "An": "an", "@": "e",
}  # fmt: skip
# Behind y and w, which take the place of a final's first sound.
_SHORTENED = {
    "ie": "e", "ian": "an", "iu": "ou", "iang": "ang", "ia": "a", "iao": "ao", "iong": "ong", "un": "en",
    "uo": "o", "ua": "a", "uai": "ai", "uan": "an", "uang": "ang", "ui": "ei",
}  # fmt: skip
_ENGLISH = {
    "A:": "AA", "0": "AA", "A@": "AA", "a": "AE", "aa": "AE", "V": "AH", "@": "AH", "a#": "AH", "@2": "AH",
    "O:": "AO", "O": "AO", "O@": "AO", "o@": "AO", "aU": "AW", "aI": "AY", "aI@": "AY", "b": "B", "tS": "CH",
    "d": "D", "D": "DH", "E": "EH", "e@": "EH", "3": "ER", "3:": "ER", "eI": "EY", "f": "F", "g": "G", "h": "HH",
    "I": "IH", "I2": "IH", "I#": "IH", "i:": "IY", "i": "IY", "i@": "IH", "dZ": "JH", "k": "K", "l": "L", "@L": "L",
    "m": "M", "n": "N", "N": "NG", "oU": "OW", "OI": "OY", "p": "P", "r": "R", "s": "S", "S": "SH", "t": "T",
    "t#": "T", "t2": "T", "T": "TH", "U": "UH", "U@": "UH", "u:": "UW", "u": "UW", "v": "V", "w": "W", "j": "Y",
    "z": "Z", "Z": "ZH",
}  # fmt: skip


class Sounds:
    """Gathers the marks of one run of text, and gives each word its sounds.

    Args:
        language: of the run: ``zh``, ``zh-pinyin``, ``en`` ...
        mnemonics: the run in the engine's mnemonics, which have the tones that its marks lack.
    """

    def __init__(self, language: str, mnemonics: str) -> None:
        self._language = "zh" if language == "zh-pinyin" else language.partition("-")[0]
        self._tones = _tones_of(self._language, mnemonics)
        self._group = 0  # of sounds up to the end of a syllable, in which mnemonics and marks keep step
        self._marks: list[Mark] = []
        self._end: float | None = None

    def take(self, marks: list[Mark]) -> None:
        """More marks, in order."""
        self._marks += marks

    def tell(self, words: tuple[Word, ...], start: float, sample_rate: int) -> tuple[Word, ...]:
        """These words, the next in order, with their sounds; the marks up to the end of each are used up."""
        return tuple(self._told(word, start, sample_rate) for word in words)

    def _told(self, word: Word, start: float, sample_rate: int) -> Word:
        def seconds(sample: int) -> float:
            return min(max(start + sample / sample_rate, word.begin), word.end)

        count = sum(1 for mark in self._marks if start + mark.sample / sample_rate < word.end - 1e-6)
        marks, following = self._marks[:count], self._marks[count:]
        if following and following[0].phoneme == _SYLLABLE_END:
            following = following[1:]
        self._marks = following
        sounds: list[_Sound] = []
        groups: list[list[_Sound]] = [[]]
        for mark in marks:
            if sounds and sounds[-1].end is None:
                sounds[-1].end = seconds(mark.sample)
            if mark.phoneme == _SYLLABLE_END:
                groups.append([])
            elif not mark.is_pause and _SWITCH.sub("", mark.phoneme).strip("',;"):
                sounds.append(_Sound(_SWITCH.sub("", mark.phoneme), seconds(mark.sample)))
                groups[-1].append(sounds[-1])
        if sounds and sounds[-1].end is None:
            sounds[-1].end = word.end
        phonemes = [phoneme for group in groups if group for phoneme in self._named(group)]
        return replace(word, phonemes=tuple(phonemes))

    def _named(self, group: list[_Sound]) -> list[Phoneme]:
        tones = self._tones[self._group] if self._group < len(self._tones) else []
        self._group += 1
        if self._language == "zh":
            phonemes = []
            for number, syllable in enumerate(_syllables(group)):
                phonemes += _pinyin(syllable, tones[number] if number < len(tones) else _NEUTRAL)
            return phonemes
        tone = tones[0] if tones else None
        return [sound.phoneme(self._name(sound.name), sound.stress if tone is None else tone) for sound in group]

    def _name(self, mnemonic: str) -> str:
        if self._language != "en" or mnemonic not in _ENGLISH:
            return mnemonic
        return f"{_ENGLISH[mnemonic]}_e"


class _Sound:
    """One sound: the engine's mnemonic, its stress, seconds."""

    def __init__(self, mnemonic: str, begin: float) -> None:
        self.stress = _STRESS.get(mnemonic[0], 0)
        self.name = mnemonic.lstrip("',")
        self.begin = begin
        self.end: float | None = None

    @property
    def is_vowel(self) -> bool:
        return self.name.startswith(_VOWELS)

    def phoneme(self, name: str, tone: int) -> Phoneme:
        return Phoneme(name, self.begin, self.begin if self.end is None else self.end, tone)


def _tones_of(language: str, mnemonics: str) -> list[list[int]]:
    """The tones of each group of syllables."""
    pattern = _TONES.get(language)
    if pattern is None:
        return []
    groups = [pattern.findall(_SWITCH.sub("", group)) for group in mnemonics.split(_SYLLABLE_END) if group.strip()]
    return [[_TONE_NUMBER.get(tone, 0) or int(tone) for tone in group] for group in groups]


def _syllables(group: list[_Sound]) -> list[list[_Sound]]:
    """Cut sounds into syllables: each has one vowel, and nothing but n or ng behind it."""
    syllables: list[list[_Sound]] = [[]]
    for index, sound in enumerate(group):
        has_vowel = any(known.is_vowel for known in syllables[-1])
        closes = sound.name in ("n", "N") and not (index + 1 < len(group) and group[index + 1].is_vowel)
        if has_vowel and not closes:
            syllables.append([])
        syllables[-1].append(sound)
    return syllables


def _pinyin(syllable: list[_Sound], tone: int) -> list[Phoneme]:
    """Initial and final."""
    first = syllable[0]
    initial = _INITIALS.get(first.name) if len(syllable) > 1 and not first.is_vowel else None
    rest = syllable[1:] if initial else syllable
    key = "".join(sound.name for sound in rest)
    final = _FINALS.get(key, key)
    if initial in ("y", "w"):
        final = _SHORTENED.get(final, final)
    phonemes = [first.phoneme(f"{initial}_c", tone)] if initial else []
    last = rest[-1].end
    phonemes.append(Phoneme(f"{final}_c", rest[0].begin, rest[0].begin if last is None else last, tone))
    return phonemes
