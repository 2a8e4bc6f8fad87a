"""The built-in engine: espeak-ng in this process.

It speaks about a thousand times faster than real time, in a voice of the text's language for each run of script.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass

from .engine import Chunk, Emit, Engine, Span, Utterance, Word
from .espeak_library import EspeakLibrary, Mark, library
from .espeak_phonemes import Sounds
from .language import Run, runs_of
from .phonemes import arpabet_to_espeak
from .voices import Voice, voice_named

__all__ = ["EspeakEngine"]

_WORDS_PER_MINUTE = 175
_SLOWEST, _FASTEST = 80, 449
# The engine's voices by language; one that is not here is asked for by its own name.
_ESPEAK_VOICE = {
    "zh": "cmn",
    "zh-pinyin": "cmn-latn-pinyin",
    "nan": "cmn",
    "en": "en-us",
    "en-gb": "en",
    "pt": "pt-br",
}
# What espeak's pitch parameter p does, as measured, from 1 to 99: the pitch is multiplied by 2 ** ((p - 50) / this).
_PITCH_STEPS_PER_OCTAVE = 67.0
_CLAUSE_END = tuple(",，、;；:：—….!?。！？")
_CLAUSE_PAUSE = 0.15
_SENTENCE_PAUSE = 0.3
_SILENCE_PIECE = 0.1
# What ends a word that the engine reports with its first character only.
_BREAK = frozenset(" \t\n,.!?;:，。！？；：、…—“”‘’\"'()（）《》〈〉【】[]「」『』")


class EspeakEngine(Engine):
    """Speaks with espeak-ng. One worker: the library can speak only one text at a time."""

    workers = 1

    def __init__(self) -> None:
        self._memory = _Memory()

    def speak(self, utterance: Utterance, emit: Emit) -> None:
        remembered = self._memory.recall(utterance)
        if remembered is not None:
            for chunk in remembered:
                if not emit(chunk):
                    return
            return
        chunks: list[Chunk] = []

        def emit_and_keep(chunk: Chunk) -> bool:
            chunks.append(chunk)
            return emit(chunk)

        if self._speak(utterance, emit_and_keep):
            self._memory.keep(utterance, chunks)

    def _speak(self, utterance: Utterance, emit: Emit) -> bool:
        """Speak it anew; whether it was spoken to the end."""
        espeak = library()
        speech = _Speech(espeak, utterance, emit)
        spoken = [index for index, span in enumerate(utterance.spans) if span.said.strip()]
        last = spoken[-1] if spoken else -1
        for index, span in enumerate(utterance.spans):
            if not speech.say(span, is_last=index == last):
                return False
            if not speech.rest(span.silence, espeak.sample_rate):
                return False
        return True


_Key = tuple[Utterance, tuple[Voice, ...]]


def _key(utterance: Utterance) -> _Key:
    """With the voices, as a voice that was created here may be given another recording."""
    return utterance, tuple(voice_named(span.prosody.voice) for span in utterance.spans)


class _Memory:
    """What was said lately, to be said again exactly so.

    The library's voices flutter and breathe, and never speak the same samples twice; no seed of it undoes that.
    """

    def __init__(self, limit: int = 16 * 1024 * 1024) -> None:
        self._limit = limit
        self._size = 0
        self._spoken: OrderedDict[_Key, list[Chunk]] = OrderedDict()

    def recall(self, utterance: Utterance) -> list[Chunk] | None:
        key = _key(utterance)
        chunks = self._spoken.get(key)
        if chunks is not None:
            self._spoken.move_to_end(key)
        return chunks

    def keep(self, utterance: Utterance, chunks: list[Chunk]) -> None:
        self._spoken[_key(utterance)] = chunks
        self._size += _bytes(chunks)
        while self._size > self._limit:
            self._size -= _bytes(self._spoken.popitem(last=False)[1])


def _bytes(chunks: list[Chunk]) -> int:
    return sum(len(chunk.pcm) for chunk in chunks)


@dataclass(frozen=True)
class _Manner:
    """The settings of the library that come nearest to a span's prosody.

    ``stretch`` is what is left to be done by playing the samples faster: a factor on the sample rate.
    """

    words_per_minute: int
    pitch: int
    stretch: float


def _manner(span: Span, voice: Voice) -> _Manner:
    wanted = voice.pitch * span.prosody.pitch
    pitch = min(99, max(1, round(50 + _PITCH_STEPS_PER_OCTAVE * math.log2(wanted))))
    reached = 2 ** ((pitch - 50) / _PITCH_STEPS_PER_OCTAVE)
    stretch = voice.size
    if not 0.98 < wanted / reached < 1.02:
        stretch *= wanted / reached
    speed = _WORDS_PER_MINUTE * voice.tempo * span.prosody.rate / stretch
    if not _SLOWEST <= speed <= _FASTEST:
        stretch *= speed / min(_FASTEST, max(_SLOWEST, speed))
        speed = min(_FASTEST, max(_SLOWEST, speed))
    return _Manner(round(speed), pitch, stretch)


class _Speech:
    """An utterance on its way: where it has got to in the text and in time."""

    def __init__(self, espeak: EspeakLibrary, utterance: Utterance, emit: Emit) -> None:
        self._espeak = espeak
        self._utterance = utterance
        self._emit = emit
        texts = runs_of(utterance.text, utterance.language, default="")
        self._language = texts[0].language if texts else ""  # of text that does not tell, such as a number
        self._index = 0  # of the next span's first character in the utterance
        self._seconds = 0.0  # of audio emitted

    def say(self, span: Span, *, is_last: bool) -> bool:
        """Speak a span; False when the receiver has had enough."""
        voice = voice_named(span.prosody.voice)
        begin, self._index = self._index, self._index + len(span.text)
        if span.kind == "arpabet":
            text = f"[[{arpabet_to_espeak(span.said)}]]"
            runs = [Run("en", 0, len(text))]
        elif span.kind == "pinyin":
            text, runs = span.said, [Run("zh-pinyin", 0, len(span.said))]
        else:
            text = span.said
            default = self._language or voice.languages[0]
            runs = runs_of(text, self._utterance.language, default=default)
            if not runs and span.kind == "characters" and text.strip():
                runs = [Run(default, 0, len(text))]
            if runs and span.kind == "text":
                self._language = runs[-1].language
        whole = span.spoken is not None or span.kind != "text"
        for run in runs:
            words = _Words(text, run, begin, (begin, self._index) if whole else None)
            if not self._run(span, voice, run, text[run.begin : run.end], words, is_last and run is runs[-1]):
                return False
        return True

    def rest(self, seconds: float, sample_rate: int) -> bool:
        """Be silent for that long."""
        while seconds > 0:
            piece = min(seconds, _SILENCE_PIECE)
            samples = round(piece * sample_rate)
            if not self._emit(Chunk(bytes(2 * samples), sample_rate)):
                return False
            self._seconds += samples / sample_rate
            seconds -= piece
        return True

    def _run(self, span: Span, voice: Voice, run: Run, text: str, words: _Words, is_last: bool) -> bool:
        manner = _manner(span, voice)
        sample_rate = round(self._espeak.sample_rate * manner.stretch)
        gain = span.prosody.volume / 100
        start, samples = self._seconds, 0
        espeak_voice = f"{_espeak_voice(run.language, voice)}+{voice.variant}"
        sounds = self._sounds(run, text, espeak_voice)

        def receive(pcm: bytes, marks: list[Mark]) -> bool:
            nonlocal samples
            samples += len(pcm) // 2
            known = words.take(marks, start, sample_rate)
            if sounds is not None:
                sounds.take(marks)
                known = sounds.tell(known, start, sample_rate)
            return self._emit(Chunk(pcm, sample_rate, gain, known))

        done = self._espeak.speak(
            text,
            receive,
            voice=espeak_voice,
            words_per_minute=manner.words_per_minute,
            pitch=manner.pitch,
            phonemes=span.kind == "arpabet",
            punctuation=span.kind == "characters",
        )
        self._seconds = start + samples / sample_rate
        known = words.rest(start, self._seconds, sample_rate)
        if sounds is not None:
            known = sounds.tell(known, start, sample_rate)
        if done and known:
            done = self._emit(Chunk(b"", sample_rate, gain, known))
        pause = _SENTENCE_PAUSE if is_last else _CLAUSE_PAUSE if text.rstrip().endswith(_CLAUSE_END) else 0.0
        if done:
            # The library's own pauses do not keep step with the rate.
            done = self.rest(pause / (voice.tempo * span.prosody.rate), self._espeak.sample_rate)
        return done

    def _sounds(self, run: Run, text: str, espeak_voice: str) -> Sounds | None:
        if not self._utterance.wants_phonemes:
            return None
        return Sounds(run.language, self._espeak.mnemonics(text, voice=espeak_voice))


def _espeak_voice(language: str, voice: Voice) -> str:
    if language == "en":
        english = [known for known in voice.languages if known.startswith("en-")]
        if english:
            language = english[0]
    if language == "zh" and voice.languages[0] == "yue":
        return "yue"
    return _ESPEAK_VOICE.get(language, language)


class _Words:
    """Gathers the engine's marks into words.

    The engine tells where each word begins. It ends where the next begins, or at the pause before that. A word of
    several ideographs is reported with its first one only; it reaches to the next word.
    """

    def __init__(self, text: str, run: Run, offset: int, whole: tuple[int, int] | None) -> None:
        self._text = text[run.begin : run.end]
        self._offset = offset + run.begin
        self._whole = whole
        self._position = -1
        self._begin = 0
        self._end: int | None = None  # where a pause began after the word's last sound

    def take(self, marks: list[Mark], start: float, sample_rate: int) -> tuple[Word, ...]:
        """The words that end with these marks."""
        words = []
        for mark in marks:
            if mark.position < 0:
                if not mark.is_pause:
                    self._end = None
                elif self._end is None:
                    self._end = mark.sample
                continue
            position = self._start(mark.position)
            if self._position >= 0:
                if self._whole is not None or self._inside(position):
                    continue
                words.append(self._word(position, mark.sample, start, sample_rate))
            self._position, self._begin, self._end = position, mark.sample, None
        return tuple(words)

    def rest(self, start: float, end: float, sample_rate: int) -> tuple[Word, ...]:
        """The last word, when the audio has ended."""
        if self._position < 0:
            return ()
        samples = round((end - start) * sample_rate)
        return (self._word(len(self._text), samples, start, sample_rate),)

    def _word(self, next_position: int, next_sample: int, start: float, sample_rate: int) -> Word:
        end_sample = min(next_sample, self._end) if self._end is not None else next_sample
        begin = start + self._begin / sample_rate
        end = start + max(end_sample, self._begin) / sample_rate
        if self._whole is not None:
            return Word(*self._whole, begin, end)
        position = min(self._position, max(0, len(self._text) - 1))
        reach = position + 1
        while reach < min(next_position, len(self._text)) and self._is_joined(reach):
            reach += 1
        return Word(self._offset + position, self._offset + reach, begin, end)

    def _start(self, position: int) -> int:
        """Where the word begins: a number behind an ideograph is reported with the ideograph's position."""
        text, after = self._text, position + 1
        if position == self._position and after < len(text) and _is_wide(text[position]):
            return after if text[after].isalnum() and not _is_wide(text[after]) else position
        return position

    def _inside(self, position: int) -> bool:
        """Whether the mark only repeats the word that runs: a number is reported once for each part of it."""
        if position <= self._position:
            return True
        if position >= len(self._text) or _is_wide(self._text[self._position]):
            return False
        return all(self._is_joined(index) for index in range(self._position + 1, position + 1))

    def _is_joined(self, index: int) -> bool:
        """Whether the character belongs to the word before it: "don't" and "3.50" are one word."""
        text = self._text
        if text[index] in ".,'’:" and index + 1 < len(text) and text[index + 1].isalnum():
            return text[index - 1].isalnum()
        if _is_wide(text[index]) != _is_wide(text[index - 1]):
            return False
        return text[index] not in _BREAK


def _is_wide(character: str) -> bool:
    return character >= "\u2e80"
