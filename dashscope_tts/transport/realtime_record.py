"""What is known of a realtime session: ids, the last message, delays, responses owed, what went wrong."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from typing import Any, Optional

from ..common.error import RequestFailure, TaskFailed
from ..protocol import realtime_events as events
from ..protocol.service_errors import explain, is_retryable

__all__ = ["RealtimeRecord"]


class RealtimeRecord:
    """The bookkeeping of one session. Its session alone changes it, under its lock."""

    def __init__(self) -> None:
        self.session_id: Optional[str] = None
        self.last_response_id: Optional[str] = None
        self.last_message: Any = None
        self.last_response: Optional[dict[str, Any]] = None  # the ``response`` of the last response.done
        self.last_error: Optional[RequestFailure] = None
        self.refusal: Optional[RequestFailure] = None  # why the response that was committed last will not come
        self.owed = 0  # responses that were committed and are not done
        self.done = 0  # responses that are done and were not waited for
        self.first_audio_delay: Optional[float] = None  # in milliseconds, of the last response
        self._text_at: Optional[float] = None  # the first text that no response has been begun for
        self._committed_at: deque[float] = deque()  # the same of each response that was committed
        self._response_text_at: Optional[float] = None
        self._begun = 0  # of those owed

    # -- what the program says

    def text_sent(self) -> None:
        """The delay of the next response counts from its first text."""
        if self._text_at is None:
            self._text_at = time.monotonic()

    def committed(self) -> None:
        """A response is owed from now on."""
        self.owed += 1
        self.refusal = None
        self._committed_at.append(time.monotonic() if self._text_at is None else self._text_at)
        self._text_at = None
        self.first_audio_delay = None

    def cleared(self) -> None:
        self._text_at = None

    # -- what the service says

    def take(self, message: Mapping[str, Any]) -> None:
        """An event, before the program hears of it."""
        kind = events.event_type(message)
        if kind == events.AUDIO_DELTA:
            self._audio()
        elif kind == events.SESSION_CREATED:
            self.session_id = events.id_in(message, "session") or self.session_id
        elif kind == events.RESPONSE_CREATED:
            self._response_begun(message)
        elif kind == events.RESPONSE_DONE:
            self._response_done(message)
        elif kind == events.ERROR:
            self._error(message)

    def _response_begun(self, message: Mapping[str, Any]) -> None:
        self.last_response_id = events.id_in(message, "response") or self.last_response_id
        self.first_audio_delay = None
        self._begun += 1
        self.owed = max(self.owed, self._begun)
        if self._committed_at:
            self._response_text_at = self._committed_at.popleft()
        else:
            self._response_text_at, self._text_at = self._text_at, None
        if self._response_text_at is None:
            self._response_text_at = time.monotonic()

    def _audio(self) -> None:
        if self.first_audio_delay is None:
            begun = self._response_text_at if self._response_text_at is not None else self._text_at
            if begun is not None:
                self.first_audio_delay = (time.monotonic() - begun) * 1000

    def _response_done(self, message: Mapping[str, Any]) -> None:
        response = message.get("response")
        self.last_response = response if isinstance(response, dict) else {}
        self.owed = max(0, self.owed - 1)
        self._begun = max(0, self._begun - 1)
        self.done += 1

    def _error(self, message: Mapping[str, Any]) -> None:
        code, text = events.told_error(message)
        error = TaskFailed(
            self.session_id, text, code, 44, retryable=is_retryable(code, text), hint=explain(code, text)
        )
        self.last_error = error
        if self.owed > self._begun:
            # Nothing else tells which event it is about; a response that comes all the same is counted again.
            self.owed -= 1
            self.refusal = error
            if self._committed_at:
                self._committed_at.pop()
