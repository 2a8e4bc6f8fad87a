"""Tasks that nobody waits for, at the end of the program.

``call`` with a callback returns at once, and the guide's program ends there: its audio must come all the same. The
reader threads are daemons, so that no program hangs for them; instead the interpreter waits, before it ends, for the
callbacks that are still owed. Each task ends with the service's answer, the loss of its connection, its time limit,
or the service's silence.
"""

from __future__ import annotations

import atexit
import os
import threading
from typing import Any, Optional

__all__ = ["owe", "settle"]

_owed: set[Any] = set()
_leaving: Optional[threading.Event] = None  # set whenever one is settled; there only while the interpreter waits


def owe(task: Any) -> None:
    """The program may end only after the last callback of this task."""
    _owed.add(task)
    if task.is_told:  # it may have been quicker
        settle(task)


def settle(task: Any) -> None:
    """The last callback of this task has been called."""
    _owed.discard(task)
    if _leaving is not None:
        _leaving.set()


@atexit.register
def _wait() -> None:
    global _leaving
    _leaving = threading.Event()
    try:
        while _owed:
            _leaving.clear()
            if _owed:
                _leaving.wait()
    except KeyboardInterrupt:
        pass  # the user has had enough


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_owed.clear)  # they are the parent's
