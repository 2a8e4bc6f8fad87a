"""The WebSocket route ``/api-ws/v1/inference``: one connection, one task at a time.

Source: CosyVoice WebSocket API; error texts and time limits are those of the real service.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import uuid
from collections import deque
from typing import TYPE_CHECKING, Any

from ..protocol import events
from ..protocol.client_message import ClientMessage, parse_client_message
from ..protocol.messages import MalformedMessage
from ..protocol.task import TaskState
from . import tokens
from .refusals import Refusal
from .sambert import open_session
from .session import Session
from .settings import ServiceSettings
from .speech import Studio
from .stats import Stats
from .task_record import ClientGone, TaskRecord

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

__all__ = ["Connection", "is_authorized", "let_in", "serve_duplex"]

_logger = logging.getLogger("dashscope_tts.local")

_QUIET_SECONDS = 0.05  # without a message: the client has seen that its task failed


def is_authorized(header: str | None, query_key: str | None, api_key: str | None) -> bool:
    """Whether the key of a request is accepted.

    Args:
        header: ``Authorization``: the scheme word in any case, then the key.
        query_key: ``?api_key=``, as browsers must send it.
        api_key: the only accepted key, beside the temporary tokens for it; None accepts any, but for a token that
            has ended.
    """
    words = (header or "").split()
    if words and words[0].lower() == "bearer":
        words = words[1:]
    given = words[0] if len(words) == 1 else query_key or ""
    if not given:
        return False
    valid_token = tokens.is_valid(given, api_key)
    if valid_token is not None:
        return valid_token
    return api_key is None or hmac.compare_digest(given.encode(), api_key.encode())


async def serve_duplex(websocket: WebSocket, settings: ServiceSettings, studio: Studio, stats: Stats) -> None:
    """Check the key, then talk until one side hangs up."""
    if await let_in(websocket, settings, stats):
        with stats.connections:
            await Connection(websocket, settings, studio, stats).run()


async def let_in(websocket: WebSocket, settings: ServiceSettings, stats: Stats) -> bool:
    """Accept a connection whose key is right; refuse any other with status 401, before it is one."""
    header = websocket.headers.get("authorization")
    if is_authorized(header, websocket.query_params.get("api_key"), settings.api_key):
        await websocket.accept()
        return True
    from starlette.responses import JSONResponse

    stats.failed("InvalidApiKey")
    body = {"code": "InvalidApiKey", "message": "Invalid API-key provided.", "request_id": str(uuid.uuid4())}
    await websocket.send_denial_response(JSONResponse(body, status_code=401))
    return False


class Connection:
    """What happens on one socket."""

    def __init__(
        self, websocket: WebSocket, settings: ServiceSettings, studio: Studio, stats: Stats
    ) -> None:
        self._websocket = websocket
        self._settings = settings
        self._studio = studio
        self._stats = stats
        self._session: Session | None = None
        self._speaking: asyncio.Task[None] | None = None
        self._receiving: asyncio.Task[Any] | None = None
        self._deadline = 0.0
        self._past_task_ids: deque[str] = deque(maxlen=16)
        self._record: TaskRecord | None = None

    async def run(self) -> None:
        """Serve the connection; returns when it is closed."""
        self._rewind(self._settings.idle_timeout)
        try:
            while await self._step():
                pass
            await self._stop_speaking()
            await self._websocket.close()
        except Refusal as refusal:
            await self._fail(refusal)
        except _Disconnected:
            pass
        except Exception as error:
            _logger.error("a connection failed: %s", type(error).__name__, exc_info=True)
            await self._fail(Refusal.internal())
        finally:
            await self._stop_speaking()
            await self._stop_receiving()

    async def _step(self) -> bool:
        """Wait for the next thing to happen; False when the connection has been idle for too long."""
        if self._receiving is None:
            self._receiving = asyncio.ensure_future(self._websocket.receive())
        waits: set[asyncio.Future[Any]] = {self._receiving}
        if self._speaking is not None:
            waits.add(self._speaking)
        done, _ = await asyncio.wait(waits, timeout=self._seconds_left(), return_when=asyncio.FIRST_COMPLETED)
        if self._speaking is not None and self._speaking in done:
            await self._end_session()
        if self._receiving in done:
            received, self._receiving = self._receiving.result(), None
            self._take(received)
            return True
        if done:
            return True
        if self._session is not None:
            raise Refusal.late_fragment()
        return False

    def _seconds_left(self) -> float | None:
        if self._session is not None and not self._session.takes_text:
            return None  # the client has said all; the service speaks
        return max(0.0, self._deadline - asyncio.get_running_loop().time())

    def _rewind(self, seconds: float) -> None:
        self._deadline = asyncio.get_running_loop().time() + seconds

    def _take(self, received: dict[str, Any]) -> None:
        if received["type"] != "websocket.receive":
            raise _Disconnected
        try:
            message = parse_client_message(received.get("text") or "")
        except MalformedMessage as error:
            raise Refusal(str(error)) from None
        if message.action == "run-task":
            self._run_task(message)
        elif message.action in ("continue-task", "finish-task"):
            self._pass_on(message)
        else:
            raise Refusal.action(message.action)
        if self._session is not None:
            self._rewind(self._settings.fragment_timeout)

    def _run_task(self, message: ClientMessage) -> None:
        if self._session is not None and self._session.state is not TaskState.FINISHED:
            raise Refusal.action("run-task").of(message.task_id)
        try:
            session = open_session(message, self._settings, self._studio, self._send)
        except Refusal as refusal:
            raise refusal.of(message.task_id) from None
        session.start()
        if self._session is not None:
            self._past_task_ids.append(self._session.task_id)
        self._session = session
        record = self._stats.task("duplex", session.model)
        if not session.takes_text:
            record.text_came()  # with run-task
        self._speaking = asyncio.ensure_future(self._speak(session, record, self._speaking))

    def _pass_on(self, message: ClientMessage) -> None:
        if self._session is not None and message.task_id == self._session.task_id:
            self._session.take(message)
            if self._record is not None and message.action == "continue-task":
                self._record.text_came()
        elif message.action == "finish-task" and message.task_id in self._past_task_ids:
            pass  # it crossed the end of its task on the way
        elif self._session is None:
            raise Refusal.action(message.action).of(message.task_id)
        else:
            raise Refusal("The task_id is not that of the running task! Please follow the protocol!")

    async def _speak(
        self, session: Session, record: TaskRecord, previous: asyncio.Task[None] | None
    ) -> None:
        if previous is not None:
            await previous
        self._record = record
        with record:
            try:
                await session.speak()
            finally:
                record.characters, record.is_cancelled = session.characters, session.was_cancelled

    async def _end_session(self) -> None:
        speaking, session = self._speaking, self._session
        self._speaking = self._session = None
        if session is not None:
            self._past_task_ids.append(session.task_id)
        self._rewind(self._settings.idle_timeout)
        if speaking is not None:
            try:
                await speaking
            except _Disconnected:
                raise
            except Refusal as refusal:
                raise refusal.of(session.task_id if session else "") from None
            except Exception as error:
                _logger.exception("a task failed: %s", type(error).__name__)
                raise Refusal.internal().of(session.task_id if session else "") from None

    async def _stop_speaking(self) -> None:
        if self._session is not None:
            self._session.abort()
        speaking, self._speaking = self._speaking, None
        if speaking is not None:
            speaking.cancel()
            await asyncio.wait({speaking})
            if not speaking.cancelled():
                speaking.exception()  # fetched, so that it is not reported as lost

    async def _stop_receiving(self) -> None:
        receiving, self._receiving = self._receiving, None
        if receiving is not None:
            receiving.cancel()
            await asyncio.wait({receiving})
            if not receiving.cancelled():
                receiving.exception()

    async def _fail(self, refusal: Refusal) -> None:
        """Send ``task-failed`` and close, once the client has stopped talking.

        A socket that is closed with unread messages in it is reset, and the client may lose the error.
        """
        task_id = refusal.task_id
        if task_id is None:
            task_id = self._session.task_id if self._session is not None else ""
        await self._stop_speaking()
        self._stats.failed(refusal.code)
        _logger.info("a task failed: %s", refusal.code)
        try:
            await self._send(events.task_failed(task_id, refusal.code, refusal.message))
            self._rewind(self._settings.linger_timeout)
            while True:
                if self._receiving is None:
                    self._receiving = asyncio.ensure_future(self._websocket.receive())
                patience = min(_QUIET_SECONDS, self._seconds_left_to_linger())
                done, _ = await asyncio.wait({self._receiving}, timeout=patience)
                if not done:
                    break
                received, self._receiving = self._receiving.result(), None
                if received["type"] != "websocket.receive":
                    return
            await self._stop_receiving()
            await self._websocket.close()
        except _Disconnected:
            pass

    def _seconds_left_to_linger(self) -> float:
        return max(0.0, self._deadline - asyncio.get_running_loop().time())

    async def _send(self, frame: str | bytes) -> None:
        from starlette.websockets import WebSocketDisconnect

        try:
            if isinstance(frame, bytes):
                await self._websocket.send_bytes(frame)
                if self._record is not None:
                    self._record.audio_sent(len(frame))
            else:
                await self._websocket.send_text(frame)
        except (WebSocketDisconnect, RuntimeError):
            raise _Disconnected from None


class _Disconnected(ClientGone):
    """The client has gone."""

