"""Getting a LinkSocket under the WebSocket that websocket-client makes, before it shakes hands, and no redirects."""

from __future__ import annotations

from typing import Any

import websocket

from .link_socket import LinkSocket

__all__ = ["link_of", "prepare_handshake"]

_REDIRECTS = (301, 302, 303, 307, 308)


class _HandshakingWebSocket(websocket.WebSocket):
    """A WebSocket whose socket is a LinkSocket as soon as it is connected."""

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
        self.__dict__["sock"] = None if raw is None else LinkSocket(raw)


def prepare_handshake(connecting: Any) -> None:
    """Prepare a WebSocket that is about to connect; one of a program's own making is left as it is.

    The library makes the WebSocket itself, just before it asks for the headers, so its class is exchanged there.
    """
    if type(connecting) is websocket.WebSocket and connecting.__dict__.pop("sock", None) is None:
        connecting.__class__ = _HandshakingWebSocket


def link_of(connected: Any) -> LinkSocket:
    """The LinkSocket of a WebSocket that has connected; from now on that is an ordinary one again."""
    link = connected.sock
    if not isinstance(link, LinkSocket):
        link = LinkSocket(link)
    if isinstance(connected, _HandshakingWebSocket):
        ordinary: Any = connected
        ordinary.__class__ = websocket.WebSocket
    connected.sock = link
    return link
