"""Threads that work at the same time."""

from __future__ import annotations

import threading
import time
from typing import Callable

__all__ = ["working"]


def working(threads: int, tasks: int, task: Callable[[], None]) -> dict[str, float]:
    """Threads that do task after task: tasks per second, and CPU for each, ms."""

    def work() -> None:
        for _ in range(tasks):
            task()

    working = [threading.Thread(target=work) for _ in range(threads)]
    begun, cpu = time.perf_counter(), time.process_time()
    for thread in working:
        thread.start()
    for thread in working:
        thread.join()
    done, seconds = threads * tasks, time.perf_counter() - begun
    return {"per_second": done / seconds, "cpu_ms": (time.process_time() - cpu) / done * 1000}
