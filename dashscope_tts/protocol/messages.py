"""What the client says: building it, and reading it on the service's side.

Source: WebSocket API of CosyVoice, client events. Key order and ASCII escapes are those of the official client.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = [
    "ClientMessage",
    "MalformedMessage",
    "continue_task",
    "finish_task",
    "flush_task",
    "parse_client_message",
    "run_task",
]

_ROUTE = {"task_group": "audio", "task": "tts", "function": "SpeechSynthesizer"}


class MalformedMessage(ValueError):
    """A text frame that is not a message of this protocol."""


def _message(action: str, task_id: str, payload: dict[str, Any], streaming: str = "duplex") -> str:
    header = {"action": action, "task_id": task_id, "streaming": streaming}
    return json.dumps({"header": header, "payload": payload})


def run_task(task_id: str, model: str, parameters: Mapping[str, Any]) -> str:
    """Begin a task; no text may follow before the service's ``task-started``."""
    payload = {"model": model, **_ROUTE, "input": {}, "parameters": dict(parameters)}
    return _message("run-task", task_id, payload)


def continue_task(task_id: str, model: str, text: str) -> str:
    """A fragment of text."""
    return _message("continue-task", task_id, {"model": model, **_ROUTE, "input": {"text": text}})


def flush_task(task_id: str, model: str) -> str:
    """Synthesize what is buffered, a whole sentence or not, and keep the task open."""
    return _message("continue-task", task_id, {"model": model, **_ROUTE, "input": {"flush": True}})


def finish_task(task_id: str, directive: str | None = None) -> str:
    """No more text comes. With ``directive="cancel"``: stop, and drop what has not been sent."""
    return _message("finish-task", task_id, {"input": {"directive": directive} if directive else {}})


@dataclass(frozen=True)
class ClientMessage:
    """A message from a client, as the service reads it."""

    action: str
    task_id: str
    streaming: str
    payload: dict[str, Any]

    @property
    def input(self) -> dict[str, Any] | None:
        """``payload.input``; None where the client left it out, which the service does not accept."""
        value = self.payload.get("input")
        return value if isinstance(value, dict) else None

    @property
    def parameters(self) -> dict[str, Any]:
        value = self.payload.get("parameters")
        return value if isinstance(value, dict) else {}


def parse_client_message(text: str) -> ClientMessage:
    """Read a client's text frame.

    Raises:
        MalformedMessage: not JSON, not an object, or without ``header.action`` and ``header.task_id``.
    """
    try:
        message = json.loads(text)
    except ValueError as error:
        raise MalformedMessage(f"not JSON: {error}") from None
    header = message.get("header") if isinstance(message, dict) else None
    if not isinstance(header, dict):
        raise MalformedMessage("Missing required parameter 'header'! Please follow the protocol!")
    for key in ("action", "task_id"):
        if not isinstance(header.get(key), str) or not header[key]:
            raise MalformedMessage(f"Missing required parameter 'header.{key}'! Please follow the protocol!")
    payload = message.get("payload")
    return ClientMessage(
        action=header["action"],
        task_id=header["task_id"],
        streaming=str(header.get("streaming") or ""),
        payload=payload if isinstance(payload, dict) else {},
    )
