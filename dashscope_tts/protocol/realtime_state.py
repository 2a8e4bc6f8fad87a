"""The states of a realtime session: one table.

A session lives as long as its connection. What the client may send is for the service to judge, as the official
client sends everything; so there is no error in this table.
"""

from __future__ import annotations

from enum import Enum

__all__ = ["TABLE", "SessionAction", "SessionState", "next_session_state"]


class SessionState(Enum):
    """Where a session is between its connection's opening and its end."""

    CLOSED = "closed"  # not connected yet, or closed by the program
    OPEN = "open"
    FINISHING = "finishing"  # session.finish sent, the rest of the audio comes
    FINISHED = "finished"  # session.finished came; the service is about to close
    LOST = "lost"  # the connection went away before session.finished

    __hash__ = object.__hash__


class SessionAction(Enum):
    """What can happen to a session."""

    CONNECT = "connected"
    FINISH = "session.finish"
    ON_FINISHED = "session.finished"
    CLOSE = "closed by the program"
    ON_LOST = "wire lost"

    __hash__ = object.__hash__


_S = SessionState
_ROWS: dict[SessionState, tuple[SessionState, ...]] = {
    # state:        connect   finish        finished     close        lost
    _S.CLOSED: (_S.OPEN, _S.CLOSED, _S.CLOSED, _S.CLOSED, _S.CLOSED),
    _S.OPEN: (_S.OPEN, _S.FINISHING, _S.FINISHED, _S.CLOSED, _S.LOST),
    _S.FINISHING: (_S.FINISHING, _S.FINISHING, _S.FINISHED, _S.CLOSED, _S.LOST),
    _S.FINISHED: (_S.FINISHED, _S.FINISHED, _S.FINISHED, _S.FINISHED, _S.FINISHED),
    _S.LOST: (_S.LOST, _S.LOST, _S.LOST, _S.LOST, _S.LOST),
}
TABLE: dict[tuple[SessionState, SessionAction], SessionState] = {
    (state, action): after for state, row in _ROWS.items() for action, after in zip(SessionAction, row)
}


def next_session_state(state: SessionState, action: SessionAction) -> SessionState:
    """The state after ``action``; the same state where the action changes nothing."""
    return TABLE[state, action]
