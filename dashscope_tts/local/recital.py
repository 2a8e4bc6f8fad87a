"""A whole text spoken at once, for the HTTP routes: the parts in order, as they are ready."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from .encoder import Encoder
from .request import SpeechRequest
from .script import Script, Sentence
from .session import _sentence, _word
from .settings import ServiceSettings
from .speech import Speech, Studio

__all__ = ["Part", "Recital"]


@dataclass(frozen=True)
class Part:
    """A step of the recital.

    Attributes:
        type: ``sentence-begin``, ``sentence-synthesis`` or ``sentence-end``.
        text: the sentence.
        sentence: its index and, at its end, its words.
        audio: b"" but for a synthesis.
        characters: counted characters up to the end of this sentence.
    """

    type: str
    text: str
    sentence: dict[str, Any]
    audio: bytes = field(default=b"", repr=False)
    characters: int = 0


class Recital:
    """One text. Must be made on the event loop.

    Raises:
        Refusal: the text is too long, empty, or malformed SSML.
    """

    def __init__(self, text: str, request: SpeechRequest, settings: ServiceSettings, studio: Studio) -> None:
        self._request = request
        self._studio = studio
        self._script = Script(request, settings)
        self._script.add(text)
        self._script.close()
        self._encoder = Encoder(request.format, request.sample_rate, request.bit_rate)

    @property
    def model(self) -> str:
        return self._request.model

    @property
    def characters(self) -> int:
        """Counted characters of the text."""
        return self._script.characters

    async def whole(self) -> bytes:
        """All the audio."""
        return b"".join([part.audio async for part in self.parts()])

    async def parts(self) -> AsyncIterator[Part]:
        """The parts. Leaving early stops the engine."""
        index = 0
        while (sentence := self._script.next()) is not None:
            yield Part("sentence-begin", sentence.text, _sentence(index), characters=sentence.characters)
            words: list[dict[str, Any]] = []
            async for audio in self._audio_of(sentence, words):
                yield Part("sentence-synthesis", sentence.text, _sentence(index), audio, sentence.characters)
            yield Part("sentence-end", sentence.text, _sentence(index, words), characters=sentence.characters)
            index += 1

    async def _audio_of(self, sentence: Sentence, words: list[dict[str, Any]]) -> AsyncIterator[bytes]:
        speech = Speech(sentence.utterance, self._encoder, self._studio, self._is_last)
        try:
            async for piece in speech:
                if self._request.word_timestamps:
                    words += [_word(word, sentence) for word in piece.words]
                for frame in piece.frames:
                    yield frame
        finally:
            speech.cancel()  # says nothing where it is over

    def _is_last(self) -> bool:
        return not self._script.has_more
