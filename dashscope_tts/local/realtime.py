"""The WebSocket route ``/api-ws/v1/realtime``: one connection, one session.

Source: Qwen-TTS realtime API. A bad event is answered with an ``error``, and the session goes on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from ..protocol import realtime_events as events
from ..protocol.messages import MalformedMessage
from ..protocol.realtime_messages import parse_client_event
from .duplex import let_in
from .realtime_ids import new_id
from .realtime_request import check_model
from .realtime_session import RealtimeSession
from .refusals import Refusal
from .settings import ServiceSettings
from .speech import Studio
from .stats import Stats
from .task_record import ClientGone

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

__all__ = ["REALTIME_PATH", "serve_realtime"]

REALTIME_PATH = "/api-ws/v1/realtime"

_logger = logging.getLogger("dashscope_tts.local")


async def serve_realtime(websocket: WebSocket, settings: ServiceSettings, studio: Studio, stats: Stats) -> None:
    """Check the key, then talk until one side hangs up."""
    if await let_in(websocket, settings, stats):
        with stats.connections:
            await _Connection(websocket, settings, studio, stats).run()


class _Connection:
    """What happens on one socket."""

    def __init__(
        self, websocket: WebSocket, settings: ServiceSettings, studio: Studio, stats: Stats
    ) -> None:
        self._websocket = websocket
        self._settings = settings
        self._studio = studio
        self._stats = stats
        self._deadline = 0.0

    async def run(self) -> None:
        """Serve the connection; returns when it is closed."""
        model = self._websocket.query_params.get("model", "")
        try:
            try:
                check_model(model, self._settings)
                session = RealtimeSession(model, self._settings, self._studio, self._stats, self._send)
            except Refusal as refusal:
                await self._refuse(refusal, None)
                await self._close(1008)
                return
            await self._serve(session)
        except _Disconnected:
            pass

    async def _serve(self, session: RealtimeSession) -> None:
        await session.begin()
        speaking = asyncio.ensure_future(session.speak())
        listening = asyncio.ensure_future(self._listen(session))
        try:
            await asyncio.wait({speaking, listening}, return_when=asyncio.FIRST_COMPLETED)
            for ended in (speaking, listening):
                if ended.done():
                    ended.result()
            if not speaking.done():
                await self._close(1000, f"idle for {self._settings.idle_timeout:g} seconds")
                return
            await self._stop(listening)
            await self._close(1000)
        except _Disconnected:
            raise
        except Exception as error:
            _logger.error("a session failed: %s", type(error).__name__, exc_info=True)
            await self._refuse(Refusal("The service failed.", code="internal_error"), None)
            await self._close(1011)
        finally:
            session.abort()
            await self._stop(speaking)
            await self._stop(listening)

    async def _stop(self, task: asyncio.Future[Any]) -> None:
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # fetched, so that it is not reported as lost

    async def _listen(self, session: RealtimeSession) -> None:
        """Take what the client says; returns when it has said nothing for too long while nothing is spoken."""
        loop = asyncio.get_running_loop()
        receiving: asyncio.Task[Any] | None = None
        heard = loop.time()
        try:
            while True:
                if receiving is None:
                    receiving = asyncio.ensure_future(self._websocket.receive())
                left = heard + self._settings.idle_timeout - loop.time()
                done, _ = await asyncio.wait({receiving}, timeout=max(0.0, left))
                if done:
                    received, receiving = receiving.result(), None
                    await self._take(session, received)
                    heard = loop.time()
                elif session.is_quiet:
                    return
                else:
                    heard = loop.time()
        finally:
            if receiving is not None:
                await self._stop(receiving)

    async def _take(self, session: RealtimeSession, received: dict[str, Any]) -> None:
        if received["type"] != "websocket.receive":
            raise _Disconnected
        event: dict[str, Any] = {}
        try:
            text = received.get("text")
            if text is None:
                raise MalformedMessage("binary frames are not used here")
            event = parse_client_event(text)
            await session.take(event)
        except MalformedMessage as error:
            await self._refuse(Refusal(f"Invalid event: {error}", code="invalid_request_error"), None)
        except Refusal as refusal:
            await self._refuse(refusal, event.get("event_id"))

    async def _refuse(self, refusal: Refusal, event_id: Any) -> None:
        self._stats.failed(refusal.code)
        error = {
            "type": "invalid_request_error",
            "code": refusal.code,
            "message": refusal.message,
            "param": None,
            "event_id": event_id if isinstance(event_id, str) else None,
        }
        await self._send(events.ERROR, {"error": error})

    async def _send(self, type: str, fields: dict[str, Any]) -> None:
        await self._deliver(self._websocket.send_text(events.server_event(type, new_id("event"), fields)))

    async def _close(self, code: int, reason: str = "") -> None:
        await self._deliver(self._websocket.close(code, reason))

    async def _deliver(self, sending: Awaitable[None]) -> None:
        from starlette.websockets import WebSocketDisconnect

        try:
            await sending
        except (WebSocketDisconnect, RuntimeError):
            raise _Disconnected from None


class _Disconnected(ClientGone):
    """The client has gone."""
