"""Cutting text that comes in fragments into sentences, as early as can be told.

Source: CosyVoice Python SDK, ``streaming_call``: whole sentences are synthesized at once, the rest at the end or at
a flush. Where exactly the service cuts is not documented.
"""

from __future__ import annotations

import re

from ..protocol import count_characters

__all__ = ["SentenceSplitter"]

_CJK_ENDS = "。！？；｡"
_LATIN_ENDS = ".!?;…"
_ENDS = frozenset(_CJK_ENDS + _LATIN_ENDS + "\n")
_CLOSERS = frozenset("\"'”’»›)]}）】》〉」』〕")
_COMMAS = frozenset(",，、:：—–)）")
_ABBREVIATIONS = frozenset((
    "mr", "mrs", "ms", "dr", "prof", "st", "sr", "jr", "vs", "etc", "fig", "no", "vol", "ed", "eds",
    "inc", "ltd", "co", "corp", "dept", "est", "approx", "al", "cf", "ca", "jan", "feb", "mar", "apr",
    "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "gen", "col", "sgt", "capt", "lt", "rev",
    "hon", "mt", "ave", "blvd", "rd", "e.g", "i.e", "a.m", "p.m", "u.s", "u.k", "ph.d", "z.b", "bzw",
    "usw",
))  # fmt: skip
_WORD_BEFORE = re.compile(r"[^\W_]+(?:\.[^\W_]+)*$")


class SentenceSplitter:
    """Takes fragments, gives sentences.

    Args:
        longest: counted characters after which a sentence is cut at a comma or a space.
    """

    def __init__(self, longest: int = 200) -> None:
        self._longest = longest
        self._text = ""
        self._scanned = 0  # no sentence ends before this index

    @property
    def rest(self) -> str:
        """The text that no sentence has been made of yet."""
        return self._text

    @property
    def is_settling(self) -> bool:
        """Whether the text stops where a sentence may well end, and only what follows could tell."""
        text = self._text.rstrip(" \t")
        return bool(text.strip()) and text.rstrip("".join(_CLOSERS))[-1:] in _ENDS

    def feed(self, fragment: str) -> list[str]:
        """Add a fragment; the sentences that are complete now, exactly as they were written."""
        self._text += fragment
        sentences = []
        while True:
            end = self._end()
            if end is None:
                break
            sentences.append(self._take(end))
        return sentences

    def flush(self) -> list[str]:
        """All the rest, a whole sentence or not."""
        rest, self._text, self._scanned = self._text, "", 0
        return [rest] if rest else []

    def _take(self, end: int) -> str:
        sentence, self._text, self._scanned = self._text[:end], self._text[end:], 0
        return sentence

    def _end(self) -> int | None:
        """The index after the first sentence, with the spaces that follow it; None where there is none yet."""
        text = self._text
        limit = self._longest_prefix()
        index = self._scanned
        while index < min(limit, len(text)):
            if text[index] in _ENDS and text[:index].strip():
                end = self._end_at(index)
                if end is None:
                    self._scanned = index
                    return None
                if end > 0:
                    return end
            index += 1
        if limit < len(text):
            return self._cut(limit)
        self._scanned = index
        return None

    def _end_at(self, index: int) -> int | None:
        """The end of a sentence whose last sign is at ``index``; 0 if it goes on, None if more text must tell."""
        text = self._text
        if text[index] == "\n":
            return index + 1
        end = index + 1
        while end < len(text) and text[end] in _ENDS and text[end] != "\n":
            end += 1
        signs = text[index:end]
        while end < len(text) and text[end] in _CLOSERS and self._closes(end):
            end += 1
        if end == len(text):
            # A quotation mark may follow, or the digits of a decimal.
            return None
        if signs[-1] in _CJK_ENDS or signs[0] in _CJK_ENDS:
            return self._with_spaces(end)
        if not text[end].isspace():
            # 3.14, example.com, "?!x"; but Chinese writers put no space after a full stop.
            return end if ord(text[end]) > 0x2E7F and signs != ";" else 0
        if signs == "." and self._is_abbreviation(index):
            return 0
        return self._with_spaces(end)

    def _closes(self, index: int) -> bool:
        """Whether a straight quotation mark at ``index`` ends a quotation rather than beginning the next."""
        text = self._text
        if text[index] not in "\"'":
            return True
        return text[:index].count(text[index]) % 2 == 1

    def _with_spaces(self, end: int) -> int:
        while end < len(self._text) and self._text[end].isspace() and self._text[end - 1] != "\n":
            end += 1
        return end

    def _is_abbreviation(self, index: int) -> bool:
        match = _WORD_BEFORE.search(self._text[max(0, index - 24) : index])
        if match is None:
            return False
        word = match.group()
        if word.isdigit():
            # "1." at the beginning of a line numbers it.
            return not self._text[: index - len(word)].strip()
        return word.lower() in _ABBREVIATIONS or (len(word) == 1 and word.isupper() and word != "I")

    def _longest_prefix(self) -> int:
        text = self._text
        if len(text) * 2 <= self._longest:
            return len(text)
        count = 0
        for index, character in enumerate(text):
            count += count_characters(character)
            if count > self._longest:
                return index
        return len(text)

    def _cut(self, limit: int) -> int:
        """Where to cut a sentence that is too long: after a comma, else after a space, else anywhere."""
        least = limit // 3
        for signs in (_COMMAS, frozenset(" \t\u3000")):
            for index in range(limit - 1, least, -1):
                if self._text[index] not in signs:
                    continue
                between = self._text[index - 1 : index + 2]
                if len(between) == 3 and between[0].isdigit() and between[2].isdigit():
                    continue
                return self._with_spaces(index + 1)
        return limit
