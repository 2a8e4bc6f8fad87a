"""The access log: one line per request and per connection, without texts and without keys."""

from __future__ import annotations

import logging
import re
from typing import Any

__all__ = ["log_request", "shown"]

_logger = logging.getLogger("dashscope_tts.local")

_STRANGE = re.compile(r"[^A-Za-z0-9._/@+-]")
_LONGEST = 64
# Paths of which nothing but the name of the route is secret-free: the rest may be a file's name, which is its key.
_OPEN_ROOTS = ("/api/", "/api-ws/", "/page/")


def shown(word: str) -> str:
    """A word of the client's as it may stand in a line: short, and without spaces or control characters."""
    return _STRANGE.sub("?", word[:_LONGEST]) or "-"


def shown_path(path: str) -> str:
    """A path without what only its owner should know: names of audio files, and whatever a wrong URL holds."""
    if path.startswith(_OPEN_ROOTS) or path.count("/") == 1:
        return shown(path)
    return shown("/" + path.split("/")[1]) + "/..."


def log_request(scope: Any, status: int, received: int, sent: int, seconds: float) -> None:
    """One line. The query is left out: it may hold the key, or a text."""
    client = scope.get("client") or ("-",)
    method = scope["method"] if scope["type"] == "http" else "WEBSOCKET"
    _logger.info(
        "%s %s %s %d, %d bytes in, %d out, %.3f s",
        client[0], shown(method), shown_path(scope["path"]), status, received, sent, seconds,
    )  # fmt: skip
