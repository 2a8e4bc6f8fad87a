"""How long something took, asserted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["within"]


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail if the block takes longer, whether or not it raises."""
    begun = time.monotonic()
    try:
        yield
    finally:
        took = time.monotonic() - begun
        assert took < seconds, f"took {took:.2f} s, not less than {seconds} s"
