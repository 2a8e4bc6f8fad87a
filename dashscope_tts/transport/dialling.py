"""Connections that are being opened, and a program that closes meanwhile."""

from __future__ import annotations

from typing import Protocol

from ..common.error import TaskCancelled

__all__ = ["Dialling"]


class Dialled(Protocol):
    """What can be opened; ``connection.Connection`` is the real one."""

    def open(self, seconds: float) -> None: ...

    def abort(self) -> None: ...


class Dialling:
    """What one synthesizer is dialling just now, on whichever threads.

    The set is changed by single operations only, so that closing takes no lock.
    """

    def __init__(self) -> None:
        self._connections: set[Dialled] = set()

    def open(self, connection: Dialled, seconds: float) -> None:
        """Open a connection, unless ``abort`` is called meanwhile.

        Raises:
            ConnectFailed: it could not be opened.
            TaskCancelled: ``abort`` was called; the connection is closed.
        """
        self._connections.add(connection)
        try:
            connection.open(seconds)
        except BaseException as error:
            if self._is_aborted(connection) and isinstance(error, Exception):
                raise _cancelled() from None
            raise
        if self._is_aborted(connection):
            connection.abort()
            raise _cancelled()

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


def _cancelled() -> TaskCancelled:
    return TaskCancelled(None, "the connection was closed by the program while it was opened", "TaskCancelled", 44)
