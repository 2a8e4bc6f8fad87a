"""What programs hold on to beyond the documented methods: attributes and hooks that delegate inward at once."""

from __future__ import annotations

import threading
from typing import Any, Callable, Optional

from ...common.error import InvalidTask
from ...protocol.task import NotAllowed, TaskState
from ...transport.conversation import Conversation
from ...transport.failures import connection_lost
from ...transport.live_task import LiveTask
from .result_callback import ResultCallback

__all__ = ["ALREADY_STARTED", "SynthesizerSeams"]

ALREADY_STARTED = "task has already started."


class SynthesizerSeams:
    """The part of a synthesizer that is there for programs written against the official one's insides."""

    ws: Any
    _task: LiveTask
    _conversation: Conversation
    _cut_off: Optional[Callable[[], Exception]]
    _streaming_task: Optional[LiveTask] = None  # the task that streaming_call feeds; None once the text is ended

    @property
    def callback(self) -> Optional[ResultCallback]:
        """Who is called back; programs set it after construction, or take it away in the middle of a task."""
        callback: Optional[ResultCallback] = self._conversation.task.callback
        return callback

    @callback.setter
    def callback(self, callback: Optional[ResultCallback]) -> None:
        self._conversation.task.callback = callback

    @property
    def start_event(self) -> threading.Event:
        """Set when the task has started, or never will; programs set it themselves to free a call that is stuck."""
        return self._conversation.task.started

    @property
    def complete_event(self) -> threading.Event:
        """Set when the task is over; programs set it themselves to free a call that is stuck."""
        return self._conversation.task.ended

    @property
    def _is_started(self) -> bool:
        """Health checks look at it."""
        return self._conversation.task.state.is_running

    @property
    def _is_first(self) -> bool:
        """Whether the next fragment begins a task; programs set it after starting one by private means."""
        task = self._streaming_task
        return task is None or task.state is TaskState.FINISHED

    @_is_first.setter
    def _is_first(self, value: bool) -> None:
        if value:
            self._streaming_task = self._cut_off = None
        elif self._streaming_task is None and self._conversation.task.state is TaskState.STARTED:
            self._streaming_task = self._conversation.task

    @property
    def _audio_data(self) -> Optional[bytes]:
        """The audio of a waiting ``call`` so far."""
        return self._conversation.task.audio or None

    @property
    def _on_reader_thread(self) -> bool:
        """Whether the caller is inside a callback, and must not wait for what comes after it."""
        wire = self._conversation.wire
        return wire is not None and wire.on_reader_thread

    def _wait_for_rest(self) -> None:
        """Block until the audio of a finished text has come, or the connection has gone, or the service is silent."""
        task = self._conversation.task
        if task.state is TaskState.FINISHING and not self._on_reader_thread:
            task.ended.wait()

    # What the object pool needs: a borrowed synthesizer speaks on a conversation of the pool's, and gives it up for
    # one of its own, so that whoever goes on using a returned synthesizer disturbs nobody.

    def _speak_on(self, conversation: Conversation) -> None:
        """Go on with a conversation that is connected and idle."""
        task, self._conversation = self._conversation.task, conversation
        self._replace_task(task)
        self.ws = getattr(conversation.wire, "app", None)

    def _give_up_conversation(self) -> Conversation:
        """Part with the conversation; what is known of the last task stays here."""
        given_up, last = self._conversation, self._conversation.task
        task = LiveTask(last.id)
        task.begun_at, task.first_audio_at = last.begun_at, last.first_audio_at
        task.state = TaskState.LOST if last.state.is_running else last.state  # so that a late cancel is harmless
        self._task = task
        self._conversation = Conversation(task, given_up.silence_seconds)
        self._conversation.last_message = given_up.last_message
        self._streaming_task = None
        self.ws = None
        return given_up

    def _replace_task(self, task: LiveTask) -> None:
        try:
            self._conversation.next_task(task)
        except NotAllowed:
            raise InvalidTask(ALREADY_STARTED) from None
        self._task = task

    # The official package's own unit tests put a stand-in into ``ws`` and call these with what it "received".

    def on_message(self, ws: Any, message: Any) -> None:
        """Take a frame: str for an event, bytes for audio."""
        self._conversation.frame(message)

    def on_error(self, ws: Any, error: Any) -> None:
        """The connection went away."""
        cause = error if isinstance(error, BaseException) else ConnectionError(str(error))
        wire = self._conversation.wire
        if wire is not None:
            self._conversation.lost(wire, connection_lost(cause))

    def on_close(self, ws: Any, close_status_code: Any, close_msg: Any) -> None:
        """The connection was closed."""
        self.on_error(ws, ConnectionError(f"closed with code {close_status_code}: {close_msg}"))
