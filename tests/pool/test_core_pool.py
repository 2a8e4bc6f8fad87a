"""The pool without speech: it keeps any items, and goes with its last reference."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Iterator

import pytest

from dashscope_tts.common.error import PoolClosed, PoolTimeout
from dashscope_tts.transport.pool import Pool

from .waiting import Crew, eventually, own_threads


class Thing:
    """What is kept; it counts how many are open."""

    open_now = 0
    _lock = threading.Lock()

    def __init__(self) -> None:
        self.good = True
        with Thing._lock:
            Thing.open_now += 1

    def close(self) -> None:
        if self.good:
            self.good = False
            with Thing._lock:
                Thing.open_now -= 1

    def __del__(self) -> None:
        self.close()


def make(size: int = 2, max_idle: float = 60.0) -> Pool[Thing]:
    pool: Pool[Thing] = Pool(size, Thing, Thing.close, lambda thing: thing.good, "pool-of-things", max_idle, 3600.0)
    pool.fill(5)
    return pool


@pytest.fixture(autouse=True)
def _all_closed() -> Iterator[None]:
    yield
    gc.collect()
    eventually(lambda: Thing.open_now == 0, 5, lambda: f"{Thing.open_now} open")


def test_its_thread_goes_with_its_last_reference() -> None:
    pool = make(3)
    assert len(own_threads()) == 1
    gone = weakref.ref(pool)
    del pool
    eventually(lambda: gone() is None)  # without the collector
    eventually(lambda: not own_threads())
    eventually(lambda: Thing.open_now == 0)


def test_its_thread_goes_though_something_is_lent() -> None:
    pool = make(2)
    lent = pool.take(None)
    gone = weakref.ref(pool)
    del pool
    eventually(lambda: gone() is None)
    eventually(lambda: not own_threads())
    assert lent is not None
    assert lent.good, "the borrower's own"


def test_its_thread_goes_with_a_pool_that_is_dropped_while_renewing() -> None:
    def renew_and_drop() -> None:
        pool = make(2, max_idle=0.01)
        eventually(lambda: pool.stats()["renewed"] >= 3)

    for _ in range(5):
        renew_and_drop()
        eventually(lambda: not own_threads())


def test_a_finalizer_may_give_an_item_back_wherever_it_is_run() -> None:
    pool = make(1)

    class Holder:
        def __init__(self, thing: Thing) -> None:
            self.thing = thing

        def __del__(self) -> None:
            pool.give_back(self.thing, clean=True)

    thing = pool.take(None)
    assert thing is not None
    holder: list[Holder] = [Holder(thing)]
    del thing
    crew = Crew()

    def drop_inside_the_lock() -> None:
        with pool.lock:
            holder.clear()

    crew.send(drop_inside_the_lock)
    crew.wait(5)
    assert pool.stats()["available"] == 1
    pool.shutdown()


def test_an_item_is_in_one_hand_at_a_time() -> None:
    pool = make(3)
    held: set[int] = set()
    lock = threading.Lock()

    def work() -> None:
        for _ in range(300):
            thing = pool.take(10)
            with lock:
                assert id(thing) not in held
                held.add(id(thing))
            with lock:
                held.remove(id(thing))
            assert thing is not None
            assert pool.give_back(thing, clean=True) is True

    crew = Crew()
    for _ in range(8):
        crew.send(work)
    crew.wait()
    now = pool.stats()
    assert (now["available"], now["borrowed_in_all"], now["returned"], now["opened"]) == (3, 2400, 2400, 3)
    pool.shutdown()


def test_the_longest_idle_item_is_lent_first() -> None:
    pool = make(3)
    things = [pool.take(None) for _ in range(3)]
    for thing in things:
        assert thing is not None
        pool.give_back(thing, clean=True)
    assert [pool.take(None) for _ in range(3)] == things
    pool.shutdown()
    for thing in things:
        assert thing is not None
        pool.give_back(thing, clean=True)


def test_what_another_pool_lent_is_left_alone() -> None:
    one, other = make(1), make(1)
    thing = one.take(None)
    assert thing is not None
    assert other.give_back(thing, clean=True) is None
    assert other.discard(thing) is False
    assert thing.good
    assert one.give_back(thing, clean=True) is True
    one.shutdown()
    other.shutdown()


def test_an_idle_item_may_be_discarded() -> None:
    pool = make(1)
    thing = pool.take(None)
    assert thing is not None
    pool.give_back(thing, clean=True)
    assert pool.discard(thing) is True
    assert not thing.good
    assert pool.discard(thing) is False
    eventually(lambda: pool.stats()["opened"] == 2)
    pool.shutdown()


def test_a_dead_item_is_not_lent_though_nobody_told_of_its_death() -> None:
    pool = make(2)
    first = pool.idle[0].item
    assert first is not None
    first.close()
    thing = pool.take(None)
    assert thing is not first
    assert pool.stats()["lost"] == 1
    eventually(lambda: pool.stats()["available"] == 1)
    pool.shutdown()


def test_an_item_that_dies_while_it_is_put_away_is_replaced() -> None:
    pool = make(1)
    thing = pool.take(None)
    assert thing is not None
    thing.close()
    assert pool.give_back(thing, clean=True) is True  # it was clean a moment ago
    eventually(lambda: pool.stats()["available"] == 1)
    assert pool.stats()["lost"] == 1
    again = pool.take(None)
    assert again is not None
    assert again.good
    pool.shutdown()


def test_items_are_opened_in_parallel_and_the_constructor_waits_for_all() -> None:
    together = threading.Barrier(5)

    def open_together() -> Thing:
        together.wait(5)
        return Thing()

    pool: Pool[Thing] = Pool(5, open_together, Thing.close, lambda thing: thing.good, "pool-of-things", 60, 3600)
    pool.fill(6)
    assert pool.stats()["available"] == 5
    pool.shutdown()


def test_fill_gives_up_after_its_time_and_closes_what_comes_later() -> None:
    go_on = threading.Event()

    def open_late() -> Thing:
        go_on.wait(10)
        return Thing()

    pool: Pool[Thing] = Pool(2, open_late, Thing.close, lambda thing: thing.good, "pool-of-things", 60, 3600)
    begun = time.monotonic()
    with pytest.raises(PoolTimeout, match=r"pool-of-things: no connection within 0\.1 s"):
        pool.fill(0.1)
    assert time.monotonic() - begun < 2
    go_on.set()
    eventually(lambda: not own_threads())
    with pytest.raises(PoolClosed):
        pool.take(None)


def test_fill_is_content_with_some() -> None:
    first = iter([True])

    def open_some() -> Thing:
        if next(first, False):
            return Thing()
        raise OSError("no more")

    pool: Pool[Thing] = Pool(4, open_some, Thing.close, lambda thing: thing.good, "pool-of-things", 60, 3600)
    pool.fill(5)
    assert pool.stats()["available"] == 1
    assert pool.stats()["connect_errors"] >= 3
    pool.shutdown()


def test_a_large_pool_is_opened_in_rounds() -> None:
    pool = make(230)
    assert pool.stats()["available"] == 230
    pool.shutdown()


def test_an_item_dropped_inside_the_pools_own_lock_does_no_harm() -> None:
    """The collector may run anywhere, and a dropped item then reports from there."""
    pool = make(1)
    lent = [pool.take(None)]
    with pool.lock:
        lent.clear()
        gc.collect()
    eventually(lambda: pool.stats()["available"] == 1)
    assert pool.stats()["dropped"] == 1
    pool.shutdown()
