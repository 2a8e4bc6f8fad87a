"""Worker threads that take turns: each job does one step, and goes to the end of the queue if there is more."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

__all__ = ["Step", "Turns"]

_logger = logging.getLogger("dashscope_tts.local")

Step = Callable[[], bool]
"""One step of a job; True asks for another turn."""


class Turns:
    """A first-in, first-out queue of steps, and the threads that do them.

    Args:
        threads: how many.
        name: of the threads.
    """

    def __init__(self, threads: int, name: str) -> None:
        self._steps: deque[Step] = deque()
        self._ready = threading.Condition()
        self._is_closed = False
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True)
            for number in range(1, threads + 1)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, step: Step) -> None:
        """Queue a step; dropped silently once closed."""
        with self._ready:
            if not self._is_closed:
                self._steps.append(step)
                self._ready.notify()

    def close(self) -> None:
        """Drop what is queued, wait for the steps that run, end the threads."""
        with self._ready:
            self._is_closed = True
            self._steps.clear()
            self._ready.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while True:
            with self._ready:
                while not self._steps and not self._is_closed:
                    self._ready.wait()
                if self._is_closed:
                    return
                step = self._steps.popleft()
            try:
                again = step()
            except Exception:
                _logger.exception("a step of the speech service failed")
                again = False
            if again:
                self.submit(step)
            del step  # a waiting thread must not keep the last task alive
