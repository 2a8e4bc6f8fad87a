"""A realtime session's life, from ``session.created`` to ``session.finished``."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from ..protocol import realtime_events as events
from ..protocol import realtime_messages as messages
from .realtime_ids import new_id
from .realtime_order import Order
from .realtime_request import DEFAULT_SESSION, read_session
from .realtime_response import Response, SendEvent
from .refusals import Refusal
from .settings import ServiceSettings
from .speech import Studio
from .stats import Stats

__all__ = ["RealtimeSession"]


class RealtimeSession:
    """What is said on one connection.

    ``take`` is given what the client says; ``speak`` runs beside it, and returns when the session is finished. There
    is one response at a time, in the order in which their texts came.
    """

    def __init__(
        self, model: str, settings: ServiceSettings, studio: Studio, stats: Stats, send: SendEvent
    ) -> None:
        self._model = model
        self._settings = settings
        self._studio = studio
        self._stats = stats
        self._send = send
        self._id = new_id("sess")
        self._conversation_id = new_id("conv")
        self._session, self._request = read_session(model, DEFAULT_SESSION, {}, settings)
        self._orders: deque[Order] = deque()
        self._response: Response | None = None
        self._changed = asyncio.Event()
        self._has_begun = False
        self._is_finishing = False
        self._characters = 0

    @property
    def is_quiet(self) -> bool:
        """Whether the service waits for the client, rather than speaking."""
        return self._response is None and not self._is_finishing

    async def begin(self) -> None:
        """Greet the client."""
        await self._send(events.SESSION_CREATED, {"session": self._told_session()})

    async def take(self, event: dict[str, Any]) -> None:
        """Take an event of the client.

        Raises:
            Refusal: it may not come now, or what it brings is not accepted; the session goes on.
        """
        kind = event["type"]
        if self._is_finishing and kind != messages.CANCEL:
            raise _invalid("Session update error: session already started or finished or failed."
                           if kind == messages.UPDATE else "The session is already finished.")  # fmt: skip
        if kind == messages.UPDATE:
            await self._update(event.get("session"))
        elif kind == messages.APPEND:
            self._append(event.get("text"))
        elif kind == messages.COMMIT:
            await self._commit()
        elif kind == messages.CLEAR:
            await self._clear()
        elif kind == messages.CANCEL:
            if self._response is not None:
                self._response.cancel()
        elif kind == messages.FINISH:
            self._finish()
        else:
            raise _invalid(f"Invalid value: '{kind[:80]}' is not an event of this service.")

    async def speak(self) -> None:
        """Speak the orders as they come, and finish the session."""
        while True:
            order = await self._next_order()
            if order is None:
                break
            sentence = await order.next(is_first=True)
            if sentence is not None:
                await self._respond(order, Response(order, self._conversation_id, self._studio, self._send), sentence)
            if order in self._orders:
                self._orders.remove(order)
        await self._send(events.SESSION_FINISHED, {})

    def abort(self) -> None:
        """The connection is going: stop the engine."""
        if self._response is not None:
            self._response.cancel()

    async def _respond(self, order: Order, response: Response, sentence: Any) -> None:
        self._has_begun = True
        self._response = response
        try:
            with self._stats.task("realtime", self._model) as record:
                record.text_came()
                response.on_audio = record.audio_sent
                try:
                    await response.run(sentence)
                finally:
                    record.characters, record.is_cancelled = response.characters, response.is_cancelled
        except Refusal as refusal:
            error = {"type": "server_error", "code": refusal.code, "message": refusal.message}
            await self._send(events.ERROR, {"error": error})
        finally:
            self._response = None

    async def _next_order(self) -> Order | None:
        """The oldest order; None when the session is finished and there is none left."""
        while not self._orders:
            if self._is_finishing:
                return None
            self._changed.clear()
            await self._changed.wait()
        return self._orders[0]

    # -- what the client says

    async def _update(self, given: Any) -> None:
        if self._has_begun or any(not order.is_empty for order in self._orders):
            raise _invalid("Session update error: session already started or finished or failed.")
        self._session, self._request = read_session(self._model, self._session, given, self._settings)
        self._drop_open_order()
        await self._send(events.SESSION_UPDATED, {"session": self._told_session()})

    def _append(self, text: Any) -> None:
        if not isinstance(text, str):
            raise _invalid("Missing required parameter 'text'.")
        order = self._open_order()
        before = order.characters
        if self._characters > self._settings.max_task_characters:
            raise _invalid(f"Text is too long: the limit is {self._settings.max_task_characters} characters.")
        try:
            order.add(text)
        except Refusal as refusal:
            raise _invalid(refusal.message) from None
        self._characters += order.characters - before
        self._changed.set()

    async def _commit(self) -> None:
        order = self._open_order()
        if order.is_empty:
            raise _invalid("Error committing input text buffer: the buffer is empty.")
        await self._send(events.BUFFER_COMMITTED, {"item_id": order.item_id})
        order.close()

    async def _clear(self) -> None:
        self._drop_open_order()
        await self._send(events.BUFFER_CLEARED, {})

    def _finish(self) -> None:
        self._is_finishing = True
        if self._orders and not self._orders[-1].is_closed:
            if self._orders[-1].is_empty:
                self._drop_open_order()
            else:
                self._orders[-1].close()
        self._changed.set()

    def _drop_open_order(self) -> None:
        """Forget the text that was not committed; a sentence that is being spoken is spoken to its end."""
        if self._orders and not self._orders[-1].is_closed:
            order = self._orders.pop()
            order.cancel()

    def _open_order(self) -> Order:
        """The order that takes text."""
        if not self._orders or self._orders[-1].is_closed:
            by_itself = self._session["mode"] == messages.SERVER_COMMIT_MODE
            self._orders.append(Order(self._request, self._settings, by_itself))
            self._changed.set()
        return self._orders[-1]

    def _told_session(self) -> dict[str, Any]:
        return {"id": self._id, "object": "realtime.session", "model": self._model, **self._session}


def _invalid(message: str) -> Refusal:
    return Refusal(message, code="invalid_value")
