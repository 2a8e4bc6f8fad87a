"""Counting connections and tasks."""

from __future__ import annotations

import threading

__all__ = ["Counter", "Stats"]


class Counter:
    """How many there are now, how many there have been in all, and the most at one time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = self._total = self._peak = 0

    def __enter__(self) -> Counter:
        with self._lock:
            self._now += 1
            self._total += 1
            self._peak = max(self._peak, self._now)
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._now -= 1

    def as_dict(self, name: str) -> dict[str, int]:
        with self._lock:
            return {
                f"{name}_now": self._now,
                f"{name}_total": self._total,
                f"{name}_peak": self._peak,
            }


class Stats:
    """The counters of one service."""

    def __init__(self) -> None:
        self.connections = Counter()
        self.tasks = Counter()

    def as_dict(self) -> dict[str, int]:
        """A plain dict: ``connections_now``, ``connections_total``, ``connections_peak``, and so for ``tasks``."""
        return {**self.connections.as_dict("connections"), **self.tasks.as_dict("tasks")}
