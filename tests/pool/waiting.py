"""Waiting for what comes about in other threads and processes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from dashscope_tts.transport.reading import SPARE_NAME

_STEP = 0.002


def eventually(
    condition: Callable[[], object], seconds: float = 5.0, said: Callable[[], object] = lambda: "it never came about"
) -> float:
    """Wait until ``condition`` holds; the seconds that took. Fails after ``seconds``."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > seconds:
            raise AssertionError(f"after {seconds:g} s: {said()}")
        time.sleep(_STEP)
    return time.monotonic() - begun


def own_threads(beside: frozenset[str] = frozenset()) -> list[str]:
    """Names of the threads of the package that have something to do now; one never has a name that one had before."""
    return [
        thread.name
        for thread in threading.enumerate()
        if thread.name.startswith("dashscope-tts") and thread.name != SPARE_NAME and thread.name not in beside
    ]


class Crew:
    """Threads that do something at the same time; what they raise is raised where they are waited for."""

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []
        self._errors: list[BaseException] = []

    def send(self, work: Callable[..., object], *arguments: object) -> None:
        def run() -> None:
            try:
                work(*arguments)
            except BaseException as error:
                self._errors.append(error)

        thread = threading.Thread(target=run, daemon=True)
        self._threads.append(thread)
        thread.start()

    def wait(self, seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if self._errors:
            raise self._errors[0]
        stuck = sum(thread.is_alive() for thread in self._threads)
        assert not stuck, f"{stuck} of {len(self._threads)} threads are stuck"
