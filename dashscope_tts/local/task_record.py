"""What is counted and logged of one task: numbers, and neither its text nor who asked for it."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from .access_log import shown

if TYPE_CHECKING:
    from types import TracebackType

    from .metrics import Metrics

__all__ = ["ClientGone", "TaskRecord"]

_logger = logging.getLogger("dashscope_tts.local")


class ClientGone(Exception):
    """A task has nobody to speak to any more, and is counted as cancelled."""


_CANCELLED = (asyncio.CancelledError, GeneratorExit, ClientGone)


class TaskRecord:
    """One task, counted from the entry of its ``with`` block to the exit.

    Args:
        counter: of the tasks that run.
        metrics: where the numbers go.
        protocol: ``duplex``, ``realtime``, ``http`` or ``inference``.
        model: as the client named it.
    """

    def __init__(self, counter: AbstractContextManager[object], metrics: Metrics, protocol: str, model: str) -> None:
        self._counter = counter
        self._metrics = metrics
        self._protocol = protocol
        self._model = model
        self._first_text: float | None = None
        self._delay: float | None = None
        self._begin = time.monotonic()
        self._bytes = 0
        self.characters = 0
        """Counted characters; to be set before the end."""
        self.is_cancelled = False
        """Whether the client wanted no more; to be set before the end."""

    def text_came(self) -> None:
        """The first call starts the clock of the first package."""
        if self._first_text is None:
            self._first_text = time.monotonic()

    def audio_sent(self, size: int) -> None:
        """So many bytes of audio were sent."""
        if not self._bytes and self._first_text is not None:
            self._delay = time.monotonic() - self._first_text
            self._metrics.first_package_after(self._delay)
        self._bytes += size
        self._metrics.add("audio_bytes_total", size)

    def __enter__(self) -> TaskRecord:
        self._counter.__enter__()
        self._begin = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._counter.__exit__(kind, error, trace)
        outcome = "finished"
        if self.is_cancelled or (kind is not None and issubclass(kind, _CANCELLED)):
            outcome = "cancelled"
        elif kind is not None:
            outcome = "failed"
        self._metrics.add("tasks_total", protocol=self._protocol, outcome=outcome)
        self._metrics.add("characters_total", self.characters)
        delay = "no audio" if self._delay is None else f"first package after {self._delay * 1000:.0f} ms"
        _logger.info(
            "task %s %s %s: %d characters, %d bytes, %s, %.3f s",
            self._protocol, shown(self._model), outcome, self.characters, self._bytes, delay,
            time.monotonic() - self._begin,
        )  # fmt: skip
