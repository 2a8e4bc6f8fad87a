"""The pool is made, is one in the process, and ends."""

from __future__ import annotations

import gc
import itertools
import logging
import os
import time

import pytest

import dashscope_tts
from dashscope_tts.audio.tts_v2 import SpeechSynthesizerObjectPool
from dashscope_tts.common.error import AuthenticationFailed, ConnectFailed, PoolClosed

from .conftest import KEY, WHAT, MakePool, assert_books_add_up, borrow, wait_full
from .listening import Listener, assert_speech_of
from .server import Server
from .waiting import Crew, eventually, own_threads


def test_all_connections_are_open_when_the_constructor_returns(make: MakePool, server: Server) -> None:
    pool = make(8)
    assert pool.stats()["available"] == 8
    assert len(server.open) == 8


def test_a_pool_is_opened_in_the_time_of_one_connection(make: MakePool, server: Server) -> None:
    server.handshake_seconds = 0.25
    begun = time.monotonic()
    make(20)
    assert time.monotonic() - begun < 3 * 0.25, "one after another it is 20 times that"


def test_the_handshakes_carry_what_the_constructor_was_given(make: MakePool, server: Server) -> None:
    make(2, headers={"x-own": "1"}, workspace="ws-1", api_key="sk-own")
    for peer in server.all:
        assert peer.headers["x-own"] == "1"
        assert peer.headers["x-dashscope-workspace"] == "ws-1"
        assert peer.headers["authorization"] == "Bearer sk-own"


def test_the_url_of_the_settings_is_used_by_default(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashscope_tts, "base_websocket_api_url", server.url)
    assert SpeechSynthesizerObjectPool(1).stats()["available"] == 1


def test_the_workspace_is_filled_into_the_url(make: MakePool, server: Server) -> None:
    pool = make(1, url=server.url + "/{workspace_id}", workspace="ws-1")
    assert server.all[0].path.endswith("/ws-1")
    assert pool.return_synthesizer(borrow(pool)) is True


def test_a_connection_that_fails_is_opened_later(make: MakePool, server: Server) -> None:
    server.refuse = lambda peer: 503 if peer.number in (2, 4) else 0
    pool = make(4)
    wait_full(pool)
    assert pool.stats()["connect_errors"] == 2
    assert len(server.open) == 4


def test_a_server_that_takes_only_some_is_not_hammered_for_the_rest(make: MakePool, server: Server) -> None:
    requests = itertools.count()
    server.refuse = lambda peer: 429 if next(requests) >= 3 else 0
    pool = make(6)
    eventually(lambda: len(server.attempts) >= 6 and pool.stats()["available"] == 3 and not pool.stats()["opening"])
    begun, before = time.monotonic(), len(server.attempts)
    eventually(lambda: len(server.attempts) >= before + 3)
    assert time.monotonic() - begun > 0.05 + 0.1
    assert all(borrow(pool).call("frames=1") for _ in range(3))


def test_when_all_fail_the_constructor_says_why(make: MakePool, server: Server) -> None:
    server.stop()
    with pytest.raises(ConnectFailed, match="connection refused"):
        make(3)


