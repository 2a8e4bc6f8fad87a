"""What the client says, read on the service's side. ``messages`` builds it.

Source: WebSocket API of CosyVoice, client events.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .messages import MalformedMessage

__all__ = ["ClientMessage", "parse_client_message"]


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
