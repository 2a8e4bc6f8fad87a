"""What a pool keeps its books in: an entry for each item, a waiter for each thread that waits for one."""

from __future__ import annotations

import threading
import time
from typing import Generic, Optional, TypeVar

__all__ = ["Entry", "Waiter"]

Item = TypeVar("Item")


class Entry(Generic[Item]):
    """An item and its dates on the monotonic clock. The jitter is drawn once; renewals stay spread out."""

    __slots__ = ("being_replaced", "expires_at", "idle_limit", "item", "opened_at", "renew_at")

    def __init__(self, item: Item, max_idle: float, max_lifetime: float) -> None:
        from random import uniform  # it loads four others, for pools alone

        now = time.monotonic()
        self.item: Optional[Item] = item  # None while it is lent
        self.idle_limit = max_idle * uniform(0.8, 1.0)
        self.expires_at = now + max_lifetime * uniform(0.9, 1.0)
        self.being_replaced = False
        self.opened_at: Optional[float] = now  # None once it has been of use
        self.renew_at = 0.0
        self.rest(now)

    def rest(self, now: float) -> None:
        """The item is idle from now on."""
        self.renew_at = min(now + self.idle_limit, self.expires_at)


class Waiter(Generic[Item]):
    """Somebody who waits for an item; it is handed over under the pool's lock, and given up under it too."""

    __slots__ = ("called", "item")

    def __init__(self) -> None:
        self.called = threading.Event()
        self.item: Optional[Item] = None
