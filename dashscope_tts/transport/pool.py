"""Open connections, kept ready and lent out.

The pool knows nothing of speech: it is told how to open one item, how to close it, and whether it is still good. All
books are kept under one lock; opening, closing and waiting happen outside it. ``PoolUpkeep`` opens what is missing.

What is lent is held by its borrower alone. A borrower may bring it back, close it, or simply drop it, and programs do
all three: in each case its place is filled again at once.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque
from typing import Any, Callable, Generic, Optional, TypeVar

from ..common.error import PoolClosed, PoolTimeout
from ..common.logging import logger
from .fork import start_afresh_in_children
from .pool_entry import Entry, Waiter
from .pool_upkeep import PoolUpkeep

__all__ = ["Entry", "Pool"]

Item = TypeVar("Item")
_COUNTS = (
    "borrowed_in_all", "opened", "closed", "lost", "renewed", "returned", "returned_bad", "dropped", "overflow",
    "waited", "timed_out", "connect_errors",
)  # fmt: skip


class Pool(Generic[Item]):
    """Keeps ``size`` items open.

    Args:
        size: how many.
        open_item: opens one; blocks, and raises what prevents it.
        close_item: closes one; does not block. Also an item that is dropped must close itself.
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
        self.closed = False
        self._open_item, self._close_item, self._is_good = open_item, close_item, is_good
        self._max_idle, self._max_lifetime = max_idle, max_lifetime
        self._begin_books()
        start_afresh_in_children(self)

    def _begin_books(self) -> None:
        # Reentrant, for signal handlers and finalizers that run while their thread is in it.
        self.lock = threading.RLock()
        self.idle: deque[Entry[Item]] = deque()  # the longest idle first
        self.counts = dict.fromkeys(_COUNTS, 0)
        self._wait_seconds = 0.0
        self._lent: dict[weakref.ref[Item], Entry[Item]] = {}
        self._written_off: weakref.WeakSet[Any] = weakref.WeakSet()  # lost while they were lent, not back yet
        self._waiters: deque[Waiter[Item]] = deque()
        self._inherited = False  # this is a child process, where nothing has been opened yet
        self.upkeep: PoolUpkeep[Item] = PoolUpkeep(self)
        self._dropped: deque[weakref.ref[Item]] = deque()
        self._note_dropped = _drop_note(self._dropped, self.upkeep)

    def fill(self, seconds: float) -> None:
        """Open all items, in parallel, and block until each has been tried once, for at most ``seconds``.

        Raises:
            The error of the last attempt, if none could be opened; the pool is shut down then.
        """
        self.upkeep.start()
        try:
            self.upkeep.wait_first_round(seconds)
            with self.lock:
                opened, error = self.counts["opened"], self.upkeep.last_error
            if not opened:
                raise error or PoolTimeout(f"{self.name}: no connection within {seconds:g} s")
        except BaseException:
            self.shutdown()
            raise

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
        if self._inherited:
            self._start_in_child()
        with self.lock:
            self._check_open()
            entry = self._next_good()
            if entry is not None:
                return self._lend(entry)
            if timeout is None:
                self.counts["overflow"] += 1
                return None
            waiter: Waiter[Item] = Waiter()
            self._waiters.append(waiter)
        return self._wait(waiter, timeout)

    def _wait(self, waiter: Waiter[Item], timeout: float) -> Item:
        begun = time.monotonic()
        try:
            waiter.called.wait(timeout)
        except BaseException:  # Ctrl-C: what was handed over in this very moment must not be lost
            self._leave(waiter, begun)
            if waiter.item is not None:
                self.give_back(waiter.item, clean=True)
            raise
        self._leave(waiter, begun)
        if waiter.item is not None:
            return waiter.item
        with self.lock:
            self._check_open()
            self.counts["timed_out"] += 1
            cause = self.upkeep.last_error if self.upkeep.failures else None
        said = f"; the last attempt to connect failed: {cause}" if cause else ""
        raise PoolTimeout(f"{self.name}: no synthesizer became free within {timeout:g} s{said}") from cause

    def _leave(self, waiter: Waiter[Item], begun: float) -> None:
        with self.lock:
            self._wait_seconds += time.monotonic() - begun
            self.counts["waited"] += 1
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def _next_good(self) -> Optional[Entry[Item]]:
        """The longest idle item that is good; dead ones on the way are for the upkeep to replace."""
        while self.idle:
            entry = self.idle.popleft()
            if entry.item is not None and self._is_good(entry.item):
                return entry
            self._count_lost(entry)
        return None

    def _lend(self, entry: Entry[Item]) -> Item:
        item = entry.item
        assert item is not None
        entry.item = None
        self._lent[weakref.ref(item, self._note_dropped)] = entry
        self.counts["borrowed_in_all"] += 1
        return item

    def give_back(self, item: Item, clean: bool) -> Optional[bool]:
        """Take an item back.

        Args:
            item: what ``take`` gave.
            clean: whether it can be lent again; otherwise it is closed and replaced.

        Returns:
            True if it was taken back, False if it was closed, now or before; None if this pool has not lent it, and
            it is untouched.
        """
        with self.lock:
            entry = self._lent.pop(weakref.ref(item), None)
            if entry is None and item not in self._written_off:
                return None
            self._written_off.discard(item)
            clean = clean and entry is not None and not self.closed
            now = time.monotonic()
            keep = entry is not None and clean and now < entry.expires_at
            self.counts["returned" if clean else "returned_bad"] += 1
            if entry is not None and keep:
                entry.item, entry.opened_at = item, None
                entry.rest(now)
                self.upkeep.proved()
                self.put(entry)
            elif entry is not None:
                self.counts["closed"] += 1
                self.counts["renewed"] += clean
        if not keep:
            self._close_item(item)
            self.upkeep.wake()
        return clean

    def discard(self, item: Item) -> bool:
        """Forget an item, lent or idle, close and replace it; False if the pool does not know it (any more)."""
        with self.lock:
            entry = self._lent.pop(weakref.ref(item), None)
            if entry is None and item in self._written_off:
                self._written_off.discard(item)
            elif entry is None:
                entry = self._idle_entry(item)
                if entry is None:
                    return False
                self.idle.remove(entry)
            self.counts["closed"] += entry is not None
            self.counts["returned_bad"] += 1
        self._close_item(item)
        self.upkeep.wake()
        return True

    def item_lost(self, item: Item) -> None:
        """An item's connection has gone. Its place is free from now on, whether or not a borrower still has it."""
        with self.lock:
            entry = self._lent.pop(weakref.ref(item), None)
            if entry is not None:
                self._written_off.add(item)
                entry.opened_at = None
            else:
                entry = self._idle_entry(item)
                if entry is None:
                    return
                self.idle.remove(entry)
                logger.info("%s: an idle connection was lost", self.name)
            self._count_lost(entry)

    def _idle_entry(self, item: Item) -> Optional[Entry[Item]]:
        return next((idle for idle in self.idle if idle.item is item), None)

    def _count_lost(self, entry: Entry[Item]) -> None:
        self.counts["lost"] += 1
        self.counts["closed"] += 1
        self.upkeep.lost(self, entry)

    def put(self, entry: Entry[Item]) -> None:
        """Hand an item to who has waited longest, or let it rest."""
        if entry.item is not None and not self._is_good(entry.item):
            self._count_lost(entry)  # in this very moment, and the report of it came too early
        elif self._waiters:
            waiter = self._waiters.popleft()
            waiter.item = self._lend(entry)
            waiter.called.set()
        else:
            self.idle.append(entry)
            self.upkeep.look_at(entry.renew_at)

    # -- what the upkeep needs

    @property
    def missing(self) -> int:
        """How many items there are too few, without those that are being opened."""
        return self.size - len(self.idle) - len(self._lent)

    def open_entry(self) -> Entry[Item]:
        """Open an item; blocks."""
        return Entry(self._open_item(), self._max_idle, self._max_lifetime)

    def close_entry(self, entry: Entry[Item]) -> None:
        if entry.item is not None:
            self._close_item(entry.item)

    def strike_off_dropped(self) -> None:
        """Take out of the books what borrowers have dropped without a word."""
        while self._dropped:
            if self._lent.pop(self._dropped.popleft(), None) is not None:
                self.counts["dropped"] += 1
                self.counts["closed"] += 1
                logger.warning("%s: a borrowed synthesizer was dropped without being returned", self.name)

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
            idle = list(self.idle)
            self.idle.clear()
            self.counts["closed"] += len(idle)
            waiters, self._waiters = self._waiters, deque()
        for waiter in waiters:
            waiter.called.set()
        for entry in idle:
            self.close_entry(entry)
        self.upkeep.stop(seconds)

    def __del__(self) -> None:
        # Not shutdown(): a finalizer must not wait, nor take a lock. The items close themselves as they go.
        upkeep = getattr(self, "upkeep", None)
        if upkeep is not None:
            upkeep.wake()

    def stats(self) -> dict[str, Any]:
        """What there is now, and what has happened since the pool was made."""
        with self.lock:
            self.strike_off_dropped()
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

    def start_afresh_after_fork(self) -> None:
        """Right after a fork, in the child: drop what is the parent's, locks in whatever state included."""
        self._begin_books()
        self._inherited = True

    def _start_in_child(self) -> None:
        """At the first borrow in a child process: open items of our own, as the constructor did."""
        with self.lock:
            first = self._inherited and not self.closed
            self._inherited = False
        if first:
            self.upkeep.start()
            self.upkeep.wait_first_round(None)


def _drop_note(dropped: deque[weakref.ref[Item]], upkeep: PoolUpkeep[Item]) -> Callable[[weakref.ref[Item]], None]:
    """What a dropped item calls: from any place, so it takes no lock; and it does not hold the pool."""

    def note(reference: weakref.ref[Item]) -> None:
        dropped.append(reference)
        upkeep.wake()

    return note
