"""What a program implements to hear of its session."""

from __future__ import annotations

from typing import Any

__all__ = ["QwenTtsRealtimeCallback"]


class QwenTtsRealtimeCallback:
    """Derive from this and override what you need; every method does nothing by default.

    ``on_open`` is called on the thread that connects, the others on the connection's reader thread, one at a time: a
    slow one delays the audio. Any method of the session that does not wait may be called from them. What a callback
    on the reader thread raises is logged, and stops nothing.
    """

    def on_open(self) -> None:
        """The connection is open. The first event may have come before. What this raises reaches the caller."""

    def on_close(self, close_status_code: Any, close_msg: Any) -> None:
        """The connection is over; called once, last.

        Args:
            close_status_code: of the service's close frame; None where none came.
            close_msg: its text; None where there was none.
        """

    def on_event(self, message: Any) -> None:
        """An event of the service.

        Args:
            message: the event as a dict, whatever the official annotation says: ``message["type"]`` is
                ``response.audio.delta`` for audio, which is ``base64.b64decode(message["delta"])``.
        """
