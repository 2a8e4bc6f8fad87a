"""Which language a stretch of text is in, told from its script.

A sentence of mixed text is cut into runs of one script each, so that each is spoken by a voice of its language.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Run", "runs_of"]

# Script -> character ranges. Digits, punctuation, spaces and marks belong to no script and stay with their run.
_SCRIPTS: tuple[tuple[str, str], ...] = (
    ("han", "\u2e80-\u2fdf\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"),
    ("kana", "\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"),
    ("hangul", "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"),
    ("latin", "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff\uff21-\uff3a\uff41-\uff5a"),
    ("cyrillic", "\u0400-\u052f"),
    ("greek", "\u0370-\u03ff\u1f00-\u1fff"),
    ("thai", "\u0e01-\u0e3a\u0e40-\u0e4e"),
    ("arabic", "\u0621-\u064a\u066e-\u06d3"),
    ("hebrew", "\u05d0-\u05ea"),
    ("devanagari", "\u0900-\u097f"),
)
_SCRIPT = re.compile("|".join(f"(?P<{name}>[{ranges}])" for name, ranges in _SCRIPTS))

# The language a script is read in when nothing else is known.
_LANGUAGE_OF = {
    "han": "zh",
    "kana": "ja",
    "hangul": "ko",
    "latin": "en",
    "cyrillic": "ru",
    "greek": "el",
    "thai": "th",
    "arabic": "ar",
    "hebrew": "he",
    "devanagari": "hi",
}
_LATIN_LANGUAGES = frozenset(("en", "fr", "de", "pt", "id", "vi", "es", "it", "nl", "pl", "tr", "ms", "sv"))
# Letters that only Vietnamese writes: reason enough to leave English even without a hint.
_VIETNAMESE = re.compile("[\u0103\u0102\u0111\u0110\u01a1\u01a0\u01b0\u01af\u1ea0-\u1ef9]")
_SPEAKABLE = re.compile(r"[^\W_]")
# Signs that are read out as words; next to nothing else they still make a run speakable.
_SIGNS = re.compile(r"[$%€£¥&@#+=°℃]")


@dataclass(frozen=True)
class Run:
    """A stretch ``text[begin:end]`` that is all in one language."""

    language: str
    begin: int
    end: int


def _language(script: str, hint: str, text: str) -> str:
    if script == "latin":
        if hint in _LATIN_LANGUAGES:
            return hint
        return "vi" if _VIETNAMESE.search(text) else "en"
    if script == "han" and hint in ("zh", "yue", "nan"):
        return hint
    if script == "cyrillic" and hint in ("ru", "uk", "bg"):
        return hint
    return _LANGUAGE_OF[script]


def runs_of(text: str, hint: str = "", default: str = "zh") -> list[Run]:
    """Cut ``text`` into runs of one language.

    Args:
        text: plain text.
        hint: the language the client named; decides where the script leaves a choice, as for Latin letters.
        default: the language of text that has no letters at all, such as a number.

    Returns:
        The runs in order, covering the whole text; none where there is nothing to say in it.
    """
    if not (_SPEAKABLE.search(text) or _SIGNS.search(text)):
        return []
    runs: list[Run] = []
    begin, current = 0, ""
    for match in _SCRIPT.finditer(text):
        script = match.lastgroup or ""
        if script == current:
            continue
        if current:
            cut = _cut(text, begin, match.start())
            runs.append(Run(_language(current, hint, text), begin, cut))
            begin = cut
        current = script
    language = _language(current, hint, text) if current else (hint or default)
    runs.append(Run(language, begin, len(text)))
    return runs


def _cut(text: str, begin: int, end: int) -> int:
    """Where the run that began at ``begin`` gives way to the next, whose first letter is at ``end``.

    What opens a bracket or a quotation goes with the letter it encloses.
    """
    while end > begin + 1 and text[end - 1] in "([{<“‘「『《〈（【$€£¥@#":
        end -= 1
    return end
