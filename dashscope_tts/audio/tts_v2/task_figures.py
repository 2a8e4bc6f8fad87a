"""What can be asked about the last task."""

from __future__ import annotations

from typing import Any, Optional

from ...transport.conversation import Conversation

__all__ = ["TaskFigures"]


class TaskFigures:
    """The getters of a synthesizer."""

    last_request_id: str
    _conversation: Conversation

    def get_last_request_id(self) -> str:
        """The id of the task that runs or ran last; known before the first one begins."""
        return self.last_request_id

    def get_first_package_delay(self) -> float:
        """Milliseconds from the start of the last task, connecting included, to its first audio.

        0 before any task, -1 while or if no audio came.
        """
        return self._conversation.task.first_package_delay

    def get_response(self) -> Optional[dict[str, Any]]:
        """The last JSON message of the service, for instance a ``task-failed``; None before any."""
        return self._conversation.last_message

    @property
    def last_response(self) -> Optional[dict[str, Any]]:
        """The same, under the name of the official attribute."""
        return self._conversation.last_message

    @property
    def callback_error(self) -> Optional[BaseException]:
        """The first exception a callback raised on the reader thread in the last task, which was logged there."""
        return self._conversation.task.callback_error
