"""The task that a connection is opened for: begun on the reader thread, as soon as the connection is open."""

from __future__ import annotations

import threading
from typing import Any, Callable, Optional

from .conversation import Conversation
from .failures import cancelled
from .live_task import LiveTask
from .waiting import START_SECONDS

__all__ = ["dial_for"]

Begin = Callable[[Optional[threading.Event]], None]


def dial_for(conversation: Conversation, task: LiveTask, begin: Begin, dial: Callable[[], None]) -> None:
    """Open a connection and begin a task there.

    The caller is not woken in between, nor before the task has started, or is over if it goes alone: each change of
    threads would take as long as the service does to answer.

    Args:
        conversation: has no connection.
        task: an idle task.
        begin: sends its ``run-task``; given what the caller waits on meanwhile.
        dial: calls ``conversation.open`` with a new connection. If it dials in another way, or on another thread,
            the task is begun here.

    Raises:
        ConnectFailed: no connection.
        NotAllowed: another thread has begun a task here meanwhile.
        ConnectionLost: the connection went away at once.
    """
    greeting = _Greeting(conversation, begin)
    thread = threading.get_ident()
    conversation.openers[thread] = greeting.open
    try:
        dial()
    except BaseException:
        if greeting.end():
            conversation.give_up(task, cancelled(task.id, "the wait for its start has ended"))
        raise
    finally:
        conversation.openers.pop(thread, None)
    if not greeting.end():
        begin(None)
    if greeting.failure is not None:
        raise greeting.failure


class _Greeting:
    def __init__(self, conversation: Conversation, begin: Begin) -> None:
        self.failure: Optional[BaseException] = None
        self._is_given = self._is_off = False
        self._lock = threading.Lock()
        self._conversation = conversation
        self._begin = begin

    def open(self, connection: Any, seconds: float) -> None:
        """Open the connection, and block until the task has got as far as the caller would wait for.

        Where the program lets connecting take longer than starting, the time for that begins with the opening, so
        the opening itself is waited for.
        """

        def greet(settled: threading.Event) -> bool:
            return self._give(connection, settled if seconds <= START_SECONDS else None)

        self._conversation.dialling.open(connection, seconds, greet)

    def _give(self, connection: Any, awaited: Optional[threading.Event]) -> bool:
        with self._lock:
            if self._is_off:
                return False  # opened in the moment in which that was given up
            self._is_given = True
            try:
                self._conversation.adopt(connection)
                self._begin(awaited)
            except BaseException as failure:
                self.failure = failure
                return False
            return awaited is not None

    def end(self) -> bool:
        """Whether the greeting has been given; from now on it will not be."""
        with self._lock:
            self._is_off = True
            return self._is_given
