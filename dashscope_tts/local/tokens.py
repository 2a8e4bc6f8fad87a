"""Temporary tokens: issued, honoured until they end, and refused after.

A token says itself when it ends, and is signed with a secret of this process and the key it stands for; so there is
nothing to keep.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import struct
import time

__all__ = ["LONGEST_SECONDS", "is_valid", "issue"]

LONGEST_SECONDS = 1800
_PREFIX = "st-"
_secret = secrets.token_bytes(32)
_LAYOUT = struct.Struct(">Q8s")  # the end in milliseconds, and something random


def issue(api_key: str | None, seconds: int) -> tuple[str, int]:
    """A token for a service with that key, and when it ends, in Unix seconds."""
    end = time.time() + seconds
    content = _LAYOUT.pack(int(end * 1000), secrets.token_bytes(8))
    token = base64.urlsafe_b64encode(content + _signature(content, api_key)).decode().rstrip("=")
    return _PREFIX + token, int(end)


def is_valid(token: str, api_key: str | None) -> bool | None:
    """Whether a token is still valid; None for a text that is no token of a service with that key."""
    if not token.startswith(_PREFIX):
        return None
    text = token[len(_PREFIX) :]
    try:
        content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    said, signature = content[: _LAYOUT.size], content[_LAYOUT.size :]
    if len(said) != _LAYOUT.size or not hmac.compare_digest(signature, _signature(said, api_key)):
        return None
    return bool(time.time() * 1000 < _LAYOUT.unpack(said)[0])


def _signature(content: bytes, api_key: str | None) -> bytes:
    key = hashlib.sha256(_secret + (api_key or "").encode()).digest()
    return hmac.new(key, content, hashlib.sha256).digest()[:16]