def test_a_refused_key_ends_the_constructor_at_once_and_shows_in_no_message(
    make: MakePool, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    server.refuse = lambda peer: 401
    begun = time.monotonic()
    with pytest.raises(AuthenticationFailed, match="HTTP 401") as caught:
        make(3)
    assert time.monotonic() - begun < 2
    assert KEY not in str(caught.value) + repr(caught.value) + caplog.text


def test_a_server_that_never_answers_ends_the_constructor_in_its_time(make: MakePool, server: Server) -> None:
    server.handshake_seconds = 1.5
    begun = time.monotonic()
    with pytest.raises(ConnectFailed, match="no answer in"):
        make(3, connect_timeout=0.2)
    assert time.monotonic() - begun < 1.2


def test_a_constructor_that_failed_leaves_no_pool_behind(make: MakePool, server: Server) -> None:
    server.refuse = lambda peer: 401
    with pytest.raises(AuthenticationFailed):
        make(2)
    server.refuse = lambda peer: 0
    eventually(lambda: not own_threads())
    pool = make(3)
    assert pool.stats()["available"] == 3
    assert len(server.open) == 3


def test_constructors_that_fail_at_the_same_time_leave_no_dead_pool(make: MakePool, server: Server) -> None:
    server.refuse = lambda peer: 503 if peer.number <= 4 else 0
    outcomes: list[object] = []

    def construct() -> None:
        try:
            outcomes.append(make(2))
        except ConnectFailed as error:
            outcomes.append(error)

    crew = Crew()
    for _ in range(6):
        crew.send(construct)
    crew.wait()
    pools = {id(outcome): outcome for outcome in outcomes if isinstance(outcome, SpeechSynthesizerObjectPool)}
    assert len(pools) == 1
    pool = next(iter(pools.values()))
    assert isinstance(pool, SpeechSynthesizerObjectPool)
    wait_full(pool)
    assert len(server.open) == 2
    assert make(2) is pool


def test_a_second_constructor_gives_the_live_pool(
    make: MakePool, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    pool = make(2)
    assert make(2) is pool
    assert not caplog.records
    assert len(server.all) == 2


def test_a_second_constructor_with_other_arguments_warns(
    make: MakePool, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    pool = make(2)
    assert make(3, api_key="sk-another-secret") is pool
    assert "lives already; its arguments are kept" in caplog.text
    assert pool.stats()["name"] in caplog.text
    assert "sk-another-secret" not in caplog.text
    assert len(server.all) == 2
    assert len([name for name in own_threads() if "upkeep" in name]) == 1


def test_constructors_in_many_threads_give_one_pool(make: MakePool, server: Server) -> None:
    server.handshake_seconds = 0.05
    made: list[SpeechSynthesizerObjectPool] = []
    crew = Crew()
    for _ in range(10):
        crew.send(lambda: made.append(make(3)))
    crew.wait()
    assert len({id(pool) for pool in made}) == 1
    assert all(pool.stats()["available"] == 3 for pool in made)
    assert len(server.all) == 3


def test_after_shutdown_a_new_pool_may_be_made(make: MakePool, server: Server) -> None:
    first = make(2)
    first.shutdown()
    second = make(3)
    assert second is not first
    assert second.stats()["available"] == 3
    assert second.stats()["name"] != first.stats()["name"]
    first.shutdown()
    assert make(3) is second, "the end of the first is not the end of the second"
    server.wait_open(3)


def test_after_shutdown_the_server_counts_no_connection_and_no_thread_is_left(
    make: MakePool, server: Server
) -> None:
    before = frozenset(own_threads())
    pool = make(10)
    pool.shutdown()
    server.wait_open(0)
    eventually(lambda: not own_threads(before))
    assert all(peer.said_goodbye for peer in server.all)
    now = pool.stats()
    assert (now["available"], now["borrowed"]) == (0, 0)
    assert_books_add_up(pool)


def test_a_second_shutdown_does_nothing(make: MakePool) -> None:
    pool = make(1)
    pool.shutdown()
    pool.shutdown()
    crew = Crew()
    for _ in range(4):
        crew.send(pool.shutdown)
    crew.wait(5)


def test_a_borrow_after_shutdown_is_refused(make: MakePool) -> None:
    pool = make(1)
    pool.shutdown()
    for timeout in (None, 0.0, 5.0):
        with pytest.raises(PoolClosed, match=r"pool-\d+ has been shut down"):
            borrow(pool, timeout=timeout)
    with pytest.raises(PoolClosed), pool.synthesizer(**WHAT):
        pytest.fail("borrowed")


def test_what_is_borrowed_at_shutdown_speaks_on_and_is_closed_when_it_comes_back(
    make: MakePool, server: Server
) -> None:
    pool = make(3)
    listener = Listener()
    speaking, idle = borrow(pool, listener), borrow(pool)
    speaking.call("frames=4 hold")
    peer = server.next_held()
    pool.shutdown()
    server.wait_open(2)
    peer.finish()
    assert listener.closed.wait(5)
    listener.assert_all_of(speaking.get_last_request_id(), 4)
    assert pool.return_synthesizer(speaking) is False
    pool.invalidate_synthesizer(idle)
    server.wait_open(0)
    assert pool.stats()["borrowed"] == 0


def test_shutdown_during_an_outage_is_quick(make: MakePool, server: Server) -> None:
    before = frozenset(own_threads())
    pool = make(4)
    server.stop()
    eventually(lambda: pool.stats()["connect_errors"] > 0)
    begun = time.monotonic()
    pool.shutdown()
    assert time.monotonic() - begun < 1
    eventually(lambda: not own_threads(before))
    attempts = pool.stats()["connect_errors"]
    server.start()
    assert len(server.open) == 0
    assert pool.stats()["connect_errors"] == attempts


def test_shutdown_while_connections_are_being_opened_leaves_none(make: MakePool, server: Server) -> None:
    pool = make(3)
    server.handshake_seconds = 0.2
    server.cut(server.open)
    eventually(lambda: len(server.attempts) > 3)
    begun = time.monotonic()
    pool.shutdown()
    assert time.monotonic() - begun < 1
    eventually(lambda: not own_threads())
    server.wait_open(0)


def test_shutdown_inside_a_callback_does_not_wait_for_itself(make: MakePool, server: Server) -> None:
    pool = make(2)
    listener = Listener(at={"on_complete": lambda: pool.shutdown()})
    synthesizer = borrow(pool, listener)
    synthesizer.call("frames=1")
    assert listener.closed.wait(5)
    assert pool.return_synthesizer(synthesizer) is False
    server.wait_open(0)


def test_the_with_statement_shuts_the_pool_down(server: Server) -> None:
    with SpeechSynthesizerObjectPool(2, url=server.url) as pool:
        assert pool.return_synthesizer(borrow(pool)) is True
    server.wait_open(0)
    with pytest.raises(PoolClosed):
        borrow(pool)


def test_the_with_statement_shuts_the_pool_down_after_an_exception(server: Server) -> None:
    with pytest.raises(ZeroDivisionError), SpeechSynthesizerObjectPool(2, url=server.url):
        raise ZeroDivisionError
    server.wait_open(0)


def test_a_constructor_that_is_interrupted_leaves_nothing(make: MakePool, server: Server) -> None:
    from dashscope_tts.transport.pool_upkeep import PoolUpkeep

    def interrupted(self: object, seconds: float | None) -> bool:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PoolUpkeep, "wait_first_round", interrupted)
        with pytest.raises(KeyboardInterrupt):
            make(2)
    eventually(lambda: not own_threads())
    server.wait_open(0)
    assert make(2).stats()["available"] == 2


def test_repr_tells_what_there_is(make: MakePool) -> None:
    pool = make(3)
    lent = borrow(pool)
    name = pool.stats()["name"]
    told = f"<SpeechSynthesizerObjectPool {name!r}: 2 available, 1 borrowed, 0 opening of 3>"
    assert repr(pool) == told
    pool.shutdown()
    assert repr(pool).endswith("shut down>")
    pool.return_synthesizer(lent)


def test_stats_is_a_plain_dict_of_figures(make: MakePool) -> None:
    pool = make(2)
    now = pool.stats()
    assert type(now) is dict
    assert {name for name, value in now.items() if not isinstance(value, (int, float))} == {"name"}
    assert set(now) >= {
        "size", "available", "borrowed", "waiting", "opened", "lost", "renewed", "returned_bad", "overflow",
        "connect_errors", "wait_ms",
    }  # fmt: skip
    now["size"] = 100
    assert pool.stats()["size"] == 2


def test_log_lines_name_the_pool_and_no_key(
    make: MakePool, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "dashscope")
    pool = make(1)
    lent, extra = borrow(pool), borrow(pool)
    extra.call("frames=1")
    pool.invalidate_synthesizer(lent)
    wait_full(pool)
    server.cut(server.open)
    eventually(lambda: pool.stats()["lost"] == 1)
    wait_full(pool)
    failed = borrow(pool, Listener())
    failed.call("fail")
    eventually(lambda: not failed._is_started)
    pool.return_synthesizer(failed)
    server.stop()
    eventually(lambda: pool.stats()["connect_errors"] > 0)
    pool.shutdown()
    own = [record.getMessage() for record in caplog.records if "pool" in record.module]
    assert len(own) >= 4
    assert all(line.startswith(pool.stats()["name"]) for line in own)
    assert KEY not in caplog.text


def test_threads_bear_the_name_of_the_package_and_the_pool(make: MakePool) -> None:
    before = frozenset(own_threads())
    pool = make(2)
    names = own_threads(before)
    assert sorted(name.rstrip("0123456789") for name in names) == [
        "dashscope-tts-cosyvoice-",
        "dashscope-tts-cosyvoice-",
        f"dashscope-tts-{pool.stats()['name']}-upkeep",
    ]


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts descriptors in /proc")
def test_pools_made_and_shut_down_leave_no_descriptor(make: MakePool, server: Server) -> None:
    def descriptors() -> int:
        gc.collect()
        return len(os.listdir("/proc/self/fd"))

    make(3).shutdown()
    server.wait_open(0)
    eventually(lambda: not own_threads())
    before = descriptors()
    for _ in range(5):
        pool = make(3)
        with pool.synthesizer(**WHAT) as synthesizer:
            assert_speech_of(synthesizer.call("frames=1"), synthesizer.get_last_request_id())
        pool.shutdown()
        server.wait_open(0)
        eventually(lambda: not own_threads())
    eventually(lambda: descriptors() <= before, 5, lambda: f"{descriptors()} descriptors, {before} before")
