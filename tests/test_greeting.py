"""A task that begins with its connection: where opening it and giving it up meet, one wins and the other is void."""

from __future__ import annotations

import threading

import pytest

from dashscope_tts.common.error import ConnectFailed, TaskCancelled
from dashscope_tts.protocol.task import Action, TaskState
from dashscope_tts.transport.conversation import Conversation
from dashscope_tts.transport.deadline import Deadline
from dashscope_tts.transport.live_task import LiveTask
from dashscope_tts.transport.starting import start_task


class _Link:
    """A connection that is greeted on a thread of its own, before, while or after its opener gives up."""

    is_open = True
    on_reader_thread = False

    def __init__(self, gives_up: bool, greets: bool) -> None:
        self.sent: list[str] = []
        self.closed = False
        self.greet = None
        self._gives_up, self._greets = gives_up, greets

    def open(self, seconds, greet=None):
        self.greet = lambda: greet(threading.Event())
        if self._greets:
            reader = threading.Thread(target=self.greet)
            reader.start()
            reader.join()
        if self._gives_up:
            raise ConnectFailed(None, "no answer", "ConnectFailed")

    def send(self, *texts):
        self.sent += texts

    def close(self, then=None):
        self.closed = True

    def pin(self):
        pass

    unpin = wake = abort = pin


def _open_directly(connection, seconds, greet):
    """As dialling does where it could not stop the greeting any more."""
    connection.open(seconds, greet)


def _start(link):
    task = LiveTask("id")
    conversation = Conversation(task, silence_seconds=60)

    def start():
        said = (Action.TEXT, "continue-task")
        dial = lambda: conversation.open(link, 5.0)  # noqa: E731
        start_task(conversation, task, "run-task", dial, Deadline(0.1), lambda task: None, [said])

    return conversation, start


def test_an_opening_after_it_was_given_up_begins_no_task():
    link = _Link(gives_up=True, greets=False)
    conversation, start = _start(link)
    conversation.dialling.open = _open_directly
    with pytest.raises(ConnectFailed):
        start()
    link.greet()
    assert conversation.task.state is TaskState.IDLE
    assert link.sent == []


def test_a_task_that_was_begun_just_before_is_ended():
    link = _Link(gives_up=True, greets=True)
    conversation, start = _start(link)
    with pytest.raises(ConnectFailed):
        start()
    assert link.sent == ["run-task"]
    assert conversation.task.state is TaskState.LOST
    assert isinstance(conversation.task.failure, TaskCancelled)
    assert conversation.wire is None
    assert link.closed
