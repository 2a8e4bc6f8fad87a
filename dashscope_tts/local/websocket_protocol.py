"""uvicorn's WebSocket connection, with the limit on messages that not every version of it has."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.websockets.wsproto_impl import WSProtocol
from wsproto.events import BytesMessage, CloseConnection, TextMessage

__all__ = ["BoundedProtocol"]

_TOO_LARGE = 1009  # RFC 6455, 7.4.1: the message is too big to process


class BoundedProtocol(WSProtocol):
    """Ends the connection with code 1009 as soon as a message has more bytes than ``ws_max_size``.

    Up to 0.44, which is also the last that runs on Python 3.9, uvicorn collects a message of any size.
    """

    _message_bytes = 0
    _is_ended = False

    # The first two are called by the older versions of uvicorn, the third by the newer ones.

    def handle_text(self, event: TextMessage) -> None:
        if self._fits(event):
            _of_uvicorn(super()).handle_text(event)

    def handle_bytes(self, event: BytesMessage) -> None:
        if self._fits(event):
            _of_uvicorn(super()).handle_bytes(event)

    def handle_message(self, event: TextMessage | BytesMessage) -> None:
        if self._fits(event):
            _of_uvicorn(super()).handle_message(event)

    def _fits(self, event: TextMessage | BytesMessage) -> bool:
        """Whether the piece belongs to a message that is not too large so far."""
        if self._is_ended:
            return False
        data = event.data
        self._message_bytes += len(data.encode() if isinstance(data, str) and not data.isascii() else data)
        if self._message_bytes > self.config.ws_max_size:
            self._end()
            return False
        if event.message_finished:
            self._message_bytes = 0
        return True

    def _end(self) -> None:
        self._is_ended = True
        reason = f"A message may have {self.config.ws_max_size} bytes"
        self.queue.put_nowait({"type": "websocket.disconnect", "code": _TOO_LARGE, "reason": reason})
        if not self.transport.is_closing():
            self.transport.write(self.conn.send(CloseConnection(code=_TOO_LARGE, reason=reason)))
            self.transport.close()


def _of_uvicorn(protocol: Any) -> Any:
    """Methods that the installed version of uvicorn may not have."""
    return protocol
