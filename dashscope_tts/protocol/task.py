"""The states of a task: one table that is the whole truth about it.

The first four actions are what the program asks for, the last four what the wire brings.
"""

from __future__ import annotations

from enum import Enum

__all__ = ["TABLE", "Action", "NotAllowed", "TaskState", "next_state"]


class TaskState(Enum):
    """Where a task is between ``run-task`` and its end."""

    IDLE = "idle"
    STARTING = "starting"  # run-task sent, task-started awaited
    STARTED = "started"  # text may be sent, audio may come
    FINISHING = "finishing"  # finish-task sent, the rest of the audio comes
    CANCELLING = "cancelling"  # cancel sent; nothing reaches the program's on_data and on_event any more
    FINISHED = "finished"
    FAILED = "failed"  # the service said task-failed
    LOST = "lost"  # the connection went away first

    # Enum members hash by name in Python code; the default identity hash is quicker and means the same.
    __hash__ = object.__hash__

    @property
    def is_over(self) -> bool:
        """Whether nothing more can come of the task."""
        return self in _OVER

    @property
    def is_running(self) -> bool:
        """Whether the task has begun and is not over."""
        return self in _RUNNING

    @property
    def takes_audio(self) -> bool:
        """Whether a binary frame that arrives now belongs to the task and may reach the program."""
        return self is TaskState.STARTED or self is TaskState.FINISHING


class Action(Enum):
    """What can happen to a task."""

    RUN = "run"
    TEXT = "text"  # a fragment, or a flush
    FINISH = "finish"
    CANCEL = "cancel"
    ON_STARTED = "task-started"
    ON_FINISHED = "task-finished"
    ON_FAILED = "task-failed"
    ON_LOST = "wire lost"

    __hash__ = object.__hash__


class NotAllowed(Exception):
    """The program asked for something the task's state does not allow."""

    def __init__(self, state: TaskState, action: Action) -> None:
        super().__init__(f"{action.value} is not possible while the task is {state.value}")
        self.state = state
        self.action = action


_S = TaskState
_ERROR = None  # the program may not do that now
_COLUMNS = tuple(Action)
_ROWS: dict[TaskState, tuple[TaskState | None, ...]] = {
    # state:         run          text       finish        cancel        started     finished     failed     lost
    _S.IDLE: (_S.STARTING, _ERROR, _ERROR, _ERROR, _S.IDLE, _S.IDLE, _S.IDLE, _S.LOST),
    _S.STARTING: (_ERROR, _ERROR, _ERROR, _S.CANCELLING, _S.STARTED, _S.FINISHED, _S.FAILED, _S.LOST),
    _S.STARTED: (_ERROR, _S.STARTED, _S.FINISHING, _S.CANCELLING, _S.STARTED, _S.FINISHED, _S.FAILED, _S.LOST),
    _S.FINISHING: (_ERROR, _ERROR, _ERROR, _S.CANCELLING, _S.FINISHING, _S.FINISHED, _S.FAILED, _S.LOST),
    _S.CANCELLING: (_ERROR, _ERROR, _ERROR, _S.CANCELLING, _S.CANCELLING, _S.FINISHED, _S.FINISHED, _S.LOST),
    _S.FINISHED: (_S.STARTING, _ERROR, _ERROR, _S.FINISHED, _S.FINISHED, _S.FINISHED, _S.FINISHED, _S.FINISHED),
    _S.FAILED: (_S.STARTING, _ERROR, _ERROR, _S.FAILED, _S.FAILED, _S.FAILED, _S.FAILED, _S.FAILED),
    _S.LOST: (_S.STARTING, _ERROR, _ERROR, _S.LOST, _S.LOST, _S.LOST, _S.LOST, _S.LOST),
}
TABLE: dict[tuple[TaskState, Action], TaskState | None] = {
    (state, action): after
    for state, row in _ROWS.items()
    for action, after in zip(_COLUMNS, row)
}
_OVER = frozenset((_S.FINISHED, _S.FAILED, _S.LOST))
_RUNNING = frozenset((_S.STARTING, _S.STARTED, _S.FINISHING, _S.CANCELLING))


def next_state(state: TaskState, action: Action) -> TaskState:
    """The state after ``action``; the same state where the action changes nothing.

    Raises:
        NotAllowed: the program asked for something this state does not allow. What the wire brings is never
            refused.
    """
    after = TABLE[state, action]
    if after is None:
        raise NotAllowed(state, action)
    return after
