"""One realtime session: one connection, from its opening to its end.

``_changed`` guards the state, the record and the wire, and is held for a few assignments only: events are sent, and
the program called back, outside it. What the wire brings comes on the reader thread.
"""

from __future__ import annotations

import threading
import time
import weakref
from typing import Any, Callable, Optional, Protocol, Union

from ..common.error import ConnectionLost, RequestFailure
from ..common.logging import logger
from ..protocol import realtime_events as events
from ..protocol.messages import MalformedMessage
from ..protocol.realtime_messages import COMMIT_MODE, SERVER_COMMIT_MODE
from ..protocol.realtime_state import SessionAction, SessionState, next_session_state
from .borrowed_wire import BorrowedWire
from .failures import cancelled, closed_wire, connection_lost, out_of_time
from .fork import start_afresh_in_children
from .outbox import Outbox
from .realtime_record import RealtimeRecord
from .wire import Wire

__all__ = ["Owner", "RealtimeSession"]

_GOODBYE_SECONDS = 5.0  # how long the service may keep a finished session's connection open
_LOGGED = 1024  # characters of a message in the log


class Owner(Protocol):
    """Whose session it is. Both are called on the reader thread."""

    def on_message(self, ws: Any, message: Any) -> None: ...

    def on_close(self, ws: Any, close_status_code: Any, close_msg: Any) -> None: ...


