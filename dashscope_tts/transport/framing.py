"""Text frames as bytes."""

from __future__ import annotations

import os
from collections import deque

from websocket import ABNF

__all__ = ["CLOSE_FRAME", "text_frame"]

CLOSE_FRAME = b"\x88\x82\0\0\0\0\x03\xe8"  # code 1000; nothing is hidden by masking two known bytes
_KEYS_AT_ONCE = 256
_keys: deque[bytes] = deque()


def text_frame(text: str) -> bytes:
    """The frame of a message to the service."""
    frame = ABNF.create_frame(text, ABNF.OPCODE_TEXT)
    frame.get_mask_key = _mask_key
    data: bytes = frame.format()
    return data


def _mask_key(length: int) -> bytes:
    """Four unpredictable bytes; fetched from the system for many frames at once, whichever connections they go to."""
    while True:
        try:
            return _keys.popleft()
        except IndexError:
            fetched = os.urandom(_KEYS_AT_ONCE * length)
            _keys.extend(fetched[at : at + length] for at in range(0, len(fetched), length))
