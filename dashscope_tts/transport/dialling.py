"""Connections that are being opened, and a program that closes meanwhile."""

from __future__ import annotations

import threading
from typing import Callable, Optional, Protocol

from .failures import cancelled

__all__ = ["Dialling", "Greet"]

Greet = Callable[[threading.Event], bool]

_CLOSED = "the connection was closed by the program while it was opened"


class Dialled(Protocol):
    """What can be opened; ``connection.Connection`` is the real one."""

    def open(self, seconds: float, greet: Optional[Greet] = None) -> None: ...

    def abort(self) -> None: ...


class Dialling:
    """What one synthesizer is dialling just now, on whichever threads.

    The set is changed by single operations only, so that closing takes no lock.
    """

    def __init__(self) -> None:
        self._connections: set[Dialled] = set()

    def open(self, connection: Dialled, seconds: float, greet: Optional[Greet] = None) -> None:
        """Open a connection, unless ``abort`` is called meanwhile.

        Args:
            connection: not opened yet.
            seconds: how long that may take.
            greet: called on the reader thread when it is open; from then on ``abort`` does not concern it.

        Raises:
            ConnectFailed: it could not be opened.
            TaskCancelled: ``abort`` was called; the connection is closed.
        """
        self._connections.add(connection)
        greeted = False

        def opened(settled: threading.Event) -> bool:
            nonlocal greeted
            if greet is None or self._is_aborted(connection):
                return False
            greeted = True
            return greet(settled)

        try:
            connection.open(seconds, opened)
        except BaseException as error:
            if not greeted and self._is_aborted(connection) and isinstance(error, Exception):
                raise cancelled(None, _CLOSED) from None
            raise
        if not greeted and self._is_aborted(connection):
            connection.abort()
            raise cancelled(None, _CLOSED)

    def abort(self) -> None:
        """End all dialling; who waits for it is told."""
        while self._connections:
            try:
                self._connections.pop().abort()
            except KeyError:
                return  # opened in this moment

    def _is_aborted(self, connection: Dialled) -> bool:
        try:
            self._connections.remove(connection)
        except KeyError:
            return True
        return False
