"""One Sambert task: a connection of its own, what comes on it handed to the caller's thread, and a response."""

from __future__ import annotations

import json
import queue
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Callable, Optional, Union

import websocket

from ...api_entities.dashscope_response import SpeechSynthesisResponse, SpeechSynthesisUsage
from ...common.error import ConnectFailed, ConnectionLost, RequestFailure, TaskTimeout
from ...common.logging import logger
from ...protocol import events
from ...protocol.messages import MalformedMessage, new_id
from ...protocol.sambert import Sentences, run_out_task
from ...protocol.task import Action, TaskState, next_state
from ...transport.connection import Connection, DialOptions
from ...transport.deadline import Deadline
from ...transport.failures import malformed, task_failed
from .result import SpeechSynthesisResult

__all__ = ["Synthesis"]

_READER_END_SECONDS = 1.0
# Official texts; a program may look for them.
_HTTP_TEXTS: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "Unauthorized, your api-key is invalid!",
    HTTPStatus.FORBIDDEN: "Unauthorized, your api-key is invalid!",
    HTTPStatus.SERVICE_UNAVAILABLE: "Service temporarily unavailable, possibly overloaded or not ready.",
}
_NOT_HTTP = -1


class Synthesis:
    """A task from its ``run-task`` to its end. It is the receiver of its connection.

    Args:
        model: which is the voice.
        text: plain or SSML.
        parameters: of the request, exactly.
    """

    def __init__(self, model: str, text: str, parameters: Mapping[str, Any]) -> None:
        self.task_id = new_id()
        self.sentences = Sentences()
        self._message = run_out_task(self.task_id, model, text, parameters)
        self._state = TaskState.IDLE
        self._audio: list[bytes] = []
        self._usage: Any = None
        self._output: Any = None
        # From the reader thread to the caller's: frames as they came, at the end why no more will.
        self._arrived: queue.SimpleQueue[Union[str, bytes, ConnectionLost]] = queue.SimpleQueue()

    @property
    def audio(self) -> Optional[bytes]:
        """The audio so far; None before any."""
        return b"".join(self._audio) if self._audio else None

    def run(
        self,
        url: str,
        headers: Mapping[str, str],
        options: DialOptions,
        connect_seconds: float,
        seconds: Optional[float],
        on_event: Callable[[SpeechSynthesisResult], None],
    ) -> SpeechSynthesisResponse:
        """Do it, and block until it is over; what ``on_event`` raises ends it.

        Args:
            url: of the WebSocket API.
            headers: of the handshake.
            options: how to dial.
            connect_seconds: how long connecting may take.
            seconds: how long all of it may take; None: no limit.
            on_event: called here with each piece.
        """
        deadline = Deadline(seconds)
        connection = Connection(websocket.WebSocketApp(url), self, lambda: headers, options, "sambert")
        try:
            connection.open(deadline.left(connect_seconds) or 0.0)
            self._state = next_state(self._state, Action.RUN)
            logger.debug(">>>send %s", self._message)
            connection.send(self._message)
            while not self._state.is_over:
                self._take(self._next(deadline, seconds), on_event)
            return self._succeeded()
        except ConnectFailed as error:
            return _not_connected(error)
        except RequestFailure as error:
            logger.error("TaskFailed: %s", error)
            return self._failed(error)
        finally:
            connection.close()
            connection.thread.join(_READER_END_SECONDS)

    # -- on the caller's thread

    def _next(self, deadline: Deadline, seconds: Optional[float]) -> Union[str, bytes, ConnectionLost]:
        try:
            return self._arrived.get(timeout=deadline.left())
        except queue.Empty:
            text = f"the speech synthesis did not end within its request_timeout of {seconds:g}s"
            raise TaskTimeout(self.task_id, text, "TaskTimeout", _NOT_HTTP, retryable=True) from None

    def _take(self, arrived: Union[str, bytes, ConnectionLost], on_event: Callable[[Any], None]) -> None:
        if isinstance(arrived, bytes):
            if not self._state.takes_audio:
                raise malformed(ValueError("audio came before task-started"), self.task_id)
            self._audio.append(arrived)
            on_event(SpeechSynthesisResult(frame=arrived))
        elif isinstance(arrived, str):
            logger.debug("<<<recv %s", arrived)
            try:
                event = events.parse_server_event(arrived)
            except MalformedMessage as error:
                raise malformed(error, self.task_id) from error
            self._take_event(event, on_event)
        else:
            raise arrived

    def _take_event(self, event: events.ServerEvent, on_event: Callable[[Any], None]) -> None:
        payload = event.message.get("payload")
        payload = payload if isinstance(payload, dict) else {}
        if event.name == events.TASK_STARTED:
            self._state = next_state(self._state, Action.ON_STARTED)
        elif event.name == events.RESULT_GENERATED:
            self._tell_sentence(payload, on_event)
        elif event.name == events.TASK_FINISHED:
            self._state = next_state(self._state, Action.ON_FINISHED)
            self._output = payload.get("output")
            self._usage = payload.get("usage")
            self._tell_sentence(payload, on_event)
        elif event.name == events.TASK_FAILED:
            self._state = next_state(self._state, Action.ON_FAILED)
            raise task_failed(event)
        else:
            logger.debug("an event that is not known here: %s", event.name)

    def _tell_sentence(self, payload: Mapping[str, Any], on_event: Callable[[Any], None]) -> None:
        """Pass on ``output.sentence`` where there is one; a message without is nothing to fail for."""
        output = payload.get("output")
        sentence = output.get("sentence") if isinstance(output, dict) else None
        if isinstance(sentence, dict):
            self.sentences.add(sentence)
            on_event(SpeechSynthesisResult(sentence=sentence))

    # -- how it ended

    def _succeeded(self) -> SpeechSynthesisResponse:
        usage = SpeechSynthesisUsage(**self._usage) if isinstance(self._usage, dict) else SpeechSynthesisUsage()
        return SpeechSynthesisResponse(HTTPStatus.OK, self.task_id, output=self._output, usage=usage)

    def _failed(self, error: RequestFailure) -> SpeechSynthesisResponse:
        # 44 is the service's own word about the task; what happens to the connection under it is not its word.
        of_service = self._state is TaskState.FAILED
        return SpeechSynthesisResponse(
            44 if of_service else _NOT_HTTP, self.task_id, error.name or "", str(error.message or "")
        )

    # -- on the reader thread

    def frame(self, data: Union[str, bytes]) -> None:
        self._arrived.put(data)

    def lost(self, connection: Any, failure: ConnectionLost) -> None:
        self._arrived.put(failure)

    may_wake = False

    def due(self, waiting_since: float) -> Optional[float]:
        return None  # the caller keeps the time

    def overdue(self, waiting_since: float) -> None:
        return


def _not_connected(error: ConnectFailed) -> SpeechSynthesisResponse:
    """The response where the handshake was refused, or there was nobody to answer it."""
    if error.http_code is None:
        return SpeechSynthesisResponse(_NOT_HTTP, "", "ClientConnectorError", str(error.message))
    # "... Cause: HTTP 429, Throttling, slow down (host:port)"; the key has been taken out of it.
    reason = str(error.message).partition("Cause: ")[2].rpartition(" (")[0]
    text = _HTTP_TEXTS.get(error.http_code, "Invalid response status")
    response = SpeechSynthesisResponse(error.http_code, message=f"{text} ({reason})" if "," in reason else text)
    response.code, response.request_id = error.http_code, _request_id(error)  # a number, as the official one has it
    return response


def _request_id(error: ConnectFailed) -> Optional[str]:
    """The id that the service gave in the body of its refusal."""
    try:
        answer = json.loads(getattr(error.__cause__, "resp_body", None) or b"")
        return str(answer["request_id"])
    except (ValueError, LookupError, TypeError):
        return None
