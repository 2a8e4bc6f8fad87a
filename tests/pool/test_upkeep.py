"""The background thread: what is lost is replaced at once, what is old in time, and an outage is waited out."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest

from dashscope_tts.transport import pool_upkeep
from dashscope_tts.transport.pool_upkeep import FIRST_PAUSE, LONGEST_PAUSE, PoolUpkeep

from .conftest import WHAT, MakePool, assert_books_add_up, borrow, wait_full
from .listening import assert_speech_of
from .server import Server
from .waiting import eventually


def test_a_lost_connection_is_replaced_at_once(make: MakePool, server: Server) -> None:
    pool = make(3)
    server.cut(server.open[:1])
    eventually(lambda: pool.stats()["lost"] == 1)
    assert wait_full(pool) < 1
    assert len(server.all) == 4
    assert_books_add_up(pool)


def test_a_connection_the_server_closes_for_idleness_is_replaced_without_an_error(
    make: MakePool, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    pool = make(1)
    server.all[0].send(8, b"\x03\xf0idle")
    eventually(lambda: len(server.all) == 2)
    wait_full(pool)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_what_is_borrowed_after_a_loss_is_never_a_dead_one(make: MakePool, server: Server) -> None:
    pool = make(4)
    for peer in server.open[:3]:
        peer.cut()
    eventually(lambda: pool.stats()["lost"] == 3)
    for _ in range(6):
        with pool.synthesizer(timeout=5, **WHAT) as synthesizer:
            assert_speech_of(synthesizer.call("frames=1"), synthesizer.get_last_request_id())
    assert pool.stats()["returned"] == 6


@pytest.mark.parametrize("seed", range(3))
def test_half_of_the_connections_killed_at_random_are_replaced(make: MakePool, server: Server, seed: int) -> None:
    pool = make(10)
    assert server.cut_some(0.5, random.Random(seed)) == 5
    eventually(lambda: pool.stats()["lost"] == 5)
    wait_full(pool)
    server.wait_open(10)
    assert pool.stats()["opened"] == 15
    assert_books_add_up(pool)


def test_half_of_the_connections_killed_while_all_are_lent(make: MakePool, server: Server) -> None:
    pool = make(6)
    lent = [borrow(pool) for _ in range(6)]
    server.cut_some(0.5, random.Random(1))
    eventually(lambda: pool.stats()["available"] == 3, 5, pool.stats)
    kept = [pool.return_synthesizer(synthesizer) for synthesizer in lent]
    assert sorted(kept) == [False] * 3 + [True] * 3
    wait_full(pool)
    server.wait_open(6)
    assert_books_add_up(pool)


def test_a_server_that_was_restarted_finds_the_pool_full_again(make: MakePool, server: Server) -> None:
    pool = make(8)
    server.stop()
    eventually(lambda: pool.stats()["connect_errors"] >= 3)
    assert pool.stats()["available"] == 0
    server.start()
    wait_full(pool, 2)
    server.wait_open(8)
    with pool.synthesizer(**WHAT) as synthesizer:
        assert_speech_of(synthesizer.call("frames=1"), synthesizer.get_last_request_id())
    assert_books_add_up(pool)


@pytest.mark.slow
def test_after_an_outage_of_ten_seconds_the_pool_is_full_within_two(make: MakePool, server: Server) -> None:
    pool = make(20)
    server.stop()
    begun = time.monotonic()
    eventually(lambda: time.monotonic() - begun >= 10, 11)
    server.start()
    seconds = wait_full(pool, 2)
    print(f"full again {seconds:.2f} s after the server was, {pool.stats()['connect_errors']} attempts in vain")
    server.wait_open(20)


def test_a_server_restarted_at_once_finds_the_pool_full_again(make: MakePool, server: Server) -> None:
    pool = make(5)
    for _ in range(3):
        server.stop()
        server.start()
        eventually(lambda: len(server.open) == 5, 3)
        wait_full(pool)
    assert_books_add_up(pool)


def test_a_loan_during_an_outage_speaks_when_it_is_over(make: MakePool, server: Server) -> None:
    pool = make(2)
    server.stop()
    eventually(lambda: pool.stats()["connect_errors"] > 0)
    extra = borrow(pool)
    with pytest.raises(TimeoutError, match="refused"):
        extra.call("frames=1")
    assert pool.return_synthesizer(extra) is False
    server.start()
    wait_full(pool)


def test_pauses_grow_to_their_cap_are_jittered_and_one_attempt_is_made_at_a_time(
    make: MakePool, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_upkeep, "LONGEST_PAUSE", 0.4)
    pool = make(6)
    server.refuse = lambda peer: 503
    server.cut(server.open)
    eventually(lambda: pool.stats()["available"] == 0 and pool.stats()["connect_errors"] > 0)
    eventually(lambda: pool.stats()["opening"] == 0)
    before = len(server.attempts)
    eventually(lambda: len(server.attempts) >= before + 6, 10)
    times = server.attempts[before : before + 6]
    pauses = [later - earlier for earlier, later in zip(times, times[1:])]
    assert all(pause >= 0.05 for pause in pauses), pauses
    assert all(pause >= 0.2 for pause in pauses[2:]), pauses
    assert max(pauses) < 0.4 + 1.0, pauses
    assert len({round(pause, 4) for pause in pauses}) == 5, "jittered"


def test_pauses_double_from_a_tenth_of_a_second_to_a_second_and_jitter_at_most_halves_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses = [0.1, 0.2, 0.4, 0.8, *[LONGEST_PAUSE] * 2000]
    monkeypatch.setattr(random, "uniform", lambda low, high: high)
    assert [PoolUpkeep._pause(times) for times in range(1, 2005)] == pytest.approx(pauses)
    monkeypatch.setattr(random, "uniform", lambda low, high: low)
    assert [PoolUpkeep._pause(times) for times in range(1, 5)] == pytest.approx([0.05, 0.1, 0.2, 0.4])
    assert (FIRST_PAUSE, LONGEST_PAUSE) == (0.1, 1.0)


def test_attempts_that_fail_together_count_as_one_failure(make: MakePool, server: Server) -> None:
    pool = make(10)
    server.stop()
    eventually(lambda: pool.stats()["connect_errors"] >= 1)
    eventually(lambda: pool.stats()["opening"] == 0)
    assert pool._pool.upkeep.failures <= 2


def test_after_a_refused_key_the_pause_is_long(make: MakePool, server: Server) -> None:
    pool = make(3)
    server.refuse = lambda peer: 401
    server.cut(server.open)
    eventually(lambda: pool.stats()["available"] == 0 and pool.stats()["opening"] == 0)
    eventually(lambda: pool.stats()["connect_errors"] > 0)
    eventually(lambda: pool._pool.upkeep._retry_at > time.monotonic() + 10)
    assert len(server.attempts) <= 3 + 3


def test_a_server_that_accepts_and_hangs_up_is_not_hammered(make: MakePool, server: Server) -> None:
    server.hangs_up_at_once = True
    pool = make(4)
    eventually(lambda: pool.stats()["lost"] >= 5, 10)
    begun, before = time.monotonic(), len(server.attempts)
    eventually(lambda: len(server.attempts) >= before + 6, 20)
    assert time.monotonic() - begun > 0.25, server.attempts
    server.hangs_up_at_once = False
    wait_full(pool, 3)


def test_a_connection_lost_young_is_replaced_soon_all_the_same(make: MakePool, server: Server) -> None:
    pool = make(20)
    server.cut_some(0.5, random.Random(1))
    eventually(lambda: pool.stats()["lost"] == 10)
    wait_full(pool, 2)


def test_a_task_that_ended_well_ends_the_doubt(make: MakePool, server: Server) -> None:
    pool = make(2)
    upkeep = pool._pool.upkeep
    server.cut(server.open[:1])
    eventually(lambda: pool.stats()["lost"] == 1)
    assert upkeep._hang_ups == 1
    pool.return_synthesizer(borrow(pool))
    assert upkeep._hang_ups == 0
    wait_full(pool)


def test_a_connection_idle_for_long_is_replaced_before_it_is_closed(make: MakePool, server: Server) -> None:
    pool = make(1, max_idle=0.4)
    first = server.all[0]
    fewest = 1

    def renewed() -> bool:
        nonlocal fewest
        fewest = min(fewest, len(server.open))
        return pool.stats()["renewed"] == 1

    begun = time.monotonic()
    eventually(renewed)
    assert 0.3 < time.monotonic() - begun < 1
    assert fewest == 1, "replaced, then closed"
    eventually(lambda: first not in server.open)
    assert first.said_goodbye
    assert pool.stats()["lost"] == 0
    assert_books_add_up(pool)


def test_a_connection_in_use_is_not_idle(make: MakePool, server: Server) -> None:
    pool = make(1, max_idle=0.3)
    begun = time.monotonic()
    while time.monotonic() - begun < 1.0:
        with pool.synthesizer(timeout=5, **WHAT) as synthesizer:
            assert_speech_of(synthesizer.call("frames=1"), synthesizer.get_last_request_id())
    assert pool.stats()["renewed"] == 0
    assert len(server.all) == 1


def test_renewals_are_spread_out(make: MakePool, server: Server) -> None:
    pool = make(20, max_idle=10)
    moments = sorted(entry.renew_at for entry in pool._pool.idle)
    assert moments[-1] - moments[0] > 0.5
    assert 8 <= min(entry.idle_limit for entry in pool._pool.idle) <= 10


def test_a_renewal_while_the_server_is_away_leaves_the_old_one_in_its_place(make: MakePool, server: Server) -> None:
    pool = make(1, max_idle=0.2)
    server.refuse = lambda peer: 503
    eventually(lambda: pool.stats()["connect_errors"] >= 2)
    assert pool.stats()["available"] == 1
    with pool.synthesizer(**WHAT) as synthesizer:
        assert_speech_of(synthesizer.call("frames=1"), synthesizer.get_last_request_id())
    server.refuse = lambda peer: 0
    eventually(lambda: pool.stats()["renewed"] >= 1)


def test_a_connection_borrowed_during_its_renewal_is_kept(make: MakePool, server: Server) -> None:
    server.handshake_seconds = 0.1
    pool = make(1, max_idle=0.15)
    eventually(lambda: pool.stats()["opening"] == 1)
    synthesizer = borrow(pool)
    eventually(lambda: pool.stats()["opening"] == 0)
    assert_speech_of(synthesizer.call("frames=1"), synthesizer.get_last_request_id())
    assert pool.return_synthesizer(synthesizer) is True
    server.wait_open(1)
    assert pool.stats()["size"] == 1
    assert_books_add_up(pool)


def test_a_connection_past_its_lifetime_is_replaced_though_it_is_used(make: MakePool, server: Server) -> None:
    pool = make(1, max_lifetime=0.4)
    begun = time.monotonic()
    while len(server.all) == 1 and time.monotonic() - begun < 5:
        with pool.synthesizer(timeout=5, **WHAT) as synthesizer:
            assert_speech_of(synthesizer.call("frames=1"), synthesizer.get_last_request_id())
    assert 0.3 < time.monotonic() - begun < 2
    eventually(lambda: pool.stats()["renewed"] >= 1)
    assert_books_add_up(pool)


def test_what_comes_back_past_its_lifetime_is_closed_and_replaced(make: MakePool, server: Server) -> None:
    pool = make(1, max_lifetime=0.05)
    synthesizer = borrow(pool)
    number = len(server.all)
    eventually(lambda: time.monotonic() > max(entry.expires_at for entry in pool._pool._lent.values()))
    assert pool.return_synthesizer(synthesizer) is True
    eventually(lambda: len(server.all) > number)
    assert pool.stats()["renewed"] >= 1


def test_the_upkeep_survives_an_exception(
    make: MakePool, server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pool = make(2)
    step, failed = PoolUpkeep.step, []

    def fail_once(self: PoolUpkeep[Any], pool: Any) -> float | None:
        if not failed:
            failed.append(True)
            raise MemoryError("as asked for")
        return step(self, pool)

    monkeypatch.setattr(PoolUpkeep, "step", fail_once)
    server.cut(server.open)
    eventually(lambda: bool(failed))
    eventually(lambda: len(server.all) == 4)
    wait_full(pool, 5)
    assert "the upkeep failed and goes on" in caplog.text


@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), MemoryError()])
def test_growing_goes_on_after_an_opener_failed(
    make: MakePool, server: Server, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    from dashscope_tts.transport.pool import Pool

    pool = make(2)
    open_entry, failures = Pool.open_entry, [error, error]

    def fail_twice(self: Pool[Any]) -> Any:
        if failures:
            raise failures.pop()
        return open_entry(self)

    monkeypatch.setattr(Pool, "open_entry", fail_twice)
    server.cut(server.open)
    eventually(lambda: not failures)
    wait_full(pool)
    assert pool.stats()["connect_errors"] == 2


def test_no_more_threads_to_be_had_is_a_failure_like_any_other(
    make: MakePool, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = make(1)
    refused: list[str] = []

    class NoThread:
        def __init__(self, name: str, **_: Any) -> None:
            self.name = name

        def start(self) -> None:
            refused.append(self.name)
            raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(pool_upkeep.threading, "Thread", NoThread)
        server.cut(server.open)
        eventually(lambda: bool(refused))
    wait_full(pool)


def test_a_pool_at_rest_wakes_nobody(make: MakePool, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = make(10)
    for _ in range(3):
        pool.return_synthesizer(borrow(pool))
    steps: list[float] = []
    step = PoolUpkeep.step

    def counted(self: PoolUpkeep[Any], pool: Any) -> float | None:
        steps.append(time.monotonic())
        return step(self, pool)

    monkeypatch.setattr(PoolUpkeep, "step", counted)
    begun = time.monotonic()
    eventually(lambda: time.monotonic() - begun > 0.5)
    assert len(steps) <= 1
