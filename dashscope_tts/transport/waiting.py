"""Waiting for the start of a task, and for its end."""

from __future__ import annotations

import threading
import time
from typing import Optional

from ..common.error import TaskCancelled, TaskTimeout
from ..protocol.task import TaskState
from .conversation import Conversation
from .deadline import Deadline
from .failures import cancelled, out_of_time
from .live_task import LiveTask

__all__ = ["START_SECONDS", "wait_ended", "wait_started"]

START_SECONDS = 10.0  # how long the service may take to start a task


def wait_started(conversation: Conversation, task: LiveTask, deadline: Deadline) -> None:
    """Block until the service has started the task; if that goes alone, until it is over.

    One that goes alone and has started, but is not over when the time for starting has passed, is left to itself.

    Raises:
        TaskFailed: the service refused it.
        TaskTimeout: it did not start in time; the connection is closed.
        ConnectionLost: the connection went away.
        TaskCancelled: the program ended the task, or the wait, from another thread.
    """
    event = task.ended if task.goes_alone else task.started
    seconds = max(0.0, task.owes_since + START_SECONDS - time.monotonic())
    happened = _wait(conversation, task, event, deadline.left(seconds))
    if task.goes_alone and not happened and task.state is not TaskState.STARTING:
        return
    if not happened:
        allowed = START_SECONDS if deadline.seconds is None else min(START_SECONDS, deadline.seconds)
        text = f"start speech synthesizer failed within {allowed:g}s."
        conversation.give_up(task, out_of_time(task.id, text))
    if not task.goes_alone:
        conversation.see_start(task)
    if not task.state.is_over and (task.goes_alone or task.state is TaskState.STARTING):
        conversation.give_up(task, _ended_before_start(task))
    if task.failure is not None:
        raise task.failure
    if task.state is TaskState.CANCELLING:
        raise _ended_before_start(task)  # the connection stays, and the service confirms


def _ended_before_start(task: LiveTask) -> TaskCancelled:
    return cancelled(task.id, "the task was ended by the program before it had started")


def wait_ended(conversation: Conversation, task: LiveTask, seconds: Optional[float], timeout_text: str) -> None:
    """Block until the task is over, whichever way; look at its state and failure then.

    Raises:
        TaskTimeout: it is not over after ``seconds`` (None: no limit); the connection is closed.
    """
    if not _wait(conversation, task, task.ended, seconds):
        conversation.give_up(task, out_of_time(task.id, timeout_text))
    if not task.state.is_over:
        conversation.give_up(task, cancelled(task.id, "the wait was ended by the program before the task was over"))
    elif isinstance(task.failure, TaskTimeout) and not task.ended_by_reader:
        raise task.failure


def _wait(conversation: Conversation, task: LiveTask, event: threading.Event, seconds: Optional[float]) -> bool:
    try:
        return event.wait(seconds)
    except BaseException:  # Ctrl-C
        conversation.give_up(task, cancelled(task.id, "the wait was interrupted"))
        raise
