"""How long a server may take."""

from __future__ import annotations

from dataclasses import dataclass, fields

from ..common.error import InvalidParameter

__all__ = ["TimeLimits"]


@dataclass(frozen=True)
class TimeLimits:
    """Seconds a server may take; each must be above 0.

    Attributes:
        connect: to a connection, TLS included.
        first_byte: from there to the first byte of audio; a busy server lets its clients wait here.
        between_chunks: from one piece of audio to the next.
    """

    connect: float = 5.0
    first_byte: float = 60.0
    between_chunks: float = 30.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, (int, float)) or not 0 < value < 1e6:
                raise InvalidParameter(f"{field.name}: {value!r} is not a number of seconds above 0")
