"""What the service counts, and how Prometheus reads it.

Source: Prometheus text exposition format 0.0.4. Nothing is global: each service has its own numbers.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable, Mapping

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_PREFIX = "dashscope_tts_"
_DELAY = "first_package_delay_seconds"
_DELAY_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_COUNTERS = {
    "requests_total": "HTTP requests answered, and WebSocket handshakes, by status.",
    "sessions_total": "Sessions let in: WebSocket connections, and requests of the HTTP interface.",
    "refused_sessions_total": "Sessions refused because there were too many.",
    "tasks_total": "Tasks that have ended, by protocol and outcome.",
    "errors_total": "Errors told to clients, by code.",
    "characters_total": "Counted characters of tasks.",
    "audio_bytes_total": "Bytes of audio sent.",
    "received_bytes_total": "Bytes received in bodies and messages.",
    "sent_bytes_total": "Bytes sent in bodies and messages.",
}
_GAUGES = {"sessions": "Sessions that are open.", "tasks": "Tasks that run."}

Labels = tuple[tuple[str, str], ...]


class Metrics:
    """Counters, gauges and the histogram of one service. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, dict[Labels, float]] = {name: {} for name in _COUNTERS}
        self._delays = [0] * (len(_DELAY_BOUNDS) + 1)
        self._delay_sum = 0.0

    def add(self, name: str, amount: float = 1, **labels: str) -> None:
        """Count; the name is without prefix, and must be a known one."""
        key = tuple(sorted(labels.items()))
        with self._lock:
            counts = self._counts[name]
            counts[key] = counts.get(key, 0) + amount

    def first_package_after(self, seconds: float) -> None:
        """The first audio of a task was sent this long after its first text had come."""
        with self._lock:
            self._delays[bisect_left(_DELAY_BOUNDS, seconds)] += 1
            self._delay_sum += seconds

    def exposition(self, gauges: Mapping[str, float]) -> str:
        """The page Prometheus reads, with the present values of ``sessions`` and ``tasks``."""
        lines: list[str] = []
        for name, text in _GAUGES.items():
            lines += _family(name, "gauge", text, [(name, (), gauges[name])])
        with self._lock:
            for name, text in _COUNTERS.items():
                # A counter without labels is there from the start, so that its first step can be seen.
                counts = self._counts[name] or ({} if name in _LABELLED else {(): 0.0})
                lines += _family(name, "counter", text, [(name, labels, value) for labels, value in counts.items()])
            lines += self._histogram()
        return "\n".join(lines) + "\n"

    def _histogram(self) -> list[str]:
        samples: list[tuple[str, Labels, float]] = []
        total = 0
        for bound, count in zip((*map(repr, _DELAY_BOUNDS), "+Inf"), self._delays):
            total += count
            samples.append((f"{_DELAY}_bucket", (("le", bound),), total))
        samples += [(f"{_DELAY}_sum", (), self._delay_sum), (f"{_DELAY}_count", (), total)]
        return _family(_DELAY, "histogram", "Seconds from a task's first text to its first audio.", samples)


_LABELLED = frozenset(("requests_total", "tasks_total", "errors_total"))


def _family(name: str, kind: str, text: str, samples: Iterable[tuple[str, Labels, float]]) -> list[str]:
    lines = [f"# HELP {_PREFIX}{name} {text}", f"# TYPE {_PREFIX}{name} {kind}"]
    for sample, labels, value in samples:
        shown = ",".join(f'{key}="{_escaped(label)}"' for key, label in labels)
        number = str(int(value)) if value == int(value) else repr(value)
        lines.append(f"{_PREFIX}{sample}{{{shown}}} {number}" if shown else f"{_PREFIX}{sample} {number}")
    return lines


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
