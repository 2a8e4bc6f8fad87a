"""``borrow_synthesizer(timeout=...)``: waiting for one that comes back."""

from __future__ import annotations

import threading
import time

import pytest

from dashscope_tts.audio.tts_v2 import SpeechSynthesizer
from dashscope_tts.common.error import PoolClosed, PoolTimeout

from .conftest import MakePool, assert_books_add_up, borrow, wait_full
from .listening import assert_speech_of
from .server import Server
from .waiting import Crew, eventually


def test_a_waiter_gets_what_is_returned(make: MakePool, server: Server) -> None:
    pool = make(1)
    lent, got = borrow(pool), []
    crew = Crew()
    crew.send(lambda: got.append(borrow(pool, timeout=5)))
    eventually(lambda: pool.stats()["waiting"] == 1)
    assert pool.return_synthesizer(lent)
    crew.wait()
    assert_speech_of(got[0].call("frames=1"), got[0].get_last_request_id())
    assert len(server.all) == 1
    now = pool.stats()
    assert (now["waited"], now["timed_out"], now["overflow"]) == (1, 0, 0)
    assert now["wait_ms"] > 0


def test_waiters_are_served_in_the_order_of_asking(make: MakePool) -> None:
    pool = make(1)
    lent, order = borrow(pool), []

    def ask(number: int) -> None:
        synthesizer = borrow(pool, timeout=10)
        order.append(number)
        pool.return_synthesizer(synthesizer)

    crew = Crew()
    for number in range(8):
        crew.send(ask, number)
        eventually(lambda number=number: pool.stats()["waiting"] == number + 1)  # type: ignore[misc]
    pool.return_synthesizer(lent)
    crew.wait()
    assert order == list(range(8))


def test_who_does_not_wait_does_not_overtake_who_does(make: MakePool) -> None:
    pool = make(1)
    lent, got = borrow(pool), []
    crew = Crew()
    crew.send(lambda: got.append(borrow(pool, timeout=5)))
    eventually(lambda: pool.stats()["waiting"] == 1)
    pool.return_synthesizer(lent)
    hasty = borrow(pool)
    crew.wait()
    assert pool.stats()["overflow"] == 1
    assert pool.return_synthesizer(hasty) is False
    assert pool.return_synthesizer(got[0]) is True


def test_a_wait_ends_with_its_time(make: MakePool) -> None:
    pool = make(1)
    lent = borrow(pool)
    begun = time.monotonic()
    with pytest.raises(PoolTimeout, match=r"pool-\d+: no synthesizer became free within 0.1 s") as caught:
        borrow(pool, timeout=0.1)
    assert 0.1 <= time.monotonic() - begun < 1
    assert isinstance(caught.value, TimeoutError)
    now = pool.stats()
    assert (now["waiting"], now["waited"], now["timed_out"]) == (0, 1, 1)
    assert pool.return_synthesizer(lent)


def test_no_time_to_wait_means_now_or_never(make: MakePool) -> None:
    pool = make(1)
    lent = borrow(pool, timeout=0)
    with pytest.raises(PoolTimeout):
        borrow(pool, timeout=0)
    assert pool.return_synthesizer(lent)


def test_a_waiter_that_gives_up_loses_nothing(make: MakePool, server: Server) -> None:
    pool = make(1)
    lent = borrow(pool)
    with pytest.raises(PoolTimeout):
        borrow(pool, timeout=0.01)
    assert pool.return_synthesizer(lent) is True
    assert pool.stats()["available"] == 1
    assert pool.return_synthesizer(borrow(pool, timeout=1)) is True
    assert len(server.all) == 1


def test_giving_up_in_the_moment_of_the_return_loses_nothing(make: MakePool, server: Server) -> None:
    pool = make(1)
    for number in range(60):
        lent = borrow(pool, timeout=5)
        crew = Crew()

        def ask(seconds: float = 0.002 + number % 5 / 10000) -> None:
            try:
                pool.return_synthesizer(borrow(pool, timeout=seconds))
            except PoolTimeout:
                pass

        crew.send(ask)
        threading.Event().wait(0.002)  # as long as the waiter waits
        pool.return_synthesizer(lent)
        crew.wait()
        assert pool.stats()["available"] == 1
    assert len(server.all) == 1
    assert_books_add_up(pool)


