"""What the client says: building it. ``client_message`` reads it on the service's side.

Source: WebSocket API of CosyVoice, client events. Key order and ASCII escapes are those of the official client.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

__all__ = [
    "MalformedMessage",
    "continue_task",
    "finish_task",
    "flush_task",
    "new_id",
    "run_task",
]

_ROUTE = {"task_group": "audio", "task": "tts", "function": "SpeechSynthesizer"}


class MalformedMessage(ValueError):
    """A text frame that is not a message of this protocol."""


def new_id() -> str:
    """An id for a task, a session or an event: the 32 hexadecimal digits of a random UUID (RFC 4122, version 4)."""
    # Not the module uuid: it loads two others, and works out much that is not needed here.
    digits = bytearray(os.urandom(16))
    digits[6] = digits[6] & 0x0F | 0x40
    digits[8] = digits[8] & 0x3F | 0x80
    return digits.hex()


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
