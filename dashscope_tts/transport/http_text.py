"""Text for errors: nothing secret in it, and only the part of a URL that says where."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

__all__ = ["host_and_port", "without_secrets"]


def host_and_port(url: str) -> str:
    """Host and port of a URL, without its credentials, path and query."""
    try:
        parts = urlsplit(url)
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
    except ValueError:
        return "an unreadable address"


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """The text with three stars in place of each secret."""
    for secret in secrets:
        if len(secret) > 3:
            text = text.replace(secret, "***")
    return text