class RealtimeSession:
    """What is said and heard on one connection.

    The owner is held weakly, so that one nobody holds any more can go and take the connection with it; but not while
    the service owes a response or the end of the session.

    Args:
        owner: gets each frame, and the end.
        silence_seconds: how long the service may say nothing at all while it owes something.
    """

    def __init__(self, owner: Owner, silence_seconds: float) -> None:
        self.record = RealtimeRecord()
        self.state = SessionState.CLOSED
        self.mode = SERVER_COMMIT_MODE
        self.silence_seconds = silence_seconds
        self.wire: Optional[Wire] = None  # None before the connection and after its end
        self.app: Any = None
        self.failure: Optional[RequestFailure] = None  # the first cause of its end
        self.callback_error: Optional[BaseException] = None
        self.is_unused = True  # nothing has been sent yet
        self.heard = threading.Event()  # the program has been told of the first event
        self.ended = threading.Event()  # the connection is gone, and the program has been told
        self._owner = weakref.ref(owner)
        self._kept: Optional[Owner] = None
        self._owed_since = 0.0
        self._is_ours = True
        self._outbox: Optional[Outbox] = None
        self._has_told_close = False
        self._changed = threading.Condition(threading.Lock())
        start_afresh_in_children(self)

    def adopt(self, wire: Any) -> None:
        """Speak on this connection, which is open or about to be."""
        with self._changed:
            self.wire, self.app = wire, wire.app
            self._is_ours = not isinstance(wire, BorrowedWire)
            self._outbox = Outbox(wire)
            self.state = next_session_state(self.state, SessionAction.CONNECT)

    @property
    def is_borrowed(self) -> bool:
        """Whether the program made the connection itself."""
        return self.app is not None and not self._is_ours

    @property
    def is_connected(self) -> bool:
        wire = self.wire
        return wire is not None and wire.is_open

    # -- what the program says

    def say(self, event: str, then: Optional[Callable[[RealtimeRecord], None]] = None) -> None:
        """Send an event.

        Args:
            event: the frame.
            then: writes it into the record, together with queueing it.

        Raises:
            ConnectionLost: the connection is gone, or there never was one.
        """
        with self._changed:
            outbox, wire = self._outbox, self.wire
            if outbox is None or wire is None:
                raise closed_wire(self.failure)
            self.is_unused = False
            if then is not None:
                then(self.record)
            outbox.put(event)
            self._pin_what_is_owed()
        try:
            outbox.flush()
        except ConnectionLost as error:
            raise closed_wire(self.failure or error) from error

    def finish(self, event: str) -> None:
        """Send the end of the text."""

        def finishing(_: RealtimeRecord) -> None:
            self.state = next_session_state(self.state, SessionAction.FINISH)

        self.say(event, finishing)

    def close(self, failure: Optional[BaseException] = None) -> None:
        """Close the connection without waiting; who waits for something wakes.

        Args:
            failure: why; by default the program's wish.
        """
        with self._changed:
            wire = self.wire
            if wire is None:
                return
            if not isinstance(failure, RequestFailure):
                failure = cancelled(self.record.session_id, "the connection was closed by the program")
            self._end(SessionAction.CLOSE, failure)
        wire.close()

    def abandon(self) -> None:
        """Nobody can ask for anything any more; called by a finalizer, so without taking a lock."""
        wire = self.wire
        if wire is not None:
            wire.abort()

    # -- waiting

    def wait_finished(self, timeout: Optional[float]) -> None:
        """Block until ``session.finished``; raise if it cannot come, or does not in time."""
        self._wait(lambda: self.state is SessionState.FINISHED, timeout, "session.finished")

    def wait_response(self, timeout: Optional[float]) -> Optional[dict[str, Any]]:
        """Block until a response is done, and give it; see ``QwenTtsRealtime.wait_for_response_done``."""
        record = self.record

        def is_there() -> bool:
            if self.mode == COMMIT_MODE:
                return record.owed == 0
            return record.done > 0 or self.state is SessionState.FINISHED or record.refusal is not None

        self._wait(is_there, timeout, "response.done")
        with self._changed:
            refusal, record.refusal = record.refusal, None
            record.done = max(0, record.done - 1)
            if refusal is not None:
                raise refusal
            return record.last_response

    def _wait(self, is_there: Callable[[], bool], timeout: Optional[float], what: str) -> None:
        with self._changed:
            self._changed.wait_for(lambda: is_there() or self.wire is None, timeout)
            if is_there():
                return
            failure = self.failure
        if failure is not None:
            raise failure
        if self.wire is None:
            raise closed_wire(None)
        raise out_of_time(self.record.session_id, f"{what} has not come within {timeout:g}s")

    # -- what the wire brings, on the reader thread

    def frame(self, data: Union[str, bytes]) -> None:
        owner = self._owner()
        if owner is not None:
            self._call(owner.on_message, data)

    def _call(self, hook: Callable[..., None], *arguments: Any) -> None:
        """Call the owner, whose methods programs override; what they raise must not end the reader."""
        try:
            hook(self.app, *arguments)
        except BaseException as error:
            logger.error("%s raised %r", getattr(hook, "__name__", "a hook"), error, exc_info=True)

    def take(self, data: Any) -> Optional[dict[str, Any]]:
        """Read a frame and write down what it says; gives the event for the program, None if it is not one."""
        if not isinstance(data, str):
            logger.error("[qwen tts realtime] a binary frame is not of this protocol: %d bytes dropped", len(data))
            return None
        logger.debug("[qwen tts realtime] receive string %s", data[:_LOGGED])
        try:
            message = events.parse_server_event(data)
        except MalformedMessage as error:
            logger.error("Error processing message: %s", error)
            return None
        with self._changed:
            self.record.last_message = message
            self.record.take(message)
            if events.event_type(message) == events.SESSION_FINISHED:
                self.state = next_session_state(self.state, SessionAction.ON_FINISHED)
                self.record.owed = 0
            self._changed.notify_all()
        return message

    def answered(self) -> None:
        """The program has been told of what was taken; where nothing is owed any more, it may go."""
        self.heard.set()
        if self._kept is not None:
            with self._changed:
                self._pin_what_is_owed()

    def lost(self, wire: Any, failure: ConnectionLost) -> None:
        """The connection went away, whoever closed it."""
        self.end_lost(failure)
        owner = self._owner()
        if owner is not None:
            self._call(owner.on_close, failure.close_code, failure.close_reason or None)
        self.ended.set()
        self._kept = None

    def end_lost(self, failure: ConnectionLost) -> None:
        """The session is over; who waits for something wakes."""
        error = self.record.last_error
        if error is not None and failure.message:
            failure.message += f"; the service had reported: {error.name}, {error.message}"
        if failure.request_id is None:
            failure.request_id = self.record.session_id
        with self._changed:
            self._end(SessionAction.ON_LOST, failure)

    def _end(self, action: SessionAction, failure: RequestFailure) -> None:
        if self.state is not SessionState.FINISHED:
            self.failure = self.failure or failure
        self.state = next_session_state(self.state, action)
        self.wire = self._outbox = None
        self.heard.set()
        self._changed.notify_all()

    # -- the program's callbacks

    def tell(self, callback: Any, method: str, *arguments: Any) -> None:
        """Call the program back. What it raises is logged and kept, and stops nothing."""
        try:
            if callback is not None:
                getattr(callback, method)(*arguments)
        except BaseException as error:
            self.callback_error = self.callback_error or error
            logger.error("%s of the callback raised %r", method, error, exc_info=True)

    def tell_close(self, callback: Any, code: Any, reason: Any) -> None:
        """``on_close``, once."""
        with self._changed:
            told, self._has_told_close = self._has_told_close, True
        if not told:
            self.tell(callback, "on_close", code, reason)

    # -- time, on the reader thread

    @property
    def _owes(self) -> bool:
        return self.state is SessionState.FINISHING or (self.record.owed > 0 and self.state is SessionState.OPEN)

    may_wake = True  # the service may come to owe something

    def due(self, waiting_since: float) -> Optional[float]:
        """When the reader must stop waiting for the service."""
        if self.state is SessionState.FINISHED:
            return waiting_since + _GOODBYE_SECONDS
        return max(waiting_since, self._owed_since) + self.silence_seconds if self._owes else None

    def overdue(self, waiting_since: float) -> None:
        """That moment has come."""
        with self._changed:
            wire = self.wire
            if wire is None:
                return
            text = f"the service has sent nothing for {self.silence_seconds:g}s"
            self._end(SessionAction.ON_LOST, out_of_time(self.record.session_id, text))
        wire.close()

    def _pin_what_is_owed(self) -> None:
        """The rest comes by itself, whether or not the program keeps its object."""
        wire = self.wire
        if wire is None:
            return
        # A finished session is kept to its last word, on_close.
        owes = self._owes or self.state is SessionState.FINISHED
        if owes and self._kept is None:
            self._kept = self._owner()
            self._owed_since = time.monotonic()
            wire.pin()
            wire.wake()  # the reader waits without a limit so far
        elif not owes and self._kept is not None:
            self._kept = None
            wire.unpin()

    def start_afresh_after_fork(self) -> None:
        """In a child process: the connection is the parent's, and the lock may have been held by another thread."""
        self._changed = threading.Condition(threading.Lock())
        wire = self.wire
        with self._changed:
            self._end(SessionAction.ON_LOST, closed_wire(None))
        if wire is not None:
            wire.abort()


def lost_as(code: Any, reason: Any) -> ConnectionLost:
    """The failure of a borrowed connection that was closed with this code and reason."""
    from .frame_reader import PeerClosed

    return connection_lost(PeerClosed(code if isinstance(code, int) else None, str(reason or "")))
