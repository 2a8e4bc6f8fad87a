"""Reading frames quickly, inside websocket-client's WebSocketApp.

WebSocketApp asks a dispatcher to read. Its own one selects before each frame, takes each frame with four or more
system calls and checks UTF-8 in Python. This one fills a buffer with what the socket has and takes whole frames out
of it. It handles the plain ones itself - unfragmented text and binary, and the close frame - and leaves all others
(ping, pong, fragments, anything odd) to the library, which then reads through the same buffer.
"""

from __future__ import annotations

import time
from typing import Any, Callable, Optional, Protocol

from websocket import WebSocketConnectionClosedException

from .link_socket import NOT_NOW, shut_down
from .read_wait import ReadWait

__all__ = ["BadFrame", "FrameReader", "FrameSink", "PeerClosed", "text_of"]

_PIECE = 65536  # bytes asked of the socket at once
_WHOLE_TEXT, _WHOLE_BINARY, _CLOSE = 0x81, 0x82, 0x88
_PLAIN = (_WHOLE_TEXT, _WHOLE_BINARY, _CLOSE)


class PeerClosed(WebSocketConnectionClosedException):
    """The service sent a close frame."""

    def __init__(self, code: Optional[int], reason: str) -> None:
        super().__init__(f"closed by the service with code {code}" + (f": {reason}" if reason else ""))
        self.code = code
        self.reason = reason


class BadFrame(WebSocketConnectionClosedException):
    """A frame that no server may send: reserved bits, an unknown opcode, text that is not UTF-8 ..."""


class FrameSink(Protocol):
    """Who gets the frames; called on the reader thread only."""

    def frame(self, data: str | bytes) -> None:
        """A whole message: str for a text frame, bytes for a binary one."""

    @property
    def may_wake(self) -> bool:
        """Whether that moment may come nearer while the reader waits; asked before ``due``."""

    def due(self, waiting_since: float) -> Optional[float]:
        """When, on the monotonic clock, waiting for the service must end; None for no limit."""

    def overdue(self, waiting_since: float) -> None:
        """That moment has come, and nothing did."""

    def ended(self, cause: BaseException) -> None:
        """Reading has come to its end; called once, last, unless this side closed the connection."""


