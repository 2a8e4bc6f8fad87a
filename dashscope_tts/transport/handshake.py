"""Reading the answer to the WebSocket handshake in one piece.

websocket-client reads it byte by byte: some 130 system calls, half the time of a connection on the same machine.
Here the socket is given to it behind a buffer until the connection is open.
"""

from __future__ import annotations

from typing import Any

import websocket

__all__ = ["buffer_handshake", "unbuffer", "unbuffered"]

_REDIRECTS = (301, 302, 303, 307, 308)


class _BufferedSocket:
    """A socket that is read in large pieces; everything but ``recv`` is the socket's own."""

    def __init__(self, raw: Any) -> None:
        self.raw = raw
        self.data = b""

    def recv(self, size: int) -> bytes:
        if not self.data and size:  # websocket-client asks for the nothing of "Content-Length: 0", too
            self.data = self.raw.recv(4096)
        taken, self.data = self.data[:size], self.data[size:]
        return taken

    def fileno(self) -> int:
        return int(self.raw.fileno())

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)


class _HandshakingWebSocket(websocket.WebSocket):
    """A WebSocket whose socket is put behind a buffer as soon as it is connected."""

    def connect(self, url: str, **options: Any) -> None:
        """Connect to this address and to no other: a redirect would take the API key along to wherever it points."""
        try:
            super().connect(url, **{**options, "redirect_limit": 0})  # type: ignore[no-untyped-call]
        except websocket.WebSocketException:
            if getattr(self.handshake_response, "status", None) not in _REDIRECTS:
                raise
        status = getattr(self.handshake_response, "status", None)
        if status in _REDIRECTS:  # older versions of the library take it for a connection
            self.shutdown()  # type: ignore[no-untyped-call]
            raise websocket.WebSocketException(f"Redirect (HTTP {status}) to another address is not followed")

    @property
    def sock(self) -> Any:
        return self.__dict__.get("sock")

    @sock.setter
    def sock(self, raw: Any) -> None:
        self.__dict__["sock"] = None if raw is None else _BufferedSocket(raw)


def buffer_handshake(connecting: Any) -> None:
    """Prepare a WebSocket that is about to connect; one of a program's own making is left as it is.

    The library makes the WebSocket itself, just before it asks for the headers, so its class is exchanged there.
    """
    if type(connecting) is websocket.WebSocket and connecting.__dict__.pop("sock", None) is None:
        connecting.__class__ = _HandshakingWebSocket


def unbuffer(connected: Any) -> bytes:
    """Take the buffer away again; gives what the service sent right behind its answer."""
    buffered = connected.sock
    if not isinstance(buffered, _BufferedSocket):
        return b""
    connected.__class__ = websocket.WebSocket
    connected.sock = buffered.raw
    return buffered.data


def unbuffered(sock: Any) -> Any:
    """The socket itself, whether or not it is behind a buffer just now."""
    return sock.raw if isinstance(sock, _BufferedSocket) else sock
