"""A task while it runs: its state, what came of it so far, and who waits for it."""

from __future__ import annotations

import threading
import time
from typing import Any, Callable, Optional

from ..common.error import RequestFailure, TaskTimeout
from ..common.logging import logger
from ..protocol.task import Action, NotAllowed, TaskState
from .failures import out_of_time
from .last_calls import settle

__all__ = ["LiveTask"]


class _StartEvent(threading.Event):
    """Programs set it to free a call that is stuck in its start, and that may be waiting for more than the start."""

    frees: Optional[threading.Event] = None

    def set(self) -> None:
        super().set()
        if self.frees is not None:
            self.frees.set()


class LiveTask:
    """One task of a conversation. Its conversation alone changes its state, under its lock.

    Args:
        task_id: the id that both sides name it by.
        callback: whose ``on_...`` methods are called; None for nobody.
        collect: keep the audio, for a caller that waits for all of it.
    """

    def __init__(self, task_id: str, callback: Any = None, collect: bool = False) -> None:
        self.id = task_id
        self.callback = callback
        self.collect = collect
        self.state = TaskState.IDLE
        self.started: threading.Event = _StartEvent()
        self.ended = threading.Event()
        self.failure: Optional[RequestFailure] = None  # the first cause; never overwritten
        self.callback_error: Optional[BaseException] = None  # the first exception a callback raised
        self.is_told = False  # the last callback has been called
        self.ended_by_reader = False  # by a time limit or a loss, rather than by a caller who waited
        self.deadline: Optional[float] = None  # when the reader ends the task, on the monotonic clock
        self.deadline_text = ""  # what to say then
        self.goes_alone = False  # nobody waits for its start
        self.held_back: Optional[list[tuple[Action, str]]] = None  # what to say when it has started, if it goes alone
        self.start_seen = False  # by who waits for it; from then on the callback is told of the end
        self._open_lock = threading.Lock()
        self._after_open: Optional[list[Callable[[], None]]] = None  # what is to be told when on_open has returned
        self.owes_since = 0.0  # when run-task, the end of the text, or a cancel was sent
        self.begun_at = 0.0
        self.first_audio_at: Optional[float] = None
        self._chunks: list[bytes] = []

    def mark_begun(self) -> None:
        """The first package delay counts from here."""
        self.begun_at = time.monotonic()

    def again(self) -> LiveTask:
        """The same task, to be begun once more on another connection."""
        task = LiveTask(self.id, self.callback, self.collect)
        task.deadline, task.deadline_text, task.begun_at = self.deadline, self.deadline_text, self.begun_at
        if self.held_back:
            task.go_alone(*self.held_back)
        return task

    def go_alone(self, *messages: tuple[Action, str]) -> None:
        """Have nobody wait for the start: these messages, and what is said before it, are sent when it comes."""
        self.goes_alone = self.start_seen = True
        self.held_back = list(messages)

    def begin(self, awaited: Optional[threading.Event]) -> None:
        """It is begun now; ``awaited`` is what a caller waits on already: the start or, if it goes alone, the end."""
        self.owes_since = time.monotonic()
        if not self.goes_alone:
            self.started = awaited or self.started
            return
        self.ended = awaited or self.ended
        if isinstance(self.started, _StartEvent):
            self.started.frees = self.ended

    def wake_for_start(self) -> None:
        """Wake who waits for the start."""
        if isinstance(self.started, _StartEvent):
            self.started.frees = None
        self.started.set()

    def wake_for_end(self) -> None:
        """Wake who waits for anything."""
        self.deadline = None
        self.started.set()
        self.ended.set()

    @property
    def owes_rest(self) -> bool:
        """Whether the service must say something next, whatever the program does."""
        state = self.state
        if state is TaskState.STARTING:
            return self.goes_alone  # otherwise a thread waits, with a limit of its own
        return state is TaskState.FINISHING or state is TaskState.CANCELLING

    def patience_ends(self, silent_since: float, silence_seconds: float) -> Optional[float]:
        """When the service has been waited for too long, on the monotonic clock; None while nothing limits it."""
        if not self.state.is_running:
            return None
        if not self.owes_rest:
            return self.deadline
        limit = max(silent_since, self.owes_since) + silence_seconds
        return limit if self.deadline is None else min(limit, self.deadline)

    def look_again_at(self, silent_since: float, silence_seconds: float) -> Optional[float]:
        """When the reader must look again whether it has waited for too long; None for not at all."""
        limit = self.patience_ends(silent_since, silence_seconds)
        if self.owes_rest or not self.state.is_running:
            return limit
        # If the end of the text is sent meanwhile, patience with it ends no sooner than this.
        again = time.monotonic() + silence_seconds
        return again if limit is None else min(limit, again)

    def out_of_patience(self, silent_since: float, silence_seconds: float) -> Optional[TaskTimeout]:
        """The error of a task that has been waited for too long; None if it has not."""
        limit, now = self.patience_ends(silent_since, silence_seconds), time.monotonic()
        if limit is None or limit > now:
            return None
        if self.deadline is not None and self.deadline <= now:
            text = self.deadline_text
        else:
            text = f"the service has sent nothing for {silence_seconds:g}s"
        return out_of_time(self.id, text)

    @property
    def audio(self) -> bytes:
        """The audio collected so far."""
        if len(self._chunks) > 1:
            self._chunks = [b"".join(self._chunks)]
        return self._chunks[0] if self._chunks else b""

    @property
    def first_package_delay(self) -> float:
        """Milliseconds from the start of the task, before connecting, to its first audio.

        0 before any task has begun, -1 while no audio has come.
        """
        if not self.begun_at:
            return 0.0
        return -1.0 if self.first_audio_at is None else (self.first_audio_at - self.begun_at) * 1000

    def take_audio(self, data: bytes) -> None:
        """A binary frame, on the reader thread."""
        logger.debug("<<<recv binary %d", len(data))
        if self.first_audio_at is None:
            self.first_audio_at = time.monotonic()
            logger.debug("first package delay %.1f", self.first_package_delay)
        if self.collect:
            self._chunks.append(data)
        if self.callback is not None:
            self.tell("on_data", data)

    def hold_back(self, action: Action, message: str) -> None:
        """Keep a message until the task has started.

        Raises:
            NotAllowed: the end of the text is already among what is held back.
        """
        assert self.held_back is not None
        if any(held is Action.FINISH for held, _ in self.held_back):
            raise NotAllowed(TaskState.FINISHING, action)
        self.held_back.append((action, message))

    def see_start(self) -> None:
        """Who waited for the start has seen it, and will call ``open``."""
        self.start_seen, self._after_open = True, []

    def open(self) -> None:
        """Call on_open, then tell what came meanwhile: a connection may go away in that moment."""
        try:
            if self.callback is not None:
                self.callback.on_open()
        finally:
            with self._open_lock:
                waiting, self._after_open = self._after_open or [], None
        for tell in waiting:
            tell()

    def after_open(self, tell: Callable[[], None]) -> None:
        """Tell the end of the task: now, or after on_open by whoever is calling that."""
        with self._open_lock:
            if self._after_open is not None:
                self._after_open.append(tell)
                return
        tell()

    def tell_failure(self, text: str) -> None:
        """Tell the program that the task failed; ``text`` is JSON in the shape of a task-failed."""
        self.tell("on_error", text)

    def tell(self, method: str, *arguments: Any) -> None:
        """Call the program back. What it raises is logged and kept, and stops nothing; ``on_close`` is the last."""
        try:
            if self.callback is not None:
                getattr(self.callback, method)(*arguments)
        except BaseException as error:
            if self.callback_error is None:
                self.callback_error = error
            logger.error("%s of the callback raised %r", method, error, exc_info=True)
        finally:
            if method == "on_close":
                self.is_told = True
                settle(self)
