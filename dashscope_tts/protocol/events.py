"""What the service says: reading it in the client, and building it in the local service.

Source: WebSocket API of CosyVoice, server events. A message of an unknown event, or with more fields than known
here, passes through: an old client must survive a newer service.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .messages import MalformedMessage

__all__ = [
    "RESULT_GENERATED",
    "TASK_FAILED",
    "TASK_FINISHED",
    "TASK_STARTED",
    "ServerEvent",
    "parse_server_event",
    "result_generated",
    "task_failed",
    "task_finished",
    "task_started",
]

TASK_STARTED = "task-started"
RESULT_GENERATED = "result-generated"
TASK_FINISHED = "task-finished"
TASK_FAILED = "task-failed"


class ServerEvent:
    """A text frame of the service, parsed once.

    ``name`` is the event (``task-started`` ...), ``task_id`` the task it belongs to ("" where it names none),
    ``message`` the whole message as a dict.
    """

    __slots__ = ("message", "name", "task_id")

    def __init__(self, name: str, task_id: str, message: dict[str, Any]) -> None:
        self.name = name
        self.task_id = task_id
        self.message = message

    @property
    def error_code(self) -> str:
        """``header.error_code`` of a ``task-failed``."""
        return str(self.message["header"].get("error_code") or "")

    @property
    def error_message(self) -> str:
        """``header.error_message`` of a ``task-failed``, as the service worded it."""
        return str(self.message["header"].get("error_message") or "")


def parse_server_event(text: str) -> ServerEvent:
    """Read a text frame of the service.

    Raises:
        MalformedMessage: not JSON, or not an object with a ``header`` object.
    """
    try:
        message = json.loads(text)
        header = message["header"]
        return ServerEvent(header.get("event") or "", header.get("task_id") or "", message)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise MalformedMessage(f"not a message of the service: {text[:80]!r}") from None


def _event(name: str, task_id: str, payload: Mapping[str, Any], **header: Any) -> str:
    head = {"task_id": task_id, "event": name, **header}
    head.setdefault("attributes", {})
    return json.dumps({"header": head, "payload": payload}, ensure_ascii=False)


def task_started(task_id: str) -> str:
    """The service takes the task; text may come."""
    return _event(TASK_STARTED, task_id, {})


def result_generated(task_id: str, output: Mapping[str, Any], characters: int | None = None) -> str:
    """``output`` describes a sentence; ``characters`` is the running total of billed characters."""
    payload: dict[str, Any] = {"output": output}
    if characters is not None:
        payload["usage"] = {"characters": characters}
    return _event(RESULT_GENERATED, task_id, payload)


def task_finished(
    task_id: str, output: Mapping[str, Any] | None, characters: int, request_uuid: str | None = None
) -> str:
    """All audio has been sent. ``output`` is None for a Sambert task."""
    attributes = {"request_uuid": request_uuid} if request_uuid else {}
    payload = {"output": output, "usage": {"characters": characters}}
    return _event(TASK_FINISHED, task_id, payload, attributes=attributes)


def task_failed(task_id: str, code: str, message: str) -> str:
    """The task is over, and the service closes the connection."""
    return _event(TASK_FAILED, task_id, {}, error_code=code, error_message=message)
