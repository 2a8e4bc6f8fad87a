"""The start of a task: dial where needed, ``run-task``, ``task-started``, ``on_open``."""

from __future__ import annotations

from typing import Callable

from ..common.error import ConnectionLost, TaskCancelled
from .conversation import Conversation
from .deadline import Deadline
from .live_task import LiveTask

__all__ = ["START_SECONDS", "start_task"]

START_SECONDS = 10.0


def start_task(
    conversation: Conversation,
    task: LiveTask,
    run_message: str,
    dial: Callable[[], None],
    deadline: Deadline,
    on_start: Callable[[LiveTask], None],
) -> LiveTask:
    """Start a task and block until the service has started it; on the reader thread, send ``run-task`` and return.

    A kept connection that turns out dead before the start is replaced once: no text had been sent on it.

    Args:
        conversation: whose task it is to be.
        task: an idle task.
        run_message: its ``run-task``.
        dial: opens a connection and has the conversation adopt it, or raises ConnectFailed.
        deadline: ends the wait for the start, which never takes more than ``START_SECONDS``.
        on_start: given the task as it is begun; ``on_open`` may send its text already.

    Returns:
        The task that runs; another one than ``task`` if it had to be begun again.

    Raises:
        NotAllowed: a task is running.
        TaskFailed, TaskTimeout, ConnectionLost, TaskCancelled: it did not start.
    """
    kept = conversation.is_connected
    if not kept:
        dial()
    wire = conversation.wire
    in_reader = wire is not None and wire.on_reader_thread
    on_start(task)
    try:
        conversation.begin(task, run_message, in_reader)
        if not in_reader:
            _wait(conversation, task, deadline)
    except ConnectionLost:
        if not kept:
            raise
        dial()
        task = task.again()
        on_start(task)
        in_reader = False
        conversation.begin(task, run_message)
        _wait(conversation, task, deadline)
    if not in_reader:
        try:
            task.open()
        except BaseException:
            conversation.give_up(task, TaskCancelled(task.id, "on_open raised", "TaskCancelled", 44))
            raise
    return task


def _wait(conversation: Conversation, task: LiveTask, deadline: Deadline) -> None:
    allowed = START_SECONDS if deadline.seconds is None else min(START_SECONDS, deadline.seconds)
    conversation.wait_started(
        task, deadline.left(START_SECONDS) or 0.0, f"start speech synthesizer failed within {allowed:g}s."
    )
