"""The threads that read connections: one for each connection, and each for one connection after another.

To start a thread and to end it takes a fifth of the time of a short task. So one whose connection has ended waits a
moment for the next; workers that open a connection for every task go on with the same few threads.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from contextvars import Context
from typing import Callable, Optional

__all__ = ["SPARE_NAME", "Reading"]

SPARE_NAME = "dashscope-tts-spare"
_SPARE_SECONDS = 1.0


class Reading:
    """A function that runs on a thread which is its own for that time; looks like a daemon ``threading.Thread``.

    Args:
        target: raises nothing.
        name: of the thread meanwhile.
    """

    daemon = True

    def __init__(self, target: Callable[[], None], name: str) -> None:
        self.name = name
        self.ident: Optional[int] = None  # while it runs
        self._target: Optional[Callable[[], None]] = target
        self._process = os.getpid()
        self._running = threading.Lock()

    def start(self) -> None:
        """Begin.

        Raises:
            RuntimeError: no thread is to be had, or this was started before.
        """
        if self._target is None or not self._running.acquire(blocking=False):
            raise RuntimeError("threads can only be started once")
        try:
            thread = _spare.pop()
        except IndexError:
            _Thread(self).start()
        else:
            thread.take(self)

    def is_alive(self) -> bool:
        return self._running.locked() and self._process == os.getpid()

    def join(self, timeout: Optional[float] = None) -> None:
        """Block until it is over, for at most ``timeout`` seconds."""
        if self.is_alive() and self._running.acquire(timeout=-1 if timeout is None else max(0.0, timeout)):
            self._running.release()

    def run(self) -> None:
        """On the thread."""
        target, self._target = self._target, None
        assert target is not None
        self.ident = threading.get_ident()
        try:
            Context().run(target)  # no context of whoever was read before
        finally:
            self.ident = None
            self._running.release()


class _Thread(threading.Thread):
    def __init__(self, first: Reading) -> None:
        super().__init__(name=first.name, daemon=True)
        self._next: Optional[Reading] = first
        self._given = threading.Lock()
        self._given.acquire()

    def take(self, reading: Reading) -> None:
        """Do this next."""
        self._next = reading
        self._given.release()

    def run(self) -> None:
        while self._next is not None:
            reading, self._next = self._next, None
            self.name = reading.name
            reading.run()
            del reading
            self.name = SPARE_NAME
            _spare.append(self)
            if not self._given.acquire(timeout=_SPARE_SECONDS):
                try:
                    _spare.remove(self)
                except ValueError:
                    self._given.acquire()  # taken in this very moment


_spare: deque[_Thread] = deque()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_spare.clear)
