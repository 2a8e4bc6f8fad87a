"""Counting connections and tasks."""

from __future__ import annotations

import threading

from .metrics import Metrics
from .task_record import TaskRecord

__all__ = ["Counter", "Stats"]


class Counter:
    """How many there are now, how many there have been in all, and the most at one time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = self._total = self._peak = 0

    @property
    def now(self) -> int:
        return self._now

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
    """The counters of one service.

    Attributes:
        connections: WebSocket connections.
        tasks: what is spoken, over any protocol.
        sessions: connections, and requests of the HTTP interface: what ``max_sessions`` limits.
        metrics: the numbers for Prometheus.
    """

    def __init__(self) -> None:
        self.connections = Counter()
        self.tasks = Counter()
        self.sessions = Counter()
        self.metrics = Metrics()

    def task(self, protocol: str, model: str) -> TaskRecord:
        """Counts a task from the entry of its ``with`` block to the exit, and logs it."""
        return TaskRecord(self.tasks, self.metrics, protocol, model)

    def failed(self, code: str) -> None:
        """A client was told an error."""
        self.metrics.add("errors_total", code=code)

    def exposition(self) -> str:
        """The page Prometheus reads."""
        return self.metrics.exposition({"sessions": self.sessions.now, "tasks": self.tasks.now})

    def as_dict(self) -> dict[str, int]:
        """A plain dict: ``connections_now``, ``connections_total``, ``connections_peak``, and so for ``tasks``."""
        return {**self.connections.as_dict("connections"), **self.tasks.as_dict("tasks")}
