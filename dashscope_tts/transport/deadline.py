"""One point in time for a whole operation, however many waits it is made of."""

from __future__ import annotations

import time
from typing import Optional

from ..common.error import InvalidParameter

__all__ = ["Deadline"]

_FOR_EVER_MILLIS = 1e12  # 30 years; the system's own waits end with an OverflowError somewhere above


class Deadline:
    """A moment on the monotonic clock, or never.

    ``at`` is that moment in seconds (``time.monotonic()``), ``seconds`` how far off it was; None for never.
    """

    __slots__ = ("at", "seconds")

    def __init__(self, seconds: Optional[float]) -> None:
        self.seconds = seconds
        self.at = None if seconds is None else time.monotonic() + seconds

    @classmethod
    def after_millis(cls, millis: Optional[float], name: str) -> Deadline:
        """The deadline that an official ``..._timeout_millis`` parameter asks for: None and 0 mean never.

        Raises:
            InvalidParameter: negative, or not a number.
        """
        if millis is None:
            return cls(None)
        if isinstance(millis, bool) or not isinstance(millis, (int, float)) or not millis >= 0:
            raise InvalidParameter(
                f"{name} is {millis!r}; it must be a number of milliseconds, 0 or None for no limit."
            )
        return cls(millis / 1000 if 0 < millis < _FOR_EVER_MILLIS else None)

    def left(self, at_most: Optional[float] = None) -> Optional[float]:
        """Seconds until the deadline, never below 0, and never above ``at_most``; None: wait as long as it takes."""
        if self.at is None:
            return at_most
        left = max(0.0, self.at - time.monotonic())
        return left if at_most is None else min(left, at_most)
