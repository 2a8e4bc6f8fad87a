"""What the client of a realtime session says: building it, and reading it on the service's side.

Source: Qwen-TTS realtime API, client events. Key order and ASCII escapes are those of the official client.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .messages import MalformedMessage, new_id

__all__ = [
    "APPEND",
    "CANCEL",
    "CLEAR",
    "COMMIT",
    "COMMIT_MODE",
    "FINISH",
    "MODES",
    "SERVER_COMMIT_MODE",
    "UPDATE",
    "client_event",
    "new_event_id",
    "parse_client_event",
]

UPDATE = "session.update"
APPEND = "input_text_buffer.append"
COMMIT = "input_text_buffer.commit"
CLEAR = "input_text_buffer.clear"
CANCEL = "response.cancel"
FINISH = "session.finish"

SERVER_COMMIT_MODE = "server_commit"
COMMIT_MODE = "commit"
MODES = (SERVER_COMMIT_MODE, COMMIT_MODE)


def new_event_id() -> str:
    """``event_`` and 32 hexadecimal digits, as the official client makes them."""
    return "event_" + new_id()


def client_event(type: str, fields: Mapping[str, Any] | None = None, event_id: str | None = None) -> str:
    """An event of the client; ``fields`` follow its id and type."""
    return json.dumps({"event_id": event_id or new_event_id(), "type": type, **(fields or {})})


def parse_client_event(text: str) -> dict[str, Any]:
    """Read a client's text frame; its ``type`` is a str.

    Raises:
        MalformedMessage: not JSON, not an object, or without a ``type``.
    """
    try:
        message = json.loads(text)
    except ValueError as error:
        raise MalformedMessage(f"not JSON: {error}") from None
    if not isinstance(message, dict):
        raise MalformedMessage("an event must be a JSON object")
    if not isinstance(message.get("type"), str) or not message["type"]:
        raise MalformedMessage("Missing required parameter 'type'.")
    return message