def test_a_wait_that_is_interrupted_loses_nothing(make: MakePool, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = make(1)
    lent = borrow(pool)

    class Interrupted(threading.Event):
        """Ctrl-C in the very moment of the return."""

        def wait(self, timeout: float | None = None) -> bool:
            pool.return_synthesizer(lent)
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("dashscope_tts.transport.pool_entry.threading.Event", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            pool._pool.take(5)
    now = pool.stats()
    assert (now["available"], now["borrowed"], now["waiting"]) == (1, 0, 0)


def test_a_waiter_gets_the_replacement_of_what_came_back_broken(make: MakePool, server: Server) -> None:
    pool = make(1)
    lent, got = borrow(pool), []
    crew = Crew()
    crew.send(lambda: got.append(borrow(pool, timeout=5)))
    eventually(lambda: pool.stats()["waiting"] == 1)
    pool.invalidate_synthesizer(lent)
    crew.wait()
    assert_speech_of(got[0].call("frames=1"), got[0].get_last_request_id())
    assert len(server.all) == 2


def test_a_waiter_gets_the_replacement_of_what_was_never_returned(make: MakePool, server: Server) -> None:
    pool = make(1)
    lent: list[SpeechSynthesizer] = [borrow(pool)]
    got: list[SpeechSynthesizer] = []
    crew = Crew()
    crew.send(lambda: got.append(borrow(pool, timeout=5)))
    eventually(lambda: pool.stats()["waiting"] == 1)
    lent.clear()
    crew.wait()
    assert pool.stats()["dropped"] == 1
    assert pool.return_synthesizer(got[0])


def test_a_wait_during_an_outage_says_why_it_was_in_vain(make: MakePool, server: Server) -> None:
    pool = make(1)
    server.stop()
    eventually(lambda: pool.stats()["connect_errors"] > 0)
    with pytest.raises(PoolTimeout, match=r"the last attempt to connect failed: .*connection refused") as caught:
        borrow(pool, timeout=0.05)
    assert isinstance(caught.value.__cause__, TimeoutError)


def test_a_wait_during_an_outage_ends_with_it(make: MakePool, server: Server) -> None:
    pool = make(1)
    server.stop()
    eventually(lambda: pool.stats()["connect_errors"] > 0)
    crew = Crew()
    spoken: list[bytes | None] = []
    crew.send(lambda: spoken.append(borrow(pool, timeout=10).call("frames=2")))
    eventually(lambda: pool.stats()["waiting"] == 1)
    server.start()
    crew.wait()
    assert spoken[0]
    wait_full(pool)


def test_shutdown_wakes_who_waits(make: MakePool) -> None:
    pool = make(1)
    lent = borrow(pool)
    errors: list[BaseException] = []

    def ask() -> None:
        try:
            borrow(pool, timeout=30)
        except PoolClosed as error:
            errors.append(error)

    crew = Crew()
    for _ in range(3):
        crew.send(ask)
    eventually(lambda: pool.stats()["waiting"] == 3)
    pool.shutdown()
    crew.wait(5)
    assert len(errors) == 3
    assert pool.stats()["waiting"] == 0
    assert pool.return_synthesizer(lent) is False


def test_many_more_workers_than_synthesizers_share_them_without_an_extra_one(make: MakePool, server: Server) -> None:
    pool = make(3)
    mine = [0] * 15

    def work(number: int) -> None:
        for _ in range(20):
            with pool.synthesizer(model="cosyvoice-v3-flash", voice="longanyang", timeout=20) as synthesizer:
                assert_speech_of(synthesizer.call("frames=1"), synthesizer.get_last_request_id())
            mine[number] += 1

    crew = Crew()
    for number in range(len(mine)):
        crew.send(work, number)
    crew.wait()
    assert mine == [20] * 15
    assert len(server.all) == 3
    assert pool.stats()["overflow"] == 0
    assert_books_add_up(pool)
