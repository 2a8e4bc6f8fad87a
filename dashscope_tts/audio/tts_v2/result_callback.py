"""What a program implements to hear of its task."""

from __future__ import annotations

__all__ = ["ResultCallback"]


class ResultCallback:
    """Derive from this and override what you need; every method does nothing by default.

    ``on_open`` is called on the thread that starts the task, all others on the connection's reader thread, one at a
    time: a slow one delays the audio. Any method of the synthesizer may be called from them; those that wait
    elsewhere return at once there. What a callback on the reader thread raises is logged, and stops nothing.
    """

    def on_open(self) -> None:
        """The task has started; text follows. What this raises reaches the caller that started the task."""

    def on_complete(self) -> None:
        """All audio has come."""

    def on_error(self, message: str) -> None:
        """The task failed, or its connection was lost.

        Args:
            message: JSON in the shape of the service's ``task-failed``: ``header.error_code`` and
                ``header.error_message`` say why.
        """

    def on_close(self) -> None:
        """The task is over; the last call."""

    def on_event(self, message: str) -> None:
        """A ``result-generated`` of the service: a sentence begun or ended, word timestamps, characters billed.

        Args:
            message: the JSON as it came.
        """

    def on_data(self, data: bytes) -> None:
        """A piece of audio.

        Args:
            data: bytes of the format that was asked for. For wav and mp3 only the first piece has the header.
        """
