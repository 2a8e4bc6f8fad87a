"""What the service says in a realtime session: the names of its events, and reading them in the client.

Source: Qwen-TTS realtime API, server events. An event of an unknown type, or with more fields than known here, passes
through: an old client must survive a newer service.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .messages import MalformedMessage

__all__ = [
    "AUDIO_DELTA",
    "AUDIO_DONE",
    "BUFFER_CLEARED",
    "BUFFER_COMMITTED",
    "CONTENT_PART_ADDED",
    "CONTENT_PART_DONE",
    "ERROR",
    "OUTPUT_ITEM_ADDED",
    "OUTPUT_ITEM_DONE",
    "RESPONSE_CREATED",
    "RESPONSE_DONE",
    "SESSION_CREATED",
    "SESSION_FINISHED",
    "SESSION_UPDATED",
    "event_type",
    "id_in",
    "parse_server_event",
    "server_event",
    "told_error",
]

SESSION_CREATED = "session.created"
SESSION_UPDATED = "session.updated"
SESSION_FINISHED = "session.finished"
BUFFER_COMMITTED = "input_text_buffer.committed"
BUFFER_CLEARED = "input_text_buffer.cleared"
RESPONSE_CREATED = "response.created"
OUTPUT_ITEM_ADDED = "response.output_item.added"
CONTENT_PART_ADDED = "response.content_part.added"
AUDIO_DELTA = "response.audio.delta"
AUDIO_DONE = "response.audio.done"
CONTENT_PART_DONE = "response.content_part.done"
OUTPUT_ITEM_DONE = "response.output_item.done"
RESPONSE_DONE = "response.done"
ERROR = "error"


def server_event(type: str, event_id: str, fields: Mapping[str, Any]) -> str:
    """An event of the service."""
    return json.dumps({"event_id": event_id, "type": type, **fields}, ensure_ascii=False)


def parse_server_event(text: str) -> dict[str, Any]:
    """Read a text frame of the service.

    Raises:
        MalformedMessage: not JSON, or not an object.
    """
    try:
        message = json.loads(text)
    except ValueError:
        raise MalformedMessage(f"not JSON: {text[:80]!r}") from None
    if not isinstance(message, dict):
        raise MalformedMessage(f"not an event of the service: {text[:80]!r}")
    return message


def event_type(message: Mapping[str, Any]) -> str:
    """The type of an event; "" where it names none."""
    found = message.get("type")
    return found if isinstance(found, str) else ""


def id_in(message: Mapping[str, Any], what: str) -> str | None:
    """The ``id`` of ``session`` or ``response`` in an event; None where there is none."""
    part = message.get(what)
    found = part.get("id") if isinstance(part, dict) else None
    return found if isinstance(found, str) else None


def told_error(message: Mapping[str, Any]) -> tuple[str, str]:
    """Code and text of an ``error`` event; its older form has a ``type`` in the place of a code."""
    error = message.get("error")
    if not isinstance(error, dict):
        return "", str(error or "")
    return str(error.get("code") or error.get("type") or ""), str(error.get("message") or "")
