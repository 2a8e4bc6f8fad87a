"""Keeping a pool full: one thread that sleeps until there is something to do."""

from __future__ import annotations

import threading
import time
import weakref
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Generic, Optional, TypeVar

from ..common.error import RequestFailure
from ..common.logging import logger

if TYPE_CHECKING:
    from .pool import Entry, Pool

__all__ = ["PoolUpkeep"]

Item = TypeVar("Item")

MAX_OPENERS = 100  # how many items are opened at the same time
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0  # seconds between attempts while the service is away
REFUSED_PAUSE = 30.0  # seconds, where trying again soon cannot help: a wrong key, a wrong URL
YOUNG = 5.0  # seconds; a connection lost that soon, and unused, counts as one that could not be opened
_NEVER = float("inf")


class PoolUpkeep(Generic[Item]):
    """Opens what is missing in a pool and renews what has been idle for long, replacing before closing.

    While the service is away, one attempt at a time is made, with pauses that double up to ``LONGEST_PAUSE`` and are
    jittered; the first success opens all the rest. The thread holds the pool weakly and goes with it.
    """

    def __init__(self, pool: Pool[Item]) -> None:
        self._pool = weakref.ref(pool)
        self.opening = 0  # attempts under way; guarded by the pool's lock, as are the next three
        self.failures = 0  # attempts that failed since the last success
        self.last_error: Optional[BaseException] = None
        self._retry_at = 0.0
        self._hang_ups = 0  # losses just after the opening, one after another, without a task in between
        self._not_before = 0.0  # the end of the pause after such a loss
        # Not an Event: a finalizer may come while this very thread is inside the Event's lock.
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._next_look = _NEVER
        self._first_attempts = pool.size  # how many of them are not over
        self._first_round = threading.Event()  # they are
        self._thread = threading.Thread(
            target=_run, args=(self._pool, self._wake), name=f"dashscope-tts-{pool.name}-upkeep", daemon=True
        )

    def start(self) -> None:
        """Begin; the first thing it does is to open all items."""
        self._thread.start()

    def wait_first_round(self, seconds: Optional[float]) -> bool:
        """Block until each item has been tried once; False if that is not so after ``seconds``."""
        return self._first_round.wait(seconds)

    def wake(self) -> None:
        """There may be something to do; from any thread, a finalizer included."""
        self._wake.put(None)

    def look_at(self, moment: float) -> None:
        """Have the thread look again at this moment, if it would sleep longer."""
        if moment < self._next_look:
            self._wake.put(None)

    def lost(self, pool: Pool[Item], entry: Entry[Item]) -> None:
        """A connection has gone. If it had only just been opened, whatever closes it is given time."""
        now = time.monotonic()
        if entry.opened_at is not None and now - entry.opened_at < YOUNG and now >= self._not_before:
            self._hang_ups = self._hang_ups + 1 if now - self._not_before < YOUNG else 1
            self._not_before = now + self._pause(self._hang_ups)
            logger.warning(
                "%s: a connection was lost as soon as it was open; next attempt in %.1f s",
                pool.name, self._not_before - now,
            )  # fmt: skip
        self.wake()

    def proved(self) -> None:
        """A task has come to its end: connections are of use."""
        self._hang_ups, self._not_before = 0, 0.0

    def stop(self, seconds: float) -> None:
        """End the thread, waiting for it for at most ``seconds``."""
        self._wake.put(None)
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(seconds)
            if self._thread.is_alive():
                logger.warning("%s has not ended within %g s", self._thread.name, seconds)

    # -- the thread

    def step(self, pool: Pool[Item]) -> Optional[float]:
        """Do what is due; the moment of the next look, None when the pool is closed."""
        now = time.monotonic()
        with pool.lock:
            pool.strike_off_dropped()
            if pool.closed:
                return None
            self._next_look = _NEVER
            allowed = self._attempts_allowed(now)
            fresh = max(0, min(pool.missing - self.opening, allowed))
            due: list[Entry[Item]] = []
            for entry in pool.idle:
                if entry.being_replaced:
                    continue
                if entry.renew_at <= now and fresh + len(due) < allowed:
                    entry.being_replaced = True
                    due.append(entry)
                elif entry.renew_at > now:
                    self._next_look = min(self._next_look, entry.renew_at)
            pause_ends = max(self._retry_at, self._not_before)
            if pause_ends > now and (pool.missing > self.opening or self.failures):
                self._next_look = min(self._next_look, pause_ends)
            self.opening += fresh + len(due)
        self._open_in_parallel(pool, [None] * fresh + due)
        return self._next_look

    def _attempts_allowed(self, now: float) -> int:
        if self._retry_at > now or self._not_before > now:
            return 0
        in_doubt = self.failures or (self._hang_ups and now - self._not_before < YOUNG)
        at_most = 1 if in_doubt else MAX_OPENERS
        return max(0, at_most - self.opening)

    def _open_in_parallel(self, pool: Pool[Item], replaced: list[Optional[Entry[Item]]]) -> None:
        """One thread for each attempt: opening blocks, and programs may have put their own way of dialling in."""
        for number, entry in enumerate(replaced):
            name = f"dashscope-tts-{pool.name}-open-{number}"
            try:
                threading.Thread(target=self._open, args=(pool, entry), name=name, daemon=True).start()
            except RuntimeError as error:  # no more threads to be had
                self._opened(pool, entry, None, error)

    def _open(self, pool: Pool[Item], replaced: Optional[Entry[Item]]) -> None:
        try:
            entry = pool.open_entry()
        except BaseException as error:
            self._opened(pool, replaced, None, error)
        else:
            self._opened(pool, replaced, entry, None)

    def _opened(
        self,
        pool: Pool[Item],
        replaced: Optional[Entry[Item]],
        entry: Optional[Entry[Item]],
        error: Optional[BaseException],
    ) -> None:
        """Put the new item into the books."""
        surplus: Optional[Entry[Item]] = entry
        with pool.lock:
            self.opening -= 1
            self._first_attempts -= 1
            if replaced is not None:
                replaced.being_replaced = False
            if entry is None:
                self._count_failure(pool, error)
            else:
                self.failures, self._retry_at = 0, 0.0
                surplus = self._take_in(pool, replaced, entry)
            # Over too when nothing more will be tried for a while.
            if self._first_attempts <= 0 or pool.closed or (self.failures and self.opening == 0):
                self._first_round.set()
        if surplus is not None:
            pool.close_entry(surplus)
        self._wake.put(None)

    def _take_in(
        self, pool: Pool[Item], replaced: Optional[Entry[Item]], entry: Entry[Item]
    ) -> Optional[Entry[Item]]:
        """Put an entry in the place of another one, or in a free one; what is to be closed comes back."""
        if pool.closed:
            return entry
        if replaced is not None and replaced in pool.idle:
            pool.idle.remove(replaced)
            pool.counts["renewed"] += 1
            pool.counts["closed"] += 1
        elif pool.missing > 0:
            replaced = None
        else:
            return entry
        pool.counts["opened"] += 1
        pool.put(entry)
        return replaced

    def _count_failure(self, pool: Pool[Item], error: Optional[BaseException]) -> None:
        self.last_error = error
        pool.counts["connect_errors"] += 1
        now = time.monotonic()
        if self.failures and self._retry_at > now:
            return  # attempts that were under way at the same time fail together and count once
        self.failures += 1
        hopeless = isinstance(error, RequestFailure) and not error.retryable
        self._retry_at = now + self._pause(self.failures, REFUSED_PAUSE if hopeless else 0.0)
        logger.warning(
            "%s: connecting failed: %s; next attempt in %.1f s", pool.name, error, self._retry_at - now
        )

    @staticmethod
    def _pause(times: int, at_least: float = 0.0) -> float:
        """How long to wait after something went wrong so many times."""
        from random import uniform

        pause: float = min(FIRST_PAUSE * 2.0 ** min(times - 1, 10), LONGEST_PAUSE)
        return max(pause, at_least) * uniform(0.5, 1.0)


def _run(reference: weakref.ref[Pool[Item]], wake: SimpleQueue[None]) -> None:
    """The thread. It must not hold the pool while it sleeps."""
    while True:
        _drain(wake)
        pool = reference()
        if pool is None:
            return
        try:
            next_look = pool.upkeep.step(pool)
        except Exception:
            logger.exception("%s: the upkeep failed and goes on", pool.name)
            next_look = time.monotonic() + 1.0
        del pool
        if next_look is None:
            return
        try:
            wake.get(timeout=None if next_look == _NEVER else max(0.0, next_look - time.monotonic()))
        except Empty:
            pass


def _drain(wake: SimpleQueue[None]) -> None:
    try:
        while True:
            wake.get_nowait()
    except Empty:
        pass
