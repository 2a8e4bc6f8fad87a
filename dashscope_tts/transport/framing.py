"""Text frames as bytes."""

from __future__ import annotations

import os
from collections.abc import Iterable

from websocket import ABNF

__all__ = ["CLOSE_FRAME", "Framing"]

CLOSE_FRAME = b"\x88\x82\0\0\0\0\x03\xe8"  # code 1000; nothing is hidden by masking two known bytes
_KEYS = 64  # bytes


class Framing:
    """Makes the frames of one connection, for one thread at a time."""

    def __init__(self) -> None:
        self._keys = b""

    def frames(self, texts: Iterable[str]) -> bytes:
        """One frame for each text, one behind the other."""
        return b"".join([self._frame(text) for text in texts])

    def _frame(self, text: str) -> bytes:
        frame = ABNF.create_frame(text, ABNF.OPCODE_TEXT)
        frame.get_mask_key = self._mask_key
        data: bytes = frame.format()
        return data

    def _mask_key(self, length: int) -> bytes:
        """Unpredictable bytes; fetched from the system for many frames at once."""
        if len(self._keys) < length:
            self._keys = os.urandom(_KEYS)
        key, self._keys = self._keys[:length], self._keys[length:]
        return key
