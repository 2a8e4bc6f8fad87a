"""What a test must not leave behind: threads of the client that have something to do, and sockets."""

from __future__ import annotations

import gc
import os
import threading
import time

from dashscope_tts.transport.reading import SPARE_NAME

__all__ = ["Footprint"]

_FDS = "/proc/self/fd"


class Footprint:
    """The client's threads and this process's sockets at one moment."""

    def __init__(self) -> None:
        self.threads = set(_threads())
        self.sockets = _sockets()

    def left_behind(self, seconds: float = 5.0) -> list[str]:
        """What has come since and is still there; waits as long as that for it to go."""
        deadline = time.monotonic() + seconds
        if self._is_left():
            gc.collect()  # a failed test's traceback, a cycle of the test's own
        while self._is_left() and time.monotonic() < deadline:
            time.sleep(0.005)  # there is no event for a descriptor that goes, nor for a thread that is spare again
        threads = [f"thread {name}" for name in set(_threads()) - self.threads]
        return threads + [f"{what} ({number})" for number, what in sorted(_sockets() - self.sockets)]

    def _is_left(self) -> bool:
        return bool(set(_threads()) - self.threads or _sockets() - self.sockets)


def _threads() -> list[str]:
    """Their names, of which each is given once; the thread may have had another name before."""
    return [
        thread.name
        for thread in threading.enumerate()
        if thread.name.startswith("dashscope-tts-") and thread.name != SPARE_NAME
    ]


def _sockets() -> set[tuple[str, str]]:
    """Descriptors of sockets, and of what readers are woken with; nothing where the system does not tell."""
    found = set()
    for number in os.listdir(_FDS) if os.path.isdir(_FDS) else ():
        try:
            what = os.readlink(f"{_FDS}/{number}")
        except OSError:
            continue  # the descriptor of listdir itself
        if what.startswith("socket:") or "eventfd" in what:
            found.add((number, what))
    return found
