"""What programs hold on to beyond the documented methods: attributes and hooks that delegate inward at once."""

from __future__ import annotations

import threading
from logging import DEBUG, ERROR
from typing import Any, Optional

from ...common.logging import logger
from ...protocol.realtime_state import SessionState
from ...transport.borrowed_wire import BorrowedWire
from ...transport.realtime_session import RealtimeSession, lost_as

__all__ = ["RealtimeSeams"]


class RealtimeSeams:
    """The part of a client that is there for programs written against the official one's insides.

    Subclasses bring a ``connect`` of their own, which makes the WebSocketApp itself: ``on_message``, ``on_error`` and
    ``on_close`` as its callbacks, ``_get_websocket_header()`` as its headers, ``ws`` and ``thread`` to keep it. So
    all that must happen for a session happens in these hooks and in the sending.
    """

    ws: Any
    thread: Optional[threading.Thread]
    callback: Any
    max_silence: float
    _session: RealtimeSession

    def on_message(self, ws: Any, message: Any) -> None:
        """Take a frame."""
        session = self._session_on(ws)
        event = session.take(message)
        if event is not None:
            session.tell(self.callback, "on_event", event)
        session.answered()

    def on_error(self, ws: Any, error: Any) -> None:
        """The connection has a trouble; its end follows in ``on_close``."""
        is_over = self._session.state is SessionState.FINISHED  # a normal close is no error
        logger.log(DEBUG if is_over else ERROR, "[qwen tts realtime] websocket error: %s", error)

    def on_close(self, ws: Any, close_status_code: Any, close_msg: Any) -> None:
        """The connection is over."""
        session = self._session_on(ws)
        if isinstance(session.wire, BorrowedWire):
            session.end_lost(lost_as(close_status_code, close_msg))
        session.tell_close(self.callback, close_status_code, close_msg)

    def _session_on(self, ws: Any) -> RealtimeSession:
        """The session of a connection; a new one where the program made the connection itself."""
        session = self._session
        if ws is None or session.app is ws:
            return session
        if session.app is not None and ws is not self.ws:
            return session  # another one has taken its place
        session = RealtimeSession(self, self.max_silence)
        session.adopt(BorrowedWire(ws))
        self._session = session
        return session

    # Attributes of the official object.

    @property
    def session_id(self) -> Optional[str]:
        return self._session.record.session_id

    @property
    def last_response_id(self) -> Optional[str]:
        return self._session.record.last_response_id

    @property
    def last_message(self) -> Any:
        return self._session.record.last_message

    @property
    def last_first_audio_delay(self) -> Optional[float]:
        return self._session.record.first_audio_delay
