"""Open connections, kept ready and lent out.

The pool knows nothing of speech: it is told how to open one item, how to close it, and whether it is still good. All
books are kept under one lock; opening, closing and waiting happen outside it. ``PoolUpkeep`` opens what is missing.
"""

from __future__ import annotations

import os
import random
import threading
import time
import weakref
from collections import deque
from typing import Any, Callable, Generic, Optional, TypeVar

from ..common.error import PoolClosed, PoolTimeout
from ..common.logging import logger
from .pool_upkeep import PoolUpkeep

__all__ = ["Entry", "Pool"]

Item = TypeVar("Item")


class Entry(Generic[Item]):
    """An item and its dates on the monotonic clock. The jitter is drawn once; renewals stay spread out."""

    __slots__ = ("being_replaced", "expires_at", "idle_limit", "item", "renew_at")

    def __init__(self, item: Item, max_idle: float, max_lifetime: float) -> None:
        now = time.monotonic()
        self.item = item
        self.idle_limit = max_idle * random.uniform(0.8, 1.0)
        self.expires_at = now + max_lifetime * random.uniform(0.9, 1.0)
        self.being_replaced = False
        self.renew_at = 0.0
        self.rest(now)

    def rest(self, now: float) -> None:
        """The item is idle from now on."""
        self.renew_at = min(now + self.idle_limit, self.expires_at)


class _Waiter(Generic[Item]):
    """Somebody who waits for an item; the entry is handed over under the pool's lock, and given up under it too."""

    __slots__ = ("called", "entry")

    def __init__(self) -> None:
        self.called = threading.Event()
        self.entry: Optional[Entry[Item]] = None


