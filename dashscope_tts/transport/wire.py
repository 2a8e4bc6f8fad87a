"""What a conversation needs of a connection."""

from __future__ import annotations

from typing import Callable, Optional, Protocol

__all__ = ["Wire"]


class Wire(Protocol):
    """A connection as the tasks see it; ``connection.Connection`` is the real one."""

    @property
    def is_open(self) -> bool:
        """Whether a task may be begun on it."""

    @property
    def on_reader_thread(self) -> bool:
        """Whether the caller is the thread that reads, which must not wait for what it reads itself."""

    def send(self, *texts: str) -> None:
        """Send text frames, or raise ConnectionLost."""

    def close(self, then: Optional[Callable[[], None]] = None) -> None:
        """Close without waiting; ``then`` is called on the reader thread when reading has ended."""

    def abort(self) -> None:
        """Close without a word and without taking a lock."""

    def wake(self) -> None:
        """Have the reader look at its time limits again."""

    def pin(self) -> None:
        """Keep the conversation alive until ``unpin``, whether or not the program still holds it."""

    def unpin(self) -> None:
        """Let the conversation go with the program's last reference to it."""