class FrameReader:
    """The dispatcher of one connection.

    Its methods ``read`` and ``send`` are called by WebSocketApp, on the reader thread and on any thread respectively.
    """

    def __init__(self, app: Any, sink: FrameSink) -> None:
        self._app: Any = app
        self._sink: Any = sink
        self._sock: Any = None
        self._can_wait = False
        self._wait: Optional[ReadWait] = None
        self._data = b""  # what was read; the first ``_at`` bytes of it have been used
        self._at = 0
        self._fragments: Optional[list[bytes]] = None  # of a message that is not complete yet
        self._fragments_are_text = False

    def begin_with(self, data: bytes) -> None:
        """What was read of the first frames along with the handshake."""
        self._data = data

    # -- what WebSocketApp calls

    def read(self, sock: Any, read_callback: Callable[[], bool], check_callback: Callable[[], bool]) -> None:
        """Read until the connection ends.

        Nothing is raised into WebSocketApp, which would log even a connection closed for idleness as an error.
        """
        self._sock = sock
        self._can_wait = sock.can_wait
        self._app.sock.frame_buffer.recv = self._take_some
        try:
            while self._app.keep_running and (self._plain_frame() or read_callback()):
                pass
        except Exception as error:
            if self._app.keep_running:
                self._sink.ended(error)
        finally:
            self.close_wait()
            # However it ended, WebSocketApp's tear-down must not wait three seconds for a close frame.
            shut_down(sock)

    def send(self, sock: Any, data: bytes) -> int:
        """Called by websocket-client from 1.9 on."""
        return int(sock.send(data))

    def wake(self) -> None:
        """Make the reader look at ``due`` again, if ``may_wake`` said that it may have to; from any thread."""
        if self._wait is not None:
            self._wait.wake()

    def close_socket(self) -> None:
        """At the very end: after a close frame was sent, websocket-client leaves its socket open."""
        sock, self._sock = self._sock, None
        self._app = self._sink = None
        if sock is not None:
            sock.close()

    def close_wait(self) -> None:
        """Give back what waiting takes, in a process where nothing reads."""
        if self._wait is not None:
            self._wait.close()

    # -- frames

    def _plain_frame(self) -> bool:
        """Take one frame and hand it on; False where the next frame is one for the library."""
        data, at = self._data, self._at
        while len(data) - at < 2:
            self._fill()
            data, at = self._data, self._at
        first, length = data[at], data[at + 1]
        if first not in _PLAIN or length > 127 or self._fragments is not None:
            self._check_head(first, length)
            if first & 15 > 8:
                return False  # ping, pong
        head = 2
        if length > 125:
            head = 4 if length == 126 else 10
            while len(data) - at < head:
                self._fill()
                data, at = self._data, self._at
            length = int.from_bytes(data[at + 2 : at + head], "big")
            if length >> 63:
                raise BadFrame(f"a frame of the service has the impossible length {length:#x}")
        end = at + head + length
        if end <= len(data):
            payload = data[at + head : end]
            self._at = end
        else:
            payload = self._long_payload(at + head, length)
        if first == _WHOLE_BINARY:
            self._sink.frame(payload)
        elif first == _WHOLE_TEXT:
            self._sink.frame(text_of(payload))
        elif first == _CLOSE:
            self._answer_close(payload)
        else:
            self._take_fragment(first, payload)
        return True

    def _check_head(self, first: int, length: int) -> None:
        """Refuse a frame by its first two bytes, so that nobody waits for the length that junk happens to name."""
        opcode, final = first & 15, first & 128
        if first & 0x70:
            raise BadFrame("a frame of the service has reserved bits set (rsv)")
        if opcode not in (0, 1, 2, 8, 9, 10):
            raise BadFrame(f"a frame of the service has the unknown opcode {opcode}")
        if length > 127:
            raise BadFrame("a frame of the service is masked")
        if opcode > 2 and (length > 125 or not final):
            raise BadFrame("a control frame of the service is too long, or a fragment")
        if opcode <= 2 and (opcode == 0) is (self._fragments is None):
            raise BadFrame("a frame of the service continues nothing, or does not continue what was begun")

    def _take_fragment(self, first: int, payload: bytes) -> None:
        """A part of a message; the last one has the highest bit set."""
        if self._fragments is None:
            self._fragments, self._fragments_are_text = [], first & 15 == 1
        self._fragments.append(payload)
        if first & 128:
            message, self._fragments = b"".join(self._fragments), None
            self._sink.frame(text_of(message) if self._fragments_are_text else message)

    def _long_payload(self, start: int, length: int) -> bytes:
        """A payload that is not wholly in the buffer: collected in pieces and joined once."""
        pieces = [self._data[start:]]
        missing = length - len(pieces[0])
        self._data, self._at = b"", 0
        while missing > 0:
            self._fill()
            piece = self._data
            if len(piece) > missing:
                self._at = missing
                piece = piece[:missing]
            else:
                self._data = b""
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def _answer_close(self, payload: bytes) -> None:
        code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else None
        try:
            self._app.sock.send_close()
        except Exception:
            pass  # it may have closed the socket without waiting for an answer
        raise PeerClosed(code, payload[2:].decode("utf-8", "replace"))

    # -- bytes

    def _take_some(self, size: int) -> bytes:
        """Up to ``size`` bytes; what the library reads odd frames with."""
        while self._at >= len(self._data):
            self._fill()
        taken = self._data[self._at : self._at + size]
        self._at += len(taken)
        return taken

    def _fill(self) -> None:
        """Wait for more, and add it to the buffer."""
        piece = self._receive()
        rest = self._data[self._at :] if self._at < len(self._data) else b""
        self._data = rest + piece if rest else piece
        self._at = 0

    def _receive(self) -> bytes:
        sink = self._sink
        since = time.monotonic()
        while self._app.keep_running:
            wait = self._wait_for_socket(sink.may_wake)
            due = sink.due(since)
            now = time.monotonic()
            seconds = None if due is None else due - now
            if seconds is not None and seconds <= 0:
                sink.overdue(since)
                continue
            try:
                if wait is None:
                    piece: bytes = self._sock.recv_within(_PIECE, seconds)
                elif wait.wait(seconds) and self._app.keep_running:
                    piece = self._sock.recv(_PIECE)
                else:
                    continue
            except NOT_NOW:
                continue  # its time has passed; or half a TLS record, and the other half is on its way
            if not piece:
                break
            return piece
        raise WebSocketConnectionClosedException("the connection was closed without a close frame")

    def _wait_for_socket(self, may_wake: bool) -> Optional[ReadWait]:
        """What to wait with until there is something to read; None where reading itself may wait."""
        if self._can_wait and not may_wake:
            return None
        if self._wait is None:
            self._wait = ReadWait(self._sock)
        if may_wake:
            self._wait.allow_wakes()
        return self._wait


def text_of(payload: bytes) -> str:
    """The text of a text frame.

    Raises:
        BadFrame: it is not UTF-8.
    """
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadFrame(f"a text frame of the service is not UTF-8: {error}") from error
