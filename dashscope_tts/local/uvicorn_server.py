"""uvicorn, set up for the service."""

from __future__ import annotations

import asyncio
import math
import socket
from collections.abc import Callable
from typing import Any

import uvicorn

from .websocket_protocol import BoundedProtocol

__all__ = ["make_server"]


class _Server(uvicorn.Server):
    """Tells when it takes connections, and leaves no socket behind."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        # A client that does not read keeps its connection open however politely it is closed.
        for connection in list(self.server_state.connections):
            transport: Any = getattr(connection, "transport", None)
            if transport is not None:
                transport.abort()
        await asyncio.sleep(0)


def make_server(
    app: Any, shutdown_timeout: float, max_message_bytes: int, on_ready: Callable[[], None]
) -> uvicorn.Server:
    """A server for ``app`` whose ``serve`` is given its sockets.

    Args:
        app: the ASGI application.
        shutdown_timeout: seconds open connections get to end.
        max_message_bytes: of one WebSocket message.
        on_ready: called when it takes connections.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        # At "info" uvicorn logs each path with its query, and there may be a key in it.
        log_level="warning",
        access_log=False,
        lifespan="off",
        http="h11",
        ws=BoundedProtocol,
        ws_max_size=max_message_bytes,
        # Audio does not get smaller, and every frame would cost time.
        ws_per_message_deflate=False,
        # A program that blocks while it plays what it got answers no ping, and is not gone.
        ws_ping_interval=None,
        ws_ping_timeout=None,
        timeout_graceful_shutdown=math.ceil(shutdown_timeout),
        server_header=False,
    )
    return _Server(config, on_ready)
