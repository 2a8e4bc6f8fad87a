"""What programs hold on to beyond the documented methods: attributes and hooks that delegate inward at once."""

from __future__ import annotations

import threading
from typing import Any, Optional

from ...protocol.task import TaskState
from ...transport.conversation import Conversation
from ...transport.failures import connection_lost
from ...transport.live_task import LiveTask
from .result_callback import ResultCallback

__all__ = ["SynthesizerSeams"]


class SynthesizerSeams:
    """The part of a synthesizer that is there for programs written against the official one's insides."""

    _conversation: Conversation
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
            self._streaming_task = None
        elif self._streaming_task is None and self._conversation.task.state is TaskState.STARTED:
            self._streaming_task = self._conversation.task

    @property
    def _audio_data(self) -> Optional[bytes]:
        """The audio of a waiting ``call`` so far."""
        return self._conversation.task.audio or None

    @property
    def last_response(self) -> Optional[dict[str, Any]]:
        """The last JSON message of the service."""
        return self._conversation.last_message

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
