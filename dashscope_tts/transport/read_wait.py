"""Waiting for a socket, and waking a thread that does."""

from __future__ import annotations

import os
import select
import socket
import sys
import threading
from typing import Any, Callable, Optional

__all__ = ["ReadWait", "is_ready", "wait_millis"]

_LONGEST = 86_400.0  # seconds; poll() takes 24 days at most, and who waits may wait again


def is_ready(sock: socket.socket, for_reading: bool, seconds: Optional[float]) -> bool:
    """Wait until a socket can be read, or else written; False after ``seconds`` (None: no limit)."""
    if not hasattr(select, "poll"):
        waiting = [sock]
        return any(select.select(waiting if for_reading else (), () if for_reading else waiting, (), seconds))
    poll = select.poll()
    poll.register(sock.fileno(), select.POLLIN if for_reading else select.POLLOUT)
    return bool(poll.poll(wait_millis(seconds)))


def wait_millis(seconds: Optional[float]) -> Optional[int]:
    """How long to wait, as the system takes it; None for no limit.

    Rounded up: a poll that ends a fraction of a millisecond early would make who waits spin.
    """
    return None if seconds is None else int(min(seconds, _LONGEST) * 1000) + 1


class ReadWait:
    """Wait until a socket has something to read, a time has passed, or another thread calls ``wake``.

    That takes a descriptor more, an eventfd where there is one, otherwise a pair of sockets, and so is possible only
    after ``allow_wakes``. ``close`` frees it; ``wake`` after that does nothing.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._pending: Optional[Callable[[], int]] = getattr(sock, "pending", None)  # TLS: decrypted, not yet read
        self._pair: Optional[tuple[socket.socket, socket.socket]] = None
        self._wake_fd: Optional[int] = None
        self._poll: Any = None
        if hasattr(select, "poll"):
            self._poll = select.poll()
            self._poll.register(sock.fileno(), select.POLLIN)
        self._closed = False
        self._lock = threading.Lock()  # a wake must not write to a descriptor that close has just given back

    def allow_wakes(self) -> None:
        """Have ``wake`` end a wait from now on; by the thread that waits."""
        if self._wake_fd is not None:
            return
        with self._lock:
            if self._closed:
                return
            if sys.platform == "linux" and hasattr(os, "eventfd"):
                self._wake_fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
            else:
                self._pair = socket.socketpair()
                for end in self._pair:
                    end.setblocking(False)
                self._wake_fd = self._pair[0].fileno()
        if self._poll is not None:
            self._poll.register(self._wake_fd, select.POLLIN)

    def wait(self, seconds: Optional[float]) -> bool:
        """Whether there is something to read; False after ``seconds`` (None: no limit) or a ``wake``."""
        if self._pending is not None and self._pending():
            return True
        if self._poll is not None:
            ready = [fd for fd, _ in self._poll.poll(wait_millis(seconds))]
        else:
            both = [self._sock.fileno()] if self._wake_fd is None else [self._sock.fileno(), self._wake_fd]
            ready = select.select(both, [], [], seconds)[0]
        if self._wake_fd in ready:
            self._drain()
            return len(ready) > 1
        return bool(ready)

    def _drain(self) -> None:
        try:
            if self._pair is not None:
                self._pair[0].recv(4096)
            elif self._wake_fd is not None:
                os.read(self._wake_fd, 8)
        except BlockingIOError:
            pass  # another wake was drained along with this one

    def wake(self) -> None:
        """End the wait now; from any thread."""
        with self._lock:
            if self._closed or self._wake_fd is None:
                return
            try:
                if self._pair is not None:
                    self._pair[1].send(b"\0")
                else:
                    os.write(self._wake_fd, (1).to_bytes(8, sys.byteorder))
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
            elif self._wake_fd is not None:
                os.close(self._wake_fd)