class Pool(Generic[Item]):
    """Keeps ``size`` items open.

    Args:
        size: how many.
        open_item: opens one; blocks, and raises what prevents it.
        close_item: closes one; does not block.
        is_good: whether an item can be lent; quick, and sends nothing.
        name: for threads and log lines.
        max_idle: seconds after which an idle item is replaced.
        max_lifetime: seconds after which any item is replaced when it comes back or is idle.
    """

    def __init__(
        self,
        size: int,
        open_item: Callable[[], Item],
        close_item: Callable[[Item], None],
        is_good: Callable[[Item], bool],
        name: str,
        max_idle: float,
        max_lifetime: float,
    ) -> None:
        self.size = size
        self.name = name
        self.lock = threading.Lock()
        self.closed = False
        self.idle: deque[Entry[Item]] = deque()  # the longest idle first
        self.counts = dict.fromkeys(
            ("borrowed_in_all", "opened", "lost", "renewed", "returned", "returned_bad", "overflow", "waited",
             "timed_out", "connect_errors"), 0,
        )  # fmt: skip
        self._wait_seconds = 0.0
        self._open_item, self._close_item, self._is_good = open_item, close_item, is_good
        self._max_idle, self._max_lifetime = max_idle, max_lifetime
        self._lent: dict[int, Entry[Item]] = {}
        self._waiters: deque[_Waiter[Item]] = deque()
        self._process = os.getpid()
        self.upkeep: PoolUpkeep[Item] = PoolUpkeep(self)
        _pools.add(self)

    def fill(self, seconds: float) -> None:
        """Open all items, in parallel, and block until each has been tried.

        Raises:
            The error of the last attempt, if none could be opened; the pool is shut down then.
        """
        self.upkeep.start()
        if self.upkeep.wait_first_round(seconds) and not self.counts["opened"]:
            self.shutdown()
            raise self.upkeep.last_error or PoolTimeout(f"{self.name}: no connection within {seconds:g} s")

    # -- lending

    def take(self, timeout: Optional[float]) -> Optional[Item]:
        """Lend an item.

        Args:
            timeout: seconds to wait for one, in the order of asking; None: do not wait.

        Returns:
            The item; None if there is none and ``timeout`` is None.

        Raises:
            PoolTimeout: none became free in time.
            PoolClosed: the pool is, or was meanwhile, shut down.
        """
        if self._process != os.getpid():
            self._start_afresh_in_child()
        with self.lock:
            self._check_open()
            entry = self._next_good()
            if entry is not None:
                return self._lend(entry)
            if timeout is None:
                self.counts["overflow"] += 1
                return None
            waiter: _Waiter[Item] = _Waiter()
            self._waiters.append(waiter)
        return self._wait(waiter, timeout)

    def _wait(self, waiter: _Waiter[Item], timeout: float) -> Item:
        begun = time.monotonic()
        try:
            waiter.called.wait(timeout)
        except BaseException:  # Ctrl-C: what was handed over in this very moment must not be lost
            self._leave(waiter, begun)
            if waiter.entry is not None:
                self.give_back(waiter.entry.item, clean=True)
            raise
        self._leave(waiter, begun)
        if waiter.entry is not None:
            return waiter.entry.item
        with self.lock:
            self._check_open()
            self.counts["timed_out"] += 1
        cause = self.upkeep.last_error if self.upkeep.failures else None
        said = f"; the last attempt to connect failed: {cause}" if cause else ""
        raise PoolTimeout(f"{self.name}: no synthesizer became free within {timeout:g} s{said}") from cause

    def _leave(self, waiter: _Waiter[Item], begun: float) -> None:
        with self.lock:
            self._wait_seconds += time.monotonic() - begun
            self.counts["waited"] += 1
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def _next_good(self) -> Optional[Entry[Item]]:
        """The longest idle item that is good; dead ones on the way are for the upkeep to replace."""
        assert self.lock.locked()
        while self.idle:
            entry = self.idle.popleft()
            if self._is_good(entry.item):
                return entry
            self.counts["lost"] += 1
            self.upkeep.wake()
        return None

    def _lend(self, entry: Entry[Item]) -> Item:
        assert self.lock.locked()
        self._lent[id(entry.item)] = entry
        self.counts["borrowed_in_all"] += 1
        return entry.item

    def give_back(self, item: Item, clean: bool) -> Optional[bool]:
        """Take an item back.

        Args:
            item: what ``take`` gave.
            clean: whether it can be lent again; otherwise it is closed and replaced.

        Returns:
            True if it was taken back, False if it was closed; None if this pool has not lent it, and it is untouched.
        """
        with self.lock:
            entry = self._lent.get(id(item))
            if entry is None or entry.item is not item:
                return None
            del self._lent[id(item)]
            now = time.monotonic()
            keep = clean and not self.closed and now < entry.expires_at
            if keep:
                entry.rest(now)
                self.put(entry)
                self.counts["returned"] += 1
            elif not clean:
                self.counts["returned_bad"] += 1
        if not keep:
            self._close_item(item)
            self.upkeep.wake()
        return keep or (clean and not self.closed)

    def discard(self, item: Item) -> bool:
        """Forget an item, lent or idle, close and replace it; False if the pool does not know it (any more)."""
        with self.lock:
            entry = self._lent.pop(id(item), None)
            if entry is None:
                entry = next((idle for idle in self.idle if idle.item is item), None)
                if entry is None:
                    return False
                self.idle.remove(entry)
            self.counts["returned_bad"] += 1
        self._close_item(item)
        self.upkeep.wake()
        return True

    def item_lost(self, item: Item) -> None:
        """An item's connection has gone; a lent one is its borrower's to bring back."""
        with self.lock:
            entry = next((idle for idle in self.idle if idle.item is item), None)
            if entry is None or self._is_good(item):
                return
            self.idle.remove(entry)
            self.counts["lost"] += 1
        logger.info("%s: an idle connection was lost", self.name)
        self.upkeep.wake()

    def put(self, entry: Entry[Item]) -> None:
        """Hand an item to who has waited longest, or let it rest."""
        assert self.lock.locked()
        if self._waiters:
            waiter = self._waiters.popleft()
            waiter.entry = entry
            self._lend(entry)
            waiter.called.set()
        else:
            self.idle.append(entry)
            self.upkeep.look_at(entry.renew_at)

    # -- what the upkeep needs

    @property
    def missing(self) -> int:
        """How many items there are too few, without those that are being opened."""
        assert self.lock.locked()
        return self.size - len(self.idle) - len(self._lent)

    def open_entry(self) -> Entry[Item]:
        """Open an item; blocks."""
        return Entry(self._open_item(), self._max_idle, self._max_lifetime)

    def close_item(self, item: Item) -> None:
        self._close_item(item)

    def _check_open(self) -> None:
        if self.closed:
            raise PoolClosed(f"{self.name} has been shut down")

    # -- the end

    def shutdown(self, seconds: float = 2.0) -> None:
        """Close idle items, wake who waits, end the upkeep; lent items are closed when they come back."""
        with self.lock:
            if self.closed:
                return
            self.closed = True
            idle = [entry.item for entry in self.idle]
            self.idle.clear()
            waiters, self._waiters = self._waiters, deque()
        for waiter in waiters:
            waiter.called.set()
        for item in idle:
            self._close_item(item)
        self.upkeep.stop(seconds)

    def __del__(self) -> None:
        # Not shutdown(): a finalizer must not wait, nor take a lock. The items close themselves as they go.
        upkeep = getattr(self, "upkeep", None)
        if upkeep is not None:
            upkeep.wake()

    def stats(self) -> dict[str, Any]:
        """What there is now, and what has happened since the pool was made."""
        with self.lock:
            return {
                "name": self.name,
                "size": self.size,
                "available": len(self.idle),
                "borrowed": len(self._lent),
                "opening": self.upkeep.opening,
                "waiting": len(self._waiters),
                **self.counts,
                "wait_ms": round(self._wait_seconds * 1000, 3),
            }

    # -- fork

    def _start_afresh_in_child(self) -> None:
        """In a child process: the items are the parent's; open our own, as the constructor did."""
        with self.lock:
            if self._process == os.getpid():
                return
            self._process = os.getpid()
        self.upkeep = PoolUpkeep(self)
        self.upkeep.start()
        self.upkeep.wait_first_round(None)

    def forget_parent(self) -> None:
        """Right after a fork, in the child: drop what is the parent's, locks in whatever state included."""
        self.lock = threading.Lock()
        self.idle.clear()
        self._lent.clear()
        self._waiters.clear()


_pools: weakref.WeakSet[Pool[Any]] = weakref.WeakSet()


def _after_fork() -> None:
    for pool in list(_pools):
        pool.forget_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
