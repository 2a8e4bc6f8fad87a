"""Sambert: a task whose whole text comes with ``run-task``, and which the client then only listens to.

Source: Sambert WebSocket API. The name of the model is the voice; ``continue-task`` and ``finish-task`` are not used.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..protocol import events
from ..protocol.client_message import ClientMessage
from ..protocol.sambert import MAX_TEXT_CHARACTERS, count_sambert_characters, is_sambert
from ..protocol.task import Action, next_state
from .engine import Phoneme, Word
from .refusals import Refusal
from .request import SpeechRequest, read_request
from .script import Sentence
from .session import Send, Session
from .settings import ServiceSettings
from .speech import Speech, Studio
from .voices import VOICES, voice_named

__all__ = ["SambertSession", "open_session"]

_FORMATS = ("wav", "pcm", "mp3")
_HIGH_RATE = ("zhichu", "zhinan", "zhide", "zhijia", "zhiqi", "zhiru")
_HIGH_RATE_VOICES = frozenset(f"sambert-{name}-v1" for name in _HIGH_RATE)
_TIMED_LANGUAGES = frozenset(("zh", "en-us"))  # the voices of the others tell no times


def open_session(message: ClientMessage, settings: ServiceSettings, studio: Studio, send: Send) -> Session:
    """The session that a ``run-task`` asks for, of this kind or with text both ways.

    Raises:
        Refusal: what it asks for is not to be had.
    """
    model = message.payload.get("model")
    is_of_sambert = isinstance(model, str) and is_sambert(model)
    if message.streaming != "out":
        if is_of_sambert:
            raise Refusal("Request text is invalid!")
        return Session(message.task_id, read_request(message, settings), settings, studio, send)
    if isinstance(model, str) and model and not is_of_sambert:
        raise Refusal.out_of_range("header.streaming", "out", f"for the model {model[:40]!r}, which takes 'duplex'")
    return SambertSession(message, settings, studio, send)


class SambertSession(Session):
    """One task: the text is there from the start, sentences are spoken one after another.

    Raises:
        Refusal: the request is not accepted.
    """

    def __init__(self, message: ClientMessage, settings: ServiceSettings, studio: Studio, send: Send) -> None:
        request = _read_request(message, settings)
        super().__init__(message.task_id, request, settings, studio, send)
        text = (message.input or {}).get("text")
        if not isinstance(text, str) or not text.strip():
            raise Refusal.no_text()
        self._count = count_sambert_characters(text)
        if self._count > MAX_TEXT_CHARACTERS:
            raise Refusal.too_long("Text", self._count, MAX_TEXT_CHARACTERS)
        self._has_times = request.word_timestamps and voice_named(request.model).languages[0] in _TIMED_LANGUAGES
        self._has_phonemes = self._has_times and _is_on(message, "phoneme_timestamp_enabled")
        self._script.add(text)
        self._script.close()

    def start(self) -> None:
        """The task is accepted; all of its text is here."""
        super().start()
        self.state = next_state(self.state, Action.FINISH)

    def take(self, message: ClientMessage) -> None:
        """Nothing may come but a cancel."""
        if (message.input or {}).get("directive") != "cancel":
            raise Refusal.action(message.action)
        super().take(message)

    def _characters_in_all(self) -> int:
        return self._count

    def _finished_event(self) -> str:
        return events.task_finished(self.task_id, None, self._characters)

    async def _speak(self, index: int, sentence: Sentence) -> None:
        utterance = replace(sentence.utterance, wants_phonemes=self._has_phonemes)
        self._characters = min(self._characters + len(utterance.text), self._count)
        begin = self._encoder.seconds
        words: list[dict[str, Any]] = []
        self._speech = Speech(utterance, self._encoder, self._studio, self._is_last)
        async for piece in self._speech:
            if self._has_times:
                words += [_word(word, utterance.text, self._has_phonemes) for word in piece.words]
            for frame in piece.frames:
                if self._is_cancelled():
                    return
                await self._send(frame)
        if self._is_cancelled():
            return
        times = {"begin_time": _milliseconds(begin), "end_time": _milliseconds(self._encoder.seconds)}
        if times["begin_time"] < times["end_time"]:
            output = {"sentence": {**times, "words": words}}
            await self._send(events.result_generated(self.task_id, output, self._characters))


def _read_request(message: ClientMessage, settings: ServiceSettings) -> SpeechRequest:
    """Read it as the others are read, with the voice and the defaults of this family."""
    model = message.payload.get("model")
    if not isinstance(model, str) or not model:
        raise Refusal.missing("payload.model")
    if settings.strict and model not in VOICES:
        raise Refusal.model()
    parameters = dict(message.parameters)
    parameters["voice"] = model
    parameters["format"] = parameters.get("format") or "wav"
    parameters["sample_rate"] = parameters.get("sample_rate") or (48000 if model in _HIGH_RATE_VOICES else 16000)
    parameters["enable_ssml"] = True
    if str(parameters["format"]).lower() not in _FORMATS:
        raise Refusal.out_of_range("format", parameters["format"], f"one of {', '.join(_FORMATS)}")
    return read_request(replace(message, payload={**message.payload, "parameters": parameters}), settings)


def _is_on(message: ClientMessage, parameter: str) -> bool:
    value = message.parameters.get(parameter)
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _word(word: Word, text: str, with_phonemes: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "text": text[word.begin_index : word.end_index].strip(),
        "begin_time": _milliseconds(word.begin),
        "end_time": _milliseconds(word.end),
    }
    if with_phonemes:
        told["phonemes"] = [_phoneme(phoneme) for phoneme in word.phonemes]
    return told


def _phoneme(phoneme: Phoneme) -> dict[str, Any]:
    return {
        "text": phoneme.name,
        "begin_time": _milliseconds(phoneme.begin),
        "end_time": _milliseconds(phoneme.end),
        "tone": phoneme.tone,
    }


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
