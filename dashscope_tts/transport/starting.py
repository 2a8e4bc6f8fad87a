"""The start of a task: dial where needed, ``run-task``, ``task-started``, ``on_open``."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Callable, Optional

from ..common.error import ConnectionLost
from ..protocol.task import Action
from .conversation import Conversation
from .deadline import Deadline
from .failures import cancelled
from .greeting import dial_for
from .live_task import LiveTask
from .waiting import wait_started

__all__ = ["start_task"]


def start_task(
    conversation: Conversation,
    task: LiveTask,
    run_message: str,
    dial: Callable[[], None],
    deadline: Deadline,
    on_start: Callable[[LiveTask], None],
    text: Sequence[tuple[Action, str]] = (),
) -> LiveTask:
    """Start a task and block until the service has started it; on the reader thread, send ``run-task`` and return.

    A kept connection that turns out dead before any text has been sent is replaced once.

    Args:
        conversation: whose task it is to be.
        task: an idle task.
        run_message: its ``run-task``.
        dial: has the conversation open a connection, or raises ConnectFailed.
        deadline: ends the wait for the start, which never takes more than ``START_SECONDS``.
        on_start: given the task as it is begun; ``on_open`` may send its text already.
        text: all that is to be said after the start, for a task whose end alone is waited for. It is sent by the
            reader, and the wait is for that end, no longer than it may take to start.

    Returns:
        The task that runs, or is over; another one than ``task`` if it had to be begun again.

    Raises:
        NotAllowed: a task is running.
        TaskFailed, TaskTimeout, ConnectionLost, TaskCancelled: it did not start.
    """
    if text:
        task.go_alone(*text)

    def begin(awaited: Optional[threading.Event] = None) -> None:
        on_start(task)
        conversation.begin(task, run_message, awaited)

    def begin_afresh() -> None:
        dial_for(conversation, task, begin, dial)
        wait_started(conversation, task, deadline)

    wire = conversation.wire
    in_reader = wire is not None and wire.on_reader_thread
    if not conversation.is_connected:
        begin_afresh()
    else:
        if in_reader:
            task.go_alone()
        try:
            begin()
            if not in_reader:
                wait_started(conversation, task, deadline)
        except ConnectionLost:
            if task.goes_alone and task.held_back is None:
                raise  # the text has been sent
            task = task.again()
            begin_afresh()
    if not task.goes_alone:
        _open(conversation, task)
    return task


def _open(conversation: Conversation, task: LiveTask) -> None:
    try:
        task.open()
    except BaseException:
        conversation.give_up(task, cancelled(task.id, "on_open raised"))
        raise
