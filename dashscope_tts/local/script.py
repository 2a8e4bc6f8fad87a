"""The script of a task: the text it was given, as sentences to be spoken one after another."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ..protocol import count_characters
from ..protocol.text import is_ssml
from .engine import Span, Utterance
from .refusals import Refusal
from .request import SpeechRequest
from .sentences import SentenceSplitter
from .settings import ServiceSettings
from .ssml import read_ssml

__all__ = ["Script", "Sentence"]

# A sentence with more silence than this ends at the break, so that no sentence grows without bounds.
_MOST_SILENCE = 10.0

# Marks of Markdown that are not to be read: whole matches, or the groups where there are any.
_MARKDOWN = re.compile(
    r"^\s*(?:#{1,6}\s+|[-*+]\s+|>\s*|(?:[-*_]\s*){3,}$|`{3,}\w*)"
    r"|!?(\[)[^\]\n]*(\]\([^)\s]*(?:\s[^)]*)?\))"
    r"|\*{1,3}(?=\S)|(?<=\S)\*{1,3}|(?<!\w)_{1,3}(?=\S)|(?<=\S)_{1,3}(?!\w)|~~|`+|\|"
)


@dataclass(frozen=True)
class Sentence:
    """A sentence to be spoken.

    Attributes:
        text: as the client wrote it, without the spaces around it.
        utterance: the same for the engine, with the spaces.
        characters: counted characters of the task's text up to the end of this sentence.
    """

    text: str
    utterance: Utterance
    characters: int

    @property
    def lead(self) -> int:
        """How many spaces were left out in front of ``text``."""
        whole = self.utterance.text
        return len(whole) - len(whole.lstrip())


class Script:
    """Takes fragments of text, gives sentences. Knows nothing of time.

    Raises (from ``add`` and ``close``):
        Refusal: too much text, a second text with SSML on, malformed SSML, no text at all.
    """

    def __init__(self, request: SpeechRequest, settings: ServiceSettings) -> None:
        self._request = request
        self._settings = settings
        self._splitter = SentenceSplitter(settings.max_sentence_characters)
        self._sentences: deque[Sentence] = deque()
        self._texts = 0
        self._has_text = False
        self._consumed = 0
        self.characters = 0
        """Counted characters taken so far."""
        self.is_closed = False
        """Whether no more text comes."""

    @property
    def is_settling(self) -> bool:
        """Whether the last sentence would be complete if nothing more came."""
        return self._splitter.is_settling

    @property
    def rest(self) -> str:
        """The text that no sentence has been made of yet."""
        return self._splitter.rest

    @property
    def has_more(self) -> bool:
        """Whether a sentence is ready."""
        return bool(self._sentences)

    def next(self) -> Sentence | None:
        """The next sentence, if one is complete."""
        return self._sentences.popleft() if self._sentences else None

    def add(self, text: str) -> None:
        """Take a fragment."""
        limits = self._settings
        # JSON can hold half a surrogate pair, which nothing that follows could write.
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if self._request.enable_ssml and text:
            self._texts += 1
            if self._texts > 1:
                raise Refusal.too_many_texts()
        count = count_characters(text)
        if count > limits.max_message_characters:
            raise Refusal.too_long("Text of one message", count, limits.max_message_characters)
        if self.characters + count > limits.max_task_characters:
            raise Refusal.too_long(
                "Text of one task", self.characters + count, limits.max_task_characters
            )
        self.characters += count
        self._has_text = self._has_text or bool(text.strip())
        if self._request.enable_ssml and is_ssml(text):
            if self._settings.strict and self._request.model == "cosyvoice-v1":
                raise Refusal.ssml_not_supported()
            spans = read_ssml(text, self._request.prosody)
            self._put(_sentences_of(spans, SentenceSplitter(limits.max_sentence_characters)))
        else:
            self._put([Span(part, self._request.prosody)] for part in self._splitter.feed(text))

    def flush(self) -> None:
        """Make a sentence of the rest."""
        self._put([Span(part, self._request.prosody)] for part in self._splitter.flush())

    def close(self) -> None:
        """No more text comes."""
        if not self._has_text:
            raise Refusal.no_text()
        self.is_closed = True
        self.flush()

    def _put(self, sentences: Iterable[list[Span]]) -> None:
        for spans in sentences:
            text = "".join(span.text for span in spans)
            self._consumed += count_characters(text)
            if not text.strip() and not any(span.silence for span in spans):
                continue
            request = self._request
            utterance = Utterance(tuple(self._fixed(spans)), request.language, request.instruction, request.sample)
            self._sentences.append(Sentence(text.strip(), utterance, self._consumed))

    def _fixed(self, spans: Iterable[Span]) -> Iterator[Span]:
        """The spans after the hot fixes and the Markdown filter, which touch only what is read as it stands."""
        request = self._request
        fixes = {**request.replacements, **request.pronunciations}
        words = "|".join(re.escape(word) for word in sorted(fixes, key=len, reverse=True))
        pattern = re.compile(words, re.IGNORECASE) if words else None
        for span in spans:
            if span.spoken is not None or not span.text:
                yield span
                continue
            for part in _without_markdown(span) if request.markdown_filter else (span,):
                if part.spoken is None and pattern is not None:
                    yield from self._hot_fixed(part, pattern)
                else:
                    yield part

    def _hot_fixed(self, span: Span, pattern: re.Pattern[str]) -> Iterator[Span]:
        pinyin = {word.lower(): said for word, said in self._request.pronunciations.items()}
        replaced = {word.lower(): said for word, said in self._request.replacements.items()}
        done = 0
        for match in pattern.finditer(span.text):
            if match.start() > done:
                yield replace(span, text=span.text[done : match.start()], silence=0.0)
            word = match.group().lower()
            said, kind = (pinyin[word], "pinyin") if word in pinyin else (replaced[word], "text")
            yield Span(match.group(), span.prosody, spoken=said, kind=kind)
            done = match.end()
        if done < len(span.text) or span.silence:
            yield replace(span, text=span.text[done:])


def _without_markdown(span: Span) -> Iterator[Span]:
    done = 0
    for match in _MARKDOWN.finditer(span.text):
        marks = [match.span(group) for group in (1, 2) if match.start(group) >= 0] or [match.span()]
        for begin, end in marks:
            if begin > done:
                yield replace(span, text=span.text[done:begin], silence=0.0)
            yield Span(span.text[begin:end], span.prosody, spoken="")
            done = end
    if done < len(span.text) or span.silence:
        yield replace(span, text=span.text[done:])


def _sentences_of(spans: list[Span], splitter: SentenceSplitter) -> Iterator[list[Span]]:
    """Cut the spans of a document where its text has sentences; a span that is read otherwise stays whole."""
    text = "".join(span.text for span in spans)
    ends = set()
    at = 0
    for part in [*splitter.feed(text), *splitter.flush()]:
        at += len(part)
        ends.add(at)
    sentence: list[Span] = []
    at, silence = 0, 0.0
    for span in spans:
        begin, at = at, at + len(span.text)
        done = 0
        if span.spoken is None:
            for end in sorted(end - begin for end in ends if begin < end < at):
                yield [*sentence, replace(span, text=span.text[done:end], silence=0.0)]
                sentence, silence, done = [], 0.0, end
        sentence.append(replace(span, text=span.text[done:]) if done else span)
        silence += span.silence
        if silence > _MOST_SILENCE or (at in ends and span.text):
            yield sentence
            sentence, silence = [], 0.0
    if sentence:
        yield sentence
