"""The tasks of one synthesizer, one after another, on one connection after another.

``_lock`` guards the state of the task and the wire, and is held for a few assignments only: frames are sent, and
callbacks called, outside it. Callbacks come on the reader thread; ``on_open`` comes where the start is waited for.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Callable, Optional, Union

from ..common.error import ConnectionLost, RequestFailure, TaskCancelled
from ..common.logging import logger
from ..protocol import events
from ..protocol.messages import MalformedMessage
from ..protocol.task import Action, NotAllowed, TaskState, next_state
from .dialling import Dialling
from .failures import cancelled, closed_wire, malformed, task_failed
from .fork import start_afresh_in_children
from .live_task import LiveTask
from .outbox import Outbox

if TYPE_CHECKING:
    from .wire import Wire

__all__ = ["Conversation"]

_EARLIER_TASKS = 16  # ids of ended tasks that are remembered, to drop what comes late for them


class Conversation:
    """What is said and heard on the connection of one synthesizer.

    Args:
        task: the task to begin with, idle.
        silence_seconds: how long the service may say nothing at all while it owes the rest of a task.
    """

    def __init__(self, task: LiveTask, silence_seconds: float) -> None:
        self.task = task
        self.wire: Optional[Wire] = None
        self.dialling = Dialling()
        self.openers: dict[int, Callable[[Any, float], None]] = {}  # by thread; of those who open it to say something
        self.last_message: Optional[dict[str, Any]] = None
        self.silence_seconds = silence_seconds
        self.on_loss: Optional[Callable[[], None]] = None  # tells a pool that the connection has gone
        self._lock = threading.Lock()
        self._outbox: Optional[Outbox] = None
        self._earlier: tuple[str, ...] = ()
        start_afresh_in_children(self)

    def __del__(self) -> None:
        wire, self.wire, self.on_loss = getattr(self, "wire", None), None, None
        if wire is not None:
            wire.abort()  # nobody can ask for anything any more, or wants to hear of it

    # -- the connection

    @property
    def is_connected(self) -> bool:
        """Whether a task could be begun without dialling."""
        wire = self.wire
        return wire is not None and wire.is_open

    def open(self, connection: Any, seconds: float) -> None:
        """Open a connection, and speak on it from now on, beginning with what this thread wants to say.

        Raises:
            ConnectFailed: it could not be opened within ``seconds``.
            TaskCancelled: ``close`` was called meanwhile.
        """
        opener = self.openers.pop(threading.get_ident(), None)
        if opener is not None:
            opener(connection, seconds)
        else:
            self.dialling.open(connection, seconds)
            self.adopt(connection)

    def adopt(self, wire: Wire) -> None:
        """Speak on this connection from now on; the one before is closed."""
        with self._lock:
            unwanted = self.wire
            if unwanted is not None and self.task.state.is_running:
                unwanted = wire  # two threads have dialled at once, and the other one has begun its task
            else:
                self.wire, self._outbox, self._earlier = wire, Outbox(wire), ()
        if unwanted is not None:
            unwanted.close()

    def close(self) -> None:
        """Close the connection, or end its opening; a task that runs ends with it, and its waiters wake."""
        self.dialling.abort()
        self._end_unanswered(cancelled(self.task.id, "the connection was closed by the program"))

    @property
    def is_ready(self) -> bool:
        """Whether anybody's next task may run here: connected, and the last task, if any, ended cleanly."""
        state = self.task.state
        return (state is TaskState.IDLE or state is TaskState.FINISHED) and self.is_connected

    def next_task(self, task: LiveTask) -> None:
        """Put an idle task in the place of the last one.

        Raises:
            NotAllowed: that one is running.
        """
        with self._lock:
            if self.task.state.is_running:
                raise NotAllowed(self.task.state, Action.RUN)
            self.task = task

    # -- what the program asks for

    def begin(self, task: LiveTask, run_message: str, awaited: Optional[threading.Event] = None) -> None:
        """Send ``run-task`` for an idle task.

        Args:
            task: an idle one.
            run_message: the frame to send.
            awaited: what a caller waits on already.

        Raises:
            NotAllowed: a task is running, or this one was begun before.
            ConnectionLost: the connection is gone.
        """
        with self._lock:
            if self.task.state.is_running or task.state.is_over:
                raise NotAllowed(self.task.state, Action.RUN)
            task.state = next_state(task.state, Action.RUN)
            task.begin(awaited)
            self.task = task
            outbox = self._outbox
            if self.wire is not None:
                # A finished task may still be in its callbacks, and would not do it now.
                self.wire.pin() if task.goes_alone else self.wire.unpin()
            if outbox is not None:
                outbox.put(run_message)
        self._flush(outbox, task)

    def say(self, task: LiveTask, *said: tuple[Action, str]) -> None:
        """Send messages of a task, if its state allows them; of a task that has been replaced it does not.

        Raises:
            NotAllowed: it does not.
            ConnectionLost: the connection is gone.
        """
        with self._lock:
            outbox, cancelled_before_start = self._outbox, False
            for action, message in said:
                before = task.state
                if task.held_back is not None and before is TaskState.STARTING and action is not Action.CANCEL:
                    task.hold_back(action, message)
                    continue
                task.state = next_state(before, action)
                if before.is_over or before is TaskState.CANCELLING:
                    return  # a cancel that has nothing left to do
                cancelled_before_start = before is TaskState.STARTING
                if action is not Action.TEXT:
                    task.owes_since = time.monotonic()
                    if self.wire is not None:
                        self.wire.pin()  # the rest comes by itself, whether or not the program keeps the synthesizer
                if outbox is not None:
                    outbox.put(message)
        if cancelled_before_start and not task.goes_alone:
            task.wake_for_start()  # who waits for the start need not wait for the answer
        self._flush(outbox, task)

    def _flush(self, outbox: Optional[Outbox], task: LiveTask) -> None:
        try:
            if outbox is None:
                raise closed_wire(None, task.id)
            outbox.flush()
        except ConnectionLost as error:
            self._end_unanswered(error, task)
            if task.failure is not None and task.failure is not error:
                raise task.failure from error  # the reader knew more
            raise

    def see_start(self, task: LiveTask) -> None:
        """Who waited for the start of the task has seen it, unless it is over or cancelled."""
        with self._lock:
            if task.failure is None and task.state is not TaskState.CANCELLING:
                task.see_start()

    def give_up(self, task: LiveTask, failure: RequestFailure) -> None:
        """End a task without the service's answer for a caller that is told, so that no callback is.

        The connection cannot be used again, as frames of the task may still be on their way.
        """
        _, wire = self._end(task, Action.ON_LOST, failure)
        if wire is not None:
            wire.unpin()
            wire.close()

    # -- what the wire brings, on the reader thread

    def frame(self, data: Union[str, bytes]) -> None:
        """A text frame as str, a binary one as bytes."""
        if isinstance(data, str):
            self._event(data)
            return
        task = self.task
        if task.state.takes_audio:
            task.take_audio(data)
        else:
            logger.debug("%d bytes of audio dropped: the task is %s", len(data), task.state.value)
            if self.on_loss is not None and task.state is not TaskState.CANCELLING:  # an earlier borrower's
                self._end_unanswered(malformed(ValueError("audio of no task")), by_reader=True)

    def _event(self, text: str) -> None:
        logger.debug("<<<recv %s", text)
        try:
            event = events.parse_server_event(text)
        except MalformedMessage as error:
            self._end_unanswered(malformed(error), by_reader=True)
            return
        task = self.task
        if event.task_id in self._earlier and event.task_id != task.id:
            logger.debug("%s of an earlier task dropped", event.name)
            return
        self.last_message = event.message
        if event.name == events.RESULT_GENERATED:
            if task.state.takes_audio:
                task.tell("on_event", text)
        elif event.name == events.TASK_STARTED:
            self._started(task)
        elif event.name == events.TASK_FINISHED:
            self._finished(task)
        elif event.name == events.TASK_FAILED:
            self._failed(task, event, text)

    def _started(self, task: LiveTask) -> None:
        with self._lock:
            task.state = next_state(task.state, Action.ON_STARTED)
        task.wake_for_start()
        if task.held_back is None or task.state is not TaskState.STARTED:
            return
        task.tell("on_open")
        with self._lock:
            held_back, task.held_back = task.held_back, None
            outbox = self._outbox
            if outbox is not None:
                for action, message in held_back:
                    if task.state is TaskState.STARTED:
                        task.state = next_state(task.state, action)
                        outbox.put(message)
        try:
            self._flush(outbox, task)
        except ConnectionLost:
            pass  # told through on_error

    def _finished(self, task: LiveTask) -> None:
        before, wire = self._end(task, Action.ON_FINISHED)
        if not before.is_running:
            return
        task.tell("on_complete")
        task.tell("on_close")
        with self._lock:
            if wire is not None and self.task is task:
                wire.unpin()

    def _failed(self, task: LiveTask, event: events.ServerEvent, text: str) -> None:
        failure = task_failed(event)
        before, wire = self._end(task, Action.ON_FAILED, failure)
        if before is TaskState.CANCELLING:
            task.tell("on_complete")
        elif before.is_running:
            logger.error("TaskFailed: %s", text)
            task.after_open(lambda: task.tell_failure(text))
        if before.is_running:
            task.after_open(lambda: task.tell("on_close"))
        if wire is not None:
            wire.unpin()
            wire.close()  # the service closes it too

    def lost(self, wire: Any, failure: ConnectionLost) -> None:
        """The connection went away."""
        self._end_unanswered(failure, wire=wire, by_reader=True)
        if self.on_loss is not None:
            self.on_loss()

    # -- the end of a task

    def _end(
        self,
        task: LiveTask,
        action: Action,
        failure: Optional[RequestFailure] = None,
        wire: Any = None,
        by_reader: bool = False,
    ) -> tuple[TaskState, Optional[Wire]]:
        """End a task, and give what is owed to who waits for it; callbacks are the caller's business.

        Returns:
            The state before, and the wire the task ran on, which is no longer this conversation's unless the task
            finished. With ``wire``, nothing happens if that is no longer the wire.
        """
        with self._lock:
            on = self.wire
            before = task.state
            if self.task is not task or (wire is not None and wire is not on):
                return TaskState.IDLE, None
            task.state = next_state(before, action)
            if action is not Action.ON_FINISHED:
                self.wire = self._outbox = None
            if before is TaskState.STARTED and not task.start_seen:
                before = TaskState.STARTING  # who waits for the start will be told, and nobody else
            if before.is_running:
                task.ended_by_reader = by_reader
                self._earlier = (*self._earlier, task.id)[-_EARLIER_TASKS:]
                if before is TaskState.CANCELLING:
                    failure = cancelled(task.id, "the task was cancelled by the program")
                task.failure = failure
        if before.is_running:
            task.wake_for_end()
        return before, on

    def _end_unanswered(
        self,
        failure: RequestFailure,
        task: Optional[LiveTask] = None,
        wire: Any = None,
        by_reader: bool = False,
    ) -> None:
        """End a task that can get no answer any more, because its connection is gone or is given up here."""
        task = task or self.task
        if failure.request_id is None:
            failure.request_id = task.id
        before, on = self._end(task, Action.ON_LOST, failure, wire, by_reader)

        def tell() -> None:
            # Who waits for the start is told there; of a task that was begun in the reader nobody waits.
            if before.is_running and (before is not TaskState.STARTING or task.goes_alone):
                if before is not TaskState.CANCELLING and not isinstance(failure, TaskCancelled):
                    task.tell_failure(events.task_failed(task.id, failure.name or "", str(failure.message)))
                task.tell("on_close")
            if on is not None:
                on.unpin()

        if on is not None:
            on.close(lambda: task.after_open(tell))
        else:
            task.after_open(tell)

    # -- time, on the reader thread

    def set_deadline(self, task: LiveTask, at: Optional[float], text: str) -> None:
        """Have the reader end the task at this moment of the monotonic clock, for a caller that does not wait."""
        with self._lock:
            wire = self.wire
            if at is None or wire is None or not task.state.is_running:
                return
            task.deadline, task.deadline_text = at, text
        wire.wake()

    @property
    def may_wake(self) -> bool:
        """Whether a deadline may be set while the reader waits: not while all of the task is waited for."""
        task = self.task
        return task.state.is_running and not (task.goes_alone and task.collect)

    def due(self, waiting_since: float) -> Optional[float]:
        """When the reader must stop waiting for the service."""
        return self.task.look_again_at(waiting_since, self.silence_seconds)

    def overdue(self, waiting_since: float) -> None:
        """That moment has come."""
        failure = self.task.out_of_patience(waiting_since, self.silence_seconds)
        if failure is not None:
            self._end_unanswered(failure, by_reader=True)

    # -- fork

    def start_afresh_after_fork(self) -> None:
        """In a child process: the connection is the parent's, and the lock may have been held by another thread."""
        self._lock = threading.Lock()
        wire = self.wire
        self._end(self.task, Action.ON_LOST, closed_wire(None, self.task.id))
        if wire is not None:
            wire.abort()
