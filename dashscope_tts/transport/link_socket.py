"""The socket of a connection, as websocket-client and the reader see it.

A Python socket with a time limit asks the system before each read and each write whether it may, and every such
question hands the interpreter to another thread. websocket-client reads the answer to the handshake byte by byte on
top of that. With many connections in a process most of the time goes there.
"""

from __future__ import annotations

import socket
import struct
import sys
import threading
from ssl import SSLWantReadError, SSLWantWriteError
from typing import Any, Optional, Union

from .read_wait import is_ready, wait_millis

__all__ = ["NOT_NOW", "LinkSocket", "shut_down"]

NOT_NOW = (BlockingIOError, SSLWantReadError, SSLWantWriteError)
_ANSWER = 4096  # bytes; more than the answer to a handshake has
# The sockets with which one call can wait for data, up to a limit, and read it; not those that gevent puts in their
# place, which do not know of the limit.
_CAN_WAIT = sys.platform == "linux" and sys.maxsize > 2**32 and socket.socket.__module__ == "socket"
_PLAIN = socket.socket if _CAN_WAIT else None
_TIMEVAL = struct.Struct("@ll")


class LinkSocket:
    """A connected socket; everything but reading, writing and time limits is the socket's own.

    Writing waits only when the service does not read. Until ``begin``, reading waits and keeps what has been read and
    not asked for; after that only ``recv_within`` waits.
    """

    def __init__(self, raw: Any) -> None:
        self.raw = raw
        self.fileno = raw.fileno
        self._seconds: Optional[float] = raw.gettimeout()  # how long one wait may take
        self._ahead = b""  # of what was read in the handshake
        self._is_open = False
        self._is_shut = False
        self._writing = threading.Lock()
        self._flags = socket.MSG_DONTWAIT if type(raw) is _PLAIN else 0
        self._limit: Optional[float] = None  # of a read, as the system knows it
        raw.setblocking(bool(self._flags))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)

    def begin(self, send_seconds: float) -> bytes:
        """The handshake is over; gives what the service sent right behind its answer.

        Args:
            send_seconds: how long a write may wait for a service that does not read.
        """
        self._is_open, self._seconds = True, send_seconds
        ahead, self._ahead = self._ahead, b""
        return ahead

    def gettimeout(self) -> Optional[float]:
        return self._seconds

    def settimeout(self, seconds: Optional[float]) -> None:
        self._seconds = seconds

    # -- reading

    def recv(self, size: int) -> bytes:
        """Up to ``size`` bytes, nothing if the other side has closed.

        Raises:
            BlockingIOError, SSLWantReadError: after ``begin``, if there is nothing to read just now.
            socket.timeout: before ``begin``, if nothing came in time.
        """
        if self._is_open:
            return self._read(size)
        if not self._ahead and size:  # websocket-client asks for the nothing of "Content-Length: 0", too
            self._ahead = self._read_ahead()
        if size == 1:
            # The library looks for a piece that is the end of a line and nothing else; what comes before may be long.
            end = self._ahead.find(b"\n")
            size = len(self._ahead) if end < 0 else end or 1
        taken, self._ahead = self._ahead[:size], self._ahead[size:]
        return taken

    def _read(self, size: int) -> bytes:
        try:
            piece: bytes = self.raw.recv(size, self._flags)
        except SSLWantWriteError:
            self._wait(for_reading=False)
            raise BlockingIOError from None
        return piece

    @property
    def can_wait(self) -> bool:
        """Whether there is ``recv_within``: not with TLS, where waiting for one direction would lock the other."""
        return bool(self._flags)

    def recv_within(self, size: int, seconds: Optional[float]) -> bytes:
        """Wait for something to read, and read it: one step where waiting for it first would be two.

        Raises:
            BlockingIOError: nothing came within ``seconds`` (None: no limit).
        """
        if seconds != self._limit:
            self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _timeval(seconds))
            self._limit = seconds
        piece: bytes = self.raw.recv(size)
        return piece

    def _read_ahead(self) -> bytes:
        if self._flags:
            try:
                return self.recv_within(_ANSWER, self._seconds)
            except BlockingIOError:
                raise socket.timeout("timed out") from None
        pending = getattr(self.raw, "pending", None)  # TLS: decrypted, not yet read
        while (pending is not None and pending()) or self._wait(for_reading=True):
            try:
                return self._read(_ANSWER)
            except NOT_NOW:
                pass  # half a TLS record
        raise socket.timeout("timed out")

    # -- writing

    def send(self, data: Union[bytes, bytearray, memoryview]) -> int:
        """Write all of it.

        Raises:
            socket.timeout: the service has read nothing for too long; part of the data may have been written.
            OSError: the link is gone.
        """
        with self._writing:
            left = len(data) - self._write(data)
            while left:
                left -= self._write(memoryview(data)[-left:], wait=True)
        return len(data)

    def _write(self, data: Any, wait: bool = False) -> int:
        for_reading = False
        while True:
            if wait and not self._wait(for_reading):
                raise socket.timeout("timed out")
            try:
                return int(self.raw.send(data, self._flags))
            except NOT_NOW as error:
                for_reading = isinstance(error, SSLWantReadError)  # the reader sees to that
            wait = True

    def _wait(self, for_reading: bool) -> bool:
        """Whether the socket is ready within the time limit."""
        return is_ready(self.raw, for_reading, self._seconds)

    def send_at_once(self, frame: bytes) -> None:
        """Write a small frame if it can be done without waiting, for the service or for another thread."""
        if self._writing.acquire(blocking=False):
            try:
                self.raw.send(frame, self._flags)
            except (OSError, ValueError):
                pass  # gone, or full
            finally:
                self._writing.release()

    def shut_down(self) -> None:
        """End it in both directions at once; whoever waits for it wakes."""
        if not self._is_shut:
            self._is_shut = True
            shut_down(self.raw)


def _timeval(seconds: Optional[float]) -> bytes:
    whole, rest = divmod(wait_millis(seconds) or 0, 1000)  # 0 is no limit
    return _TIMEVAL.pack(whole, rest * 1000)


def shut_down(sock: Any) -> None:
    """End a socket, which may be gone already, or None.

    The plain socket's method even for TLS, whose own would first take the encryption off under the reader.
    """
    if isinstance(sock, LinkSocket):
        sock.shut_down()
        return
    try:
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
    except (OSError, TypeError, AttributeError):
        pass  # gone already
