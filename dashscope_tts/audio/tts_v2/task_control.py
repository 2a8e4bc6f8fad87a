"""Beginning, feeding and ending the task of a synthesizer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, Optional

import websocket

from ...common.error import ConnectionLost, InvalidTask, RequestFailure
from ...protocol.task import Action, NotAllowed, TaskState
from ...transport.conversation import Conversation
from ...transport.deadline import Deadline
from ...transport.failures import closed_wire, ended_under_the_text
from ...transport.last_calls import owe
from ...transport.live_task import LiveTask
from ...transport.starting import start_task
from .parameters import merged_parameters
from .request import Request
from .seams import ALREADY_STARTED

__all__ = ["TaskControl", "text_after_cancel", "text_after_close"]

_NOT_STARTED = "speech synthesizer has not been started."


def text_after_cancel() -> Exception:
    """What a fragment gets that comes after a cancel."""
    return InvalidTask(f"{_NOT_STARTED} It was cancelled; connect() begins anew.")


def text_after_close() -> Exception:
    """What a fragment gets that comes after the connection was closed."""
    return closed_wire(None)


class TaskControl:
    """What the calls of a synthesizer are made of. ``_dial`` is the synthesizer's."""

    ws: Any
    request: Request
    last_request_id: str
    additional_params: Optional[Mapping[str, Any]]
    _hot_fix: Any
    _connect_seconds: float
    _conversation: Conversation
    _task: LiveTask  # the last one begun here
    _streaming_task: Optional[LiveTask]
    _cut_off: Optional[Callable[[], Exception]] = None  # after a cancel or a close: what a thread gets that feeds on

    def _dial(self, seconds: float) -> None:
        raise NotImplementedError

    def _has_preset_wire(self) -> bool:
        """Whether ``ws`` is an object that the program has put there, as unit tests do."""
        return self.ws is not None and not isinstance(self.ws, websocket.WebSocketApp)

    def _begin(
        self, deadline: Deadline, collect: bool, text: Optional[str] = None, timeout_text: str = ""
    ) -> LiveTask:
        """Start a task, connecting where needed.

        Where a caller waits for all of its audio and nobody for anything else, it goes alone from here.

        Args:
            deadline: for the start; for all of the task where no caller waits for its audio.
            collect: a caller waits for the audio.
            text: all of the text; None where it comes in fragments, which cannot be SSML.
            timeout_text: of the error when the deadline of a task passes that no caller waits for.
        """
        conversation = self._conversation
        if conversation.task.state.is_running:
            raise InvalidTask(ALREADY_STARTED)
        self._streaming_task = None
        self._cut_off = None
        if self._has_preset_wire():
            from ...transport.borrowed_wire import BorrowedWire

            conversation.adopt(BorrowedWire(self.ws))
        task = self._next_task(collect)
        if not collect:
            task.deadline, task.deadline_text = deadline.at, timeout_text
        parameters = merged_parameters(self.additional_params, self._hot_fix, ssml=text is not None)
        run_message = self.request.get_start_request(parameters)
        try:
            return start_task(
                conversation,
                task,
                run_message,
                lambda: self._dial(deadline.left(self._connect_seconds) or 0.0),
                deadline,
                self._feed if text is None else self._take_up,
                self._whole(text) if text is not None and collect and task.callback is None else (),
            )
        except NotAllowed:
            self._task = conversation.task  # another thread's, begun in this very moment
            raise InvalidTask(ALREADY_STARTED) from None
        except BaseException:
            self._streaming_task = None
            raise

    def _take_up(self, task: LiveTask) -> None:
        """This is the task of this synthesizer from now on."""
        self._task = task

    def _feed(self, task: LiveTask) -> None:
        """And it is the one that fragments go to."""
        self._task = self._streaming_task = task

    def _next_task(self, collect: bool) -> LiveTask:
        """The task to run next: the one made by the constructor, or a new one with an id of its own."""
        task = self._conversation.task
        if task.state is not TaskState.IDLE:
            self.request.task_id = self.last_request_id = self.request.gen_uid()
            task = LiveTask(self.request.task_id, task.callback)
        task.collect = collect
        task.mark_begun()
        return task

    def _whole(self, text: str) -> tuple[tuple[Action, str], ...]:
        """All that is said in a task whose text is there from the beginning."""
        return (
            (Action.TEXT, self.request.get_continue_request(text)),
            (Action.FINISH, self.request.get_finish_request()),
        )

    def _say(self, *said: tuple[Action, str]) -> None:
        """Send messages of the running task.

        Raises:
            InvalidTask: there is none that would take it.
            ConnectionLost: there was one, and it has failed.
        """
        task = self._task  # not the conversation's: a pooled one may be another synthesizer's by now
        try:
            self._conversation.say(task, *said)
        except NotAllowed:
            if task.failure is not None and task.state is not TaskState.FINISHED:
                raise ended_under_the_text(task.failure, task.id) from None
            raise InvalidTask(_NOT_STARTED) from None
        except ConnectionLost:
            raise
        except RequestFailure as failure:  # the reader had learnt of it when the frame could not be sent
            raise ended_under_the_text(failure, task.id) from failure

    def _owe_last_calls(self, task: LiveTask) -> None:
        """Have the interpreter wait for the callbacks of a task that no caller waits for."""
        if not task.collect and not self._has_preset_wire():
            owe(task)

    def _finish_text(self) -> Optional[LiveTask]:
        """Send the end of the text; None where the task is over, of which the callback hears."""
        task = self._streaming_task or self._task
        streamed, self._streaming_task = self._streaming_task is not None, None
        if streamed and task.failure is not None:
            return None
        if not task.state.is_running:
            raise InvalidTask(_NOT_STARTED)
        try:
            self._say((Action.FINISH, self.request.get_finish_request()))
        except ConnectionLost:
            if task.callback is None:
                raise
            return None
        return task
