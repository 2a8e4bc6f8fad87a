"""Speech Synthesis Markup, as far as CosyVoice takes it: a document in, stretches of text with their manner out.

Source: CosyVoice SSML. Tags: ``speak``, ``break``, ``sub``, ``phoneme``, ``say-as``; the text of unknown tags is
kept, ``soundEvent`` and the attributes ``effect`` and ``bgm`` are accepted and do nothing.
"""

from __future__ import annotations

import re
from dataclasses import replace
from xml.parsers import expat

from .engine import Prosody, Span
from .phonemes import is_pinyin
from .refusals import Refusal
from .say_as import said_as

__all__ = ["read_ssml"]

_SPACE = re.compile(r"\s+")
_TIME = re.compile(r"(\d+(?:\.\d+)?)(ms|s)")
_LONGEST_BREAK = 10.0
_SHORTEST_BREAK = 0.05
_DEFAULT_BREAK = 1.0
_TEXT_ONLY = frozenset(("sub", "phoneme", "say-as"))


def read_ssml(document: str, prosody: Prosody) -> list[Span]:
    """Read one or more ``<speak>`` elements side by side.

    Args:
        document: the markup.
        prosody: the request's manner of speaking; attributes of ``<speak>`` override it.

    Raises:
        Refusal: not well-formed, or a tag is used against its rules; the message says where and why.
    """
    if "<!DOCTYPE" in document or "<!ENTITY" in document:
        raise Refusal.ssml("a document type declaration is not allowed")
    reader = _Reader(prosody)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    root = "<ssml>"
    try:
        parser.Parse(f"{root}{document}</ssml>".encode(), True)
    except expat.ExpatError as error:
        column = error.offset - (len(root) if error.lineno == 1 else 0) + 1
        reason = expat.errors.messages.get(error.code, str(error))
        raise Refusal.ssml(f"{reason} at line {error.lineno}, column {max(1, column)}") from None
    return reader.spans


class _Reader:
    """Gathers the spans while the parser walks the document."""

    def __init__(self, prosody: Prosody) -> None:
        self.spans: list[Span] = []
        self._request = prosody
        self._prosody = prosody
        self._open: list[str] = []
        self._special: tuple[str, dict[str, str]] | None = None
        self._special_text = ""
        self._has_chinese = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._open:
            self._open.append(name)  # the root that was put around the document
            return
        if self._special is not None:
            raise Refusal.ssml(f"<{self._special[0]}> may contain only text, not <{name}>")
        if self._open[-1] == "break":
            raise Refusal.ssml("<break> must be empty")
        if name == "speak":
            if "speak" in self._open:
                raise Refusal.ssml("<speak> must not be nested")
            self._prosody = _prosody(self._request, attributes)
        elif "speak" not in self._open:
            raise Refusal.ssml(f"<{name}> must be inside <speak>")
        elif name == "break":
            self._break(attributes.get("time"))
        elif name in _TEXT_ONLY:
            self._special, self._special_text = (name, attributes), ""
        self._open.append(name)

    def end(self, name: str) -> None:
        self._open.pop()
        if self._special is not None and name == self._special[0]:
            (name, attributes), self._special = self._special, None
            text = _SPACE.sub(" ", self._special_text)
            self.spans.append(_special(name, attributes, text, self._prosody, self._has_chinese))
        elif name == "speak":
            # What follows is another document: it does not go on with this one's last word.
            self._add(" ")

    def text(self, data: str) -> None:
        self._has_chinese = self._has_chinese or any("一" <= character <= "鿿" for character in data)
        if self._special is not None:
            self._special_text += data
        elif "speak" in self._open:
            if self._open[-1] == "break" and data.strip():
                raise Refusal.ssml("<break> must be empty")
            self._add(_SPACE.sub(" ", data))
        elif data.strip():
            raise Refusal.ssml("text must be inside <speak>")

    def _add(self, text: str) -> None:
        last = self.spans[-1] if self.spans else None
        if text.startswith(" ") and (last is None or last.text.endswith(" ")):
            text = text[1:]
        if not text:
            return
        if last is not None and last.spoken is None and last.prosody == self._prosody and not last.silence:
            self.spans[-1] = replace(last, text=last.text + text)
        else:
            self.spans.append(Span(text, self._prosody))

    def _break(self, time: str | None) -> None:
        seconds = _DEFAULT_BREAK
        if time is not None:
            match = _TIME.fullmatch(time.strip())
            if match is None:
                raise Refusal.ssml(f"the time of <break> must be like '2s' or '500ms', not {time[:20]!r}")
            seconds = float(match.group(1)) / (1000 if match.group(2) == "ms" else 1)
            seconds = min(_LONGEST_BREAK, max(_SHORTEST_BREAK, seconds))
        for index in range(len(self.spans) - 1, -1, -1):
            span = self.spans[index]
            if span.silence:
                # Neighbouring breaks add up, with no more than spaces between them.
                self.spans[index] = replace(span, silence=min(_LONGEST_BREAK, span.silence + seconds))
                return
            if span.text.strip():
                break
        self.spans.append(Span("", self._prosody, silence=seconds))


def _prosody(request: Prosody, attributes: dict[str, str]) -> Prosody:
    return Prosody(
        voice=attributes.get("voice") or request.voice,
        rate=_attribute(attributes, "rate", 0.5, 2.0, request.rate),
        pitch=_attribute(attributes, "pitch", 0.5, 2.0, request.pitch),
        volume=_attribute(attributes, "volume", 0, 100, request.volume),
    )


def _attribute(attributes: dict[str, str], name: str, least: float, most: float, default: float) -> float:
    value = attributes.get(name)
    if value is None:
        return default
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not least <= number <= most:
        raise Refusal.ssml(f"{name} of <speak> must be in the range [{least:g}, {most:g}], not {value[:20]!r}")
    return number


def _special(name: str, attributes: dict[str, str], text: str, prosody: Prosody, chinese: bool) -> Span:
    def required(attribute: str) -> str:
        value = attributes.get(attribute)
        if not value:
            raise Refusal.ssml(f"<{name}> needs the attribute {attribute}")
        return value

    if name == "sub":
        return Span(text, prosody, spoken=required("alias"))
    if name == "phoneme":
        alphabet, said = required("alphabet"), required("ph")
        if alphabet not in ("py", "cmu"):
            raise Refusal.ssml(f"the alphabet of <phoneme> must be 'py' or 'cmu', not {alphabet[:20]!r}")
        if alphabet == "py" and not is_pinyin(said):
            raise Refusal.ssml("ph of <phoneme> must be syllables with a tone 1 to 5 each, like 'zhong4 yao4'")
        return Span(text, prosody, spoken=said, kind="pinyin" if alphabet == "py" else "arpabet")
    kind, said = said_as(required("interpret-as"), text, chinese)
    return Span(text, prosody, spoken=said, kind=kind)
