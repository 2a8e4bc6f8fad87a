"""The servers behind a gateway: which one is asked next, and which are left alone for a while."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Collection, Sequence
from typing import Generic, TypeVar

__all__ = ["Upstream", "Upstreams"]

Server = TypeVar("Server")

_FIRST_PAUSE = 0.5  # seconds a server is left alone after its first failure; twice as long after each further one
_LONGEST_PAUSE = 30.0
_JITTER = 0.2


class Upstream(Generic[Server]):
    """One server. The lock of :class:`Upstreams` guards what changes.

    Attributes:
        server: what is asked.
        busy: requests it is working on.
        asked: requests it has been given in all.
        failures: in a row; 0 for a server that is well.
        retry_at: when it may be tried again.
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        self.busy = 0
        self.asked = 0
        self.failures = 0
        self.retry_at = 0.0


class Upstreams(Generic[Server]):
    """Chooses the least busy server; one that has failed is left out, and tried again after a pause.

    The pause is doubled with each failure and differs by a fifth at random, so that many gateways do not come back
    at the same moment. What tries a server again is a request; it moves on to another if that fails.

    Args:
        servers: at least one.
        first_pause: seconds.
        longest_pause: seconds.
        clock: a monotonic clock, in seconds.
    """

    def __init__(
        self,
        servers: Sequence[Server],
        first_pause: float = _FIRST_PAUSE,
        longest_pause: float = _LONGEST_PAUSE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not servers:
            raise ValueError("a gateway needs at least one upstream server")
        self._all = [Upstream(server) for server in servers]
        self._first_pause = first_pause
        self._longest_pause = longest_pause
        self._clock = clock
        self._lock = threading.Lock()

    def take(self, tried: Collection[Upstream[Server]]) -> Upstream[Server] | None:
        """The server to ask, counted as busy until it is given back; None when all have been ``tried``."""
        with self._lock:
            left = [upstream for upstream in self._all if upstream not in tried]
            if not left:
                return None
            now = self._clock()
            well = [upstream for upstream in left if not upstream.failures]
            due = [upstream for upstream in left if upstream.failures and upstream.retry_at <= now]
            if due:
                chosen = min(due, key=lambda upstream: upstream.retry_at)
                chosen.retry_at = now + self._pause(chosen.failures)  # one request tries it, not all
            elif well:
                chosen = min(well, key=lambda upstream: (upstream.busy, upstream.asked))
            else:
                chosen = min(left, key=lambda upstream: upstream.retry_at)
            chosen.busy += 1
            chosen.asked += 1
            return chosen

    def give_back(self, upstream: Upstream[Server], is_well: bool | None) -> None:
        """The request is over.

        Args:
            upstream: the server.
            is_well: whether it can be given another; None where the request does not tell.
        """
        with self._lock:
            upstream.busy -= 1
            if is_well:
                upstream.failures = 0
            elif is_well is False:
                upstream.failures += 1
                upstream.retry_at = self._clock() + self._pause(upstream.failures)

    def _pause(self, failures: int) -> float:
        pause = min(self._longest_pause, self._first_pause * 2.0 ** min(failures - 1, 16))
        return pause * random.uniform(1 - _JITTER, 1 + _JITTER)
