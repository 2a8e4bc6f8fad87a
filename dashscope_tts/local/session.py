"""A task's life, from ``run-task`` to ``task-finished``."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from ..protocol import events
from ..protocol.client_message import ClientMessage
from ..protocol.task import Action, NotAllowed, TaskState, next_state
from .encoder import Encoder
from .engine import Word
from .refusals import Refusal
from .request import SpeechRequest
from .script import Script, Sentence
from .settings import ServiceSettings
from .speech import Speech, Studio

__all__ = ["Send", "Session"]

Send = Callable[["str | bytes"], Awaitable[None]]
"""Sends a text or a binary frame; waits while the client does not read."""


class Session:
    """One task of a connection.

    ``take`` is given what the client says; ``speak`` runs beside it, and returns when the task is finished. There
    is one sentence in work at a time, and the next is begun when the client has been sent all of it: so sessions
    get their turn, and a client that does not read holds no more than a sentence in memory.
    """

    def __init__(
        self, task_id: str, request: SpeechRequest, settings: ServiceSettings, studio: Studio, send: Send
    ) -> None:
        self.task_id = task_id
        self.state = next_state(TaskState.IDLE, Action.RUN)
        self._request = request
        self._settings = settings
        self._studio = studio
        self._send = send
        self._script = Script(request, settings)
        self._changed = asyncio.Event()
        self._encoder = Encoder(request.format, request.sample_rate, request.bit_rate)
        self._speech: Speech | None = None
        self._characters = 0
        self.was_cancelled = False

    @property
    def model(self) -> str:
        return self._request.model

    @property
    def characters(self) -> int:
        """Counted characters of the sentences begun so far; of the whole text at the end."""
        return self._characters

    @property
    def takes_text(self) -> bool:
        """Whether the client has not finished its text."""
        return self.state is TaskState.STARTED

    def take(self, message: ClientMessage) -> None:
        """Take a ``continue-task`` or a ``finish-task``.

        Raises:
            Refusal: it may not come now, or what it brings is not accepted.
        """
        if message.input is None:
            raise Refusal.no_input()
        if self.state is TaskState.CANCELLING:
            return  # another thread of the client was still sending
        if message.action == "continue-task":
            self._advance(Action.TEXT, message)
            self._take_text(message.input)
        elif message.input.get("directive") == "cancel":
            self.cancel()
        elif self.state is TaskState.STARTED:
            self._advance(Action.FINISH, message)
            self._script.close()
        # A second finish-task says nothing new.
        self._changed.set()

    def cancel(self) -> None:
        """Stop the engine; nothing but ``task-finished`` is sent any more."""
        self.state = next_state(self.state, Action.CANCEL)
        self.was_cancelled = True
        if self._speech is not None:
            self._speech.cancel()
        self._changed.set()

    def abort(self) -> None:
        """The connection is going: stop the engine, whatever the state."""
        if self._speech is not None:
            self._speech.cancel()

    async def speak(self) -> None:
        """Start the task, speak its sentences as they come, and finish it."""
        await self._send(events.task_started(self.task_id))
        index = 0
        while True:
            sentence = await self._next_sentence()
            if sentence is None:
                break
            await self._speak(index, sentence)
            index += 1
        if not self._is_cancelled():
            self._characters = self._characters_in_all()
        self.state = next_state(self.state, Action.ON_FINISHED)
        await self._send(self._finished_event())

    def _characters_in_all(self) -> int:
        """What a task that was spoken to its end is billed for."""
        return self._script.characters

    def _finished_event(self) -> str:
        output: dict[str, Any] = {"sentence": {"words": []}}
        return events.task_finished(self.task_id, output, self._characters, str(uuid.uuid4()))

    def start(self) -> None:
        """The task is accepted; text may come."""
        self.state = next_state(self.state, Action.ON_STARTED)

    def _advance(self, action: Action, message: ClientMessage) -> None:
        try:
            self.state = next_state(self.state, action)
        except NotAllowed:
            raise Refusal.action(message.action) from None

    def _take_text(self, given: dict[str, Any]) -> None:
        text = given.get("text")
        if isinstance(text, str):
            self._script.add(text)
        elif text is not None:
            raise Refusal.no_text()
        if given.get("flush"):
            self._script.flush()

    async def _next_sentence(self) -> Sentence | None:
        """The next sentence as soon as there is one; None when there will be none."""
        while not self._is_cancelled():
            sentence = self._script.next()
            if sentence is not None:
                return sentence
            if self._script.is_closed:
                return None
            self._changed.clear()
            settle = self._settings.settle_timeout if self._script.is_settling else None
            try:
                await asyncio.wait_for(self._changed.wait(), settle)
            except asyncio.TimeoutError:
                self._script.flush()
        return None

    async def _speak(self, index: int, sentence: Sentence) -> None:
        self._characters = sentence.characters
        begin = {"type": "sentence-begin", "original_text": sentence.text, "sentence": _sentence(index)}
        await self._send(events.result_generated(self.task_id, begin))
        if self._is_cancelled():
            return
        synthesis = {"type": "sentence-synthesis", "sentence": _sentence(index)}
        synthesis_event = events.result_generated(self.task_id, synthesis)
        words: list[dict[str, Any]] = []
        self._speech = Speech(sentence.utterance, self._encoder, self._studio, self._is_last)
        async for piece in self._speech:
            if self._request.word_timestamps:
                words += [_word(word, sentence) for word in piece.words]
            for frame in piece.frames:
                if self._is_cancelled():
                    return
                await self._send(synthesis_event)
                await self._send(frame)
        if self._is_cancelled():
            return
        end = {"type": "sentence-end", "original_text": sentence.text, "sentence": _sentence(index, words)}
        await self._send(events.result_generated(self.task_id, end, sentence.characters))

    def _is_cancelled(self) -> bool:
        return self.state is TaskState.CANCELLING

    def _is_last(self) -> bool:
        return self._script.is_closed and not self._script.has_more


def _sentence(index: int, words: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {"index": index, "words": words or []}


def _word(word: Word, sentence: Sentence) -> dict[str, Any]:
    begin = min(max(0, word.begin_index - sentence.lead), len(sentence.text))
    end = min(max(begin, word.end_index - sentence.lead), len(sentence.text))
    return {
        "text": sentence.text[begin:end],
        "begin_index": begin,
        "end_index": end,
        "begin_time": round(word.begin * 1000),
        "end_time": round(word.end * 1000),
    }
