"""What a speech engine is to the service: sentences in, pieces of audio and word times out.

The engine knows nothing of tasks, formats or sockets. It may take as long as it likes, on a worker thread of its
own; the service asks it for one sentence of each task at a time.
"""

from __future__ import annotations

import math
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace

__all__ = ["Chunk", "Emit", "Engine", "Phoneme", "Prosody", "Span", "Stop", "Utterance", "VoiceSample", "Word"]


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
class VoiceSample:
    """A recording of the voice to speak with, and what is said in it, "" where that is not known."""

    audio: bytes
    text: str = ""


@dataclass(frozen=True)
class Utterance:
    """A sentence to be spoken.

    ``language`` is the client's hint (``zh``, ``en``, ``fr`` ...), "" where it gave none; ``instruction`` what it
    said of the manner; ``sample`` a recording that goes before the name of the voice, for engines that
    take one; ``wants_phonemes`` asks engines that can for the sounds of each word.
    """

    spans: tuple[Span, ...]
    language: str = ""
    instruction: str = ""
    sample: VoiceSample | None = None
    wants_phonemes: bool = False

    @property
    def text(self) -> str:
        return "".join(span.text for span in self.spans)


@dataclass(frozen=True)
class Phoneme:
    """When a sound is heard, in seconds; ``tone`` is its tone, or its stress in a language without."""

    name: str
    begin: float
    end: float
    tone: int = 0


@dataclass(frozen=True)
class Word:
    """When a word is heard: indexes into the utterance's text (end exclusive), seconds from its first sample."""

    begin_index: int
    end_index: int
    begin: float
    end: float
    phonemes: tuple[Phoneme, ...] = ()

    def later(self, seconds: float) -> Word:
        """The same word in audio that has ``seconds`` of other audio in front."""
        phonemes = tuple(replace(p, begin=p.begin + seconds, end=p.end + seconds) for p in self.phonemes)
        return Word(self.begin_index, self.end_index, self.begin + seconds, self.end + seconds, phonemes)


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


class Stop:
    """Tells an engine that a sentence is not wanted any more, even while it waits for something else."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_set = False
        self._callbacks: list[Callable[[], None]] = []

    @property
    def is_set(self) -> bool:
        return self._is_set

    def on_set(self, callback: Callable[[], None]) -> None:
        """Have ``callback`` called, on the event loop's thread, which it must not hold up; at once if it is set."""
        with self._lock:
            if not self._is_set:
                self._callbacks.append(callback)
                return
        callback()

    def set(self) -> None:
        with self._lock:
            self._is_set = True
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()


class Engine(ABC):
    """Speaks sentences.

    Attributes:
        workers: how many of them it can speak at the same time, each on its thread.
        most_ahead: seconds of a sentence's audio that may wait for a client to read on; ``emit`` waits before more.
        takes_samples: whether it can speak with the voice of a recording.
        voice_names: the names it knows, as far as it can tell them; None for those of the vendor's list.
    """

    workers: int = 1
    most_ahead: float = math.inf
    takes_samples: bool = False
    voice_names: tuple[str, ...] | None = None

    @abstractmethod
    def speak(self, utterance: Utterance, emit: Emit) -> None:
        """Speak ``utterance``, handing each piece of audio to ``emit`` as soon as it is there.

        Called on a worker thread; returns when all audio has been handed over, or ``emit`` has returned False.
        """

    def perform(self, utterance: Utterance, emit: Emit, stop: Stop) -> None:
        """The same as ``speak``, for engines that wait for others: ``stop`` tells them when to give up."""
        self.speak(utterance, emit)

    def close(self) -> None:
        """Give back what the engine holds; it is not used afterwards."""
        return
