"""What a speech engine is to the service: sentences in, pieces of audio and word times out.

The engine knows nothing of tasks, formats or sockets. It may take as long as it likes, on a worker thread of its
own; the service asks it for one sentence of each task at a time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["Chunk", "Emit", "Engine", "Prosody", "Span", "Utterance", "Word"]


@dataclass(frozen=True)
class Prosody:
    """How a stretch of text is to be spoken.

    ``voice`` is the name the client gave; ``rate`` and ``pitch`` are factors, 0.5 to 2.0, 1.0 the voice's own;
    ``volume`` is 0 (silent) to 100, 50 by default, linear in the amplitude.
    """

    voice: str
    rate: float = 1.0
    pitch: float = 1.0
    volume: float = 50.0


@dataclass(frozen=True)
class Span:
    """A stretch of a sentence that is spoken in one manner.

    Attributes:
        text: the stretch as it stands in the sentence.
        prosody: how to speak it.
        spoken: what is said instead of ``text``; None says ``text`` itself, "" says nothing.
        kind: how ``spoken`` is written: ``text``, ``pinyin`` (syllables with tone digits), ``arpabet`` (symbols of
            the CMU dictionary) or ``characters`` (one by one, punctuation by name).
        silence: seconds of silence after it.
    """

    text: str
    prosody: Prosody
    spoken: str | None = None
    kind: str = "text"
    silence: float = 0.0

    @property
    def said(self) -> str:
        """What is said: ``spoken`` where there is one, else ``text``."""
        return self.text if self.spoken is None else self.spoken


@dataclass(frozen=True)
class Utterance:
    """A sentence to be spoken.

    ``language`` is the client's hint (``zh``, ``en``, ``fr`` ...), "" where it gave none.
    """

    spans: tuple[Span, ...]
    language: str = ""

    @property
    def text(self) -> str:
        return "".join(span.text for span in self.spans)


@dataclass(frozen=True)
class Word:
    """When a word is heard: indexes into the utterance's text (end exclusive), seconds from its first sample."""

    begin_index: int
    end_index: int
    begin: float
    end: float


@dataclass(frozen=True)
class Chunk:
    """A piece of audio: 16-bit little-endian mono PCM at ``sample_rate`` Hz, to be multiplied by ``gain``.

    ``words`` are words whose times have become known; they come in order, and not before their audio's chunk.
    """

    pcm: bytes
    sample_rate: int
    gain: float = 1.0
    words: tuple[Word, ...] = field(default=())


Emit = Callable[[Chunk], bool]
"""Takes a chunk; False asks the engine to stop at once and return."""


class Engine(ABC):
    """Speaks sentences. ``workers`` is how many of them it can speak at the same time, each on its thread."""

    workers: int = 1

    @abstractmethod
    def speak(self, utterance: Utterance, emit: Emit) -> None:
        """Speak ``utterance``, handing each piece of audio to ``emit`` as soon as it is there.

        Called on a worker thread; returns when all audio has been handed over, or ``emit`` has returned False.
        """

    def close(self) -> None:
        """Give back what the engine holds; it is not used afterwards."""
        return
