"""Messages on their way out, in the order in which they were allowed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ..common.logging import logger

if TYPE_CHECKING:
    from .wire import Wire

__all__ = ["Outbox"]


class Outbox:
    """What waits to be sent on one wire.

    A message is put in while the conversation's lock is held, along with the change of state that allows it, and
    sent outside the lock by whichever thread finds nobody sending. So the order on the wire is the order of the
    states, and a callback on the reader thread never waits for a sender that itself waits for the service to be
    read from.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._waiting: list[str] = []
        self._lock = threading.Lock()
        self._sending = False

    def put(self, *messages: str) -> None:
        """Queue messages; ``flush`` sends them, in one write."""
        with self._lock:
            self._waiting.extend(messages)

    def flush(self) -> None:
        """Send what waits; return at once where another thread is at it.

        Raises:
            ConnectionLost: the connection is gone, and with it what was waiting.
        """
        while True:
            with self._lock:
                if self._sending or not self._waiting:
                    return
                self._sending = True
                messages, self._waiting = self._waiting, []
            for message in messages:
                logger.debug(">>>send %s", message)
            try:
                self._wire.send(*messages)
            except BaseException:
                with self._lock:
                    self._waiting = []
                raise
            finally:
                self._sending = False
