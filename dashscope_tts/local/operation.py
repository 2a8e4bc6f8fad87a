"""What stands in front of all routes: the limits, the rule for foreign web pages, the counting and the access log."""

from __future__ import annotations

import time
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from .access_log import log_request
from .http_common import error_body
from .refusals import Refusal
from .settings import ServiceSettings
from .stats import Stats

__all__ = ["Operation"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_UNLIMITED = ("/", "/healthz", "/metrics")
_UNLIMITED_ROOTS = ("/page/", "/audio/")


class Operation:
    """An ASGI application around the service's own.

    Args:
        app: the routes.
        settings: the limits.
        stats: where it is counted.
    """

    def __init__(self, app: App, settings: ServiceSettings, stats: Stats) -> None:
        self._app = app
        self._settings = settings
        self._stats = stats

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = _Exchange(scope, receive, send, self._settings.max_request_bytes)
        try:
            await self._admit(scope, exchange)
        finally:
            metrics = self._stats.metrics
            metrics.add("requests_total", status=str(exchange.status))
            metrics.add("received_bytes_total", exchange.received)
            metrics.add("sent_bytes_total", exchange.sent)
            log_request(scope, exchange.status, exchange.received, exchange.sent, time.monotonic() - exchange.begin)

    async def _admit(self, scope: Scope, exchange: _Exchange) -> None:
        headers = dict(scope["headers"])
        if scope["type"] == "websocket" and not self._is_own_page(headers):
            await self._deny(scope, exchange, 403, "AccessDenied", "Pages of another origin are not let in.")
            return
        length = headers.get(b"content-length", b"")
        if scope["type"] == "http" and length.isdigit() and int(length) > self._settings.max_request_bytes:
            await self._deny(scope, exchange, 413, "RequestTooLarge", "The request is too large.")
            return
        path: str = scope["path"]
        if path in _UNLIMITED or path.startswith(_UNLIMITED_ROOTS) or scope.get("method") == "OPTIONS":
            await self._app(scope, exchange.receive, exchange.send)
            return
        sessions = self._stats.sessions
        if sessions.now >= self._settings.max_sessions:
            self._stats.metrics.add("refused_sessions_total")
            many = f"Too many sessions: this service takes {self._settings.max_sessions} at one time."
            await self._deny(scope, exchange, 429, "Throttling", many)
            return
        self._stats.metrics.add("sessions_total")
        with sessions:
            try:
                await self._app(scope, exchange.receive, exchange.send)
            except Refusal as refusal:
                if exchange.status or refusal.code != "RequestTooLarge":
                    raise
                await self._deny(scope, exchange, 413, refusal.code, refusal.message)

    def _is_own_page(self, headers: dict[bytes, bytes]) -> bool:
        """Whether a handshake is not one that a browser makes for somebody else's page.

        Browsers apply no CORS to WebSockets, but tell the origin, and cannot send an ``Authorization``. Libraries
        that put the origin of some other host there do.
        """
        origin = headers.get(b"origin", b"").decode("latin-1")
        if not origin or b"authorization" in headers:
            return True
        if urlsplit(origin).netloc.lower() == headers.get(b"host", b"").decode("latin-1").lower():
            return True
        return bool({"*", origin} & set(self._settings.cors))

    async def _deny(self, scope: Scope, exchange: _Exchange, status: int, code: str, message: str) -> None:
        from starlette.responses import JSONResponse

        self._stats.failed(code)
        headers = {"Retry-After": "1"} if status == 429 else {}
        response = JSONResponse(error_body(code, message, str(uuid.uuid4())), status_code=status, headers=headers)
        # A Response answers a handshake with a denial by itself.
        await response(scope, exchange.receive, exchange.send)


class _Exchange:
    """A request or a connection, as its frames pass.

    Attributes:
        status: of the answer; 101 for a WebSocket that was let in, 0 as long as there is none.
        received: bytes in the body, or in messages.
        sent: the same the other way.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send, most_bytes: int) -> None:
        self._is_http = scope["type"] == "http"
        self._receive = receive
        self._send = send
        self._most_bytes = most_bytes
        self.begin = time.monotonic()
        self.status = self.received = self.sent = 0

    async def receive(self) -> Message:
        message = await self._receive()
        body = message.get("body") or message.get("bytes") or message.get("text") or b""
        self.received += len(body) if isinstance(body, bytes) else len(body.encode("utf-8", "replace"))
        if self._is_http and self.received > self._most_bytes:
            raise Refusal("The request is too large.", code="RequestTooLarge")
        return message

    async def send(self, message: Message) -> None:
        kind = message["type"]
        if kind in ("http.response.start", "websocket.http.response.start"):
            self.status = message["status"]
        elif kind == "websocket.accept":
            self.status = 101
        body = message.get("body") or message.get("bytes") or message.get("text") or b""
        self.sent += len(body)  # text is JSON, and nearly always ASCII
        await self._send(message)
