"""Waiting for a socket, and waking a thread that does."""

from __future__ import annotations

import os
import select
import socket
import sys
import threading
from typing import Any, Callable, Optional

__all__ = ["ReadWait", "is_ready"]

_LONGEST = 86_400.0  # seconds; poll() takes 24 days at most, and who waits may wait again


def is_ready(sock: socket.socket, for_reading: bool, seconds: Optional[float]) -> bool:
    """Wait until a socket can be read, or else written; False after ``seconds`` (None: no limit)."""
    if not hasattr(select, "poll"):
        waiting = [sock]
        return any(select.select(waiting if for_reading else (), () if for_reading else waiting, (), seconds))
    poll = select.poll()
    poll.register(sock.fileno(), select.POLLIN if for_reading else select.POLLOUT)
    return bool(poll.poll(_millis(seconds)))


def _millis(seconds: Optional[float]) -> Optional[int]:
    """Rounded up: a poll that ends a fraction of a millisecond early would make who waits spin."""
    return None if seconds is None else int(min(seconds, _LONGEST) * 1000) + 1


class ReadWait:
    """Wait until a socket has something to read, a time has passed, or another thread calls ``wake``.

    An eventfd where there is one, otherwise a pair of sockets. ``close`` frees it; ``wake`` after that does nothing.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._pending: Optional[Callable[[], int]] = getattr(sock, "pending", None)  # TLS: decrypted, not yet read
        self._pair: Optional[tuple[socket.socket, socket.socket]] = None
        self._event: int = -1
        if sys.platform == "linux" and hasattr(os, "eventfd"):
            self._event = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
            self._wake_fd = self._event
        else:
            self._pair = socket.socketpair()
            for end in self._pair:
                end.setblocking(False)
            self._wake_fd = self._pair[0].fileno()
        self._poll: Any = None
        if hasattr(select, "poll"):
            self._poll = select.poll()
            self._poll.register(sock.fileno(), select.POLLIN)
            self._poll.register(self._wake_fd, select.POLLIN)
        self._closed = False
        self._lock = threading.Lock()  # a wake must not write to a descriptor that close has just given back

    def wait(self, seconds: Optional[float]) -> bool:
        """Whether there is something to read; False after ``seconds`` (None: no limit) or a ``wake``."""
        if self._pending is not None and self._pending():
            return True
        if self._poll is not None:
            ready = [fd for fd, _ in self._poll.poll(_millis(seconds))]
        else:
            ready = select.select([self._sock.fileno(), self._wake_fd], [], [], seconds)[0]
        if self._wake_fd in ready:
            self._drain()
            return len(ready) > 1
        return bool(ready)

    def _drain(self) -> None:
        try:
            if self._pair is not None:
                self._pair[0].recv(4096)
            else:
                os.read(self._event, 8)
        except BlockingIOError:
            pass  # another wake was drained along with this one

    def wake(self) -> None:
        """End the wait now; from any thread."""
        with self._lock:
            if self._closed:
                return
            try:
                if self._pair is not None:
                    self._pair[1].send(b"\0")
                else:
                    os.write(self._event, (1).to_bytes(8, sys.byteorder))
            except BlockingIOError:
                pass  # already full of wake-ups

    def close(self) -> None:
        """Free the file descriptors."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            if self._pair is not None:
                for end in self._pair:
                    end.close()
            else:
                os.close(self._event)
