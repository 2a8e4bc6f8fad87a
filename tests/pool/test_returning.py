"""What comes back in which state, and what the pool makes of it."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from dashscope_tts.audio.tts_v2 import SpeechSynthesizer, SpeechSynthesizerObjectPool
from dashscope_tts.audio.tts_v2.object_pool import _is_ready
from dashscope_tts.common.error import ConnectionLost, TaskFailed, TaskTimeout

from .conftest import WHAT, MakePool, assert_books_add_up, borrow, wait_full
from .listening import Listener, assert_speech_of
from .server import Server
from .waiting import Crew, eventually


def assert_replaced(pool: SpeechSynthesizerObjectPool, server: Server, accepted: int = 2) -> None:
    """A pool of one has closed its first connection and opened another, on which speaking works."""
    eventually(lambda: len(server.all) >= accepted, 5, pool.stats)
    wait_full(pool)
    server.wait_open(1)
    assert len(server.all) == accepted
    assert server.all[0] not in server.open
    synthesizer = borrow(pool)
    assert_speech_of(synthesizer.call("frames=2"), synthesizer.get_last_request_id(), frames=2)
    assert pool.return_synthesizer(synthesizer) is True
    assert_books_add_up(pool)


def test_an_unused_synthesizer_is_taken_back(make: MakePool) -> None:
    pool = make(1)
    assert pool.return_synthesizer(borrow(pool)) is True
    assert pool.stats()["available"] == 1


def test_a_synthesizer_returned_twice_is_refused_the_second_time(make: MakePool) -> None:
    pool = make(1)
    synthesizer = borrow(pool)
    assert pool.return_synthesizer(synthesizer) is True
    assert pool.return_synthesizer(synthesizer) is False
    assert pool.stats()["available"] == 1
    assert pool.stats()["returned"] == 1


def test_of_many_threads_that_return_one_synthesizer_one_succeeds(make: MakePool) -> None:
    pool = make(1)
    for _ in range(20):
        synthesizer = borrow(pool)
        answers: list[bool] = []
        barrier, crew = threading.Barrier(4), Crew()

        def give_back(
            what: SpeechSynthesizer = synthesizer,
            answers: list[bool] = answers,
            barrier: threading.Barrier = barrier,
        ) -> None:
            barrier.wait(5)
            answers.append(pool.return_synthesizer(what))

        for _ in range(4):
            crew.send(give_back)
        crew.wait()
        assert sorted(answers) == [False, False, False, True]
        assert pool.stats()["available"] == 1


@pytest.mark.parametrize("foreign", [None, 5, "synthesizer", object(), SpeechSynthesizerObjectPool])
def test_what_is_no_synthesizer_is_refused(make: MakePool, foreign: Any) -> None:
    pool = make(1)
    assert pool.return_synthesizer(foreign) is False
    pool.invalidate_synthesizer(foreign)


def test_a_synthesizer_of_ones_own_is_refused_and_left_alone(make: MakePool, server: Server) -> None:
    pool = make(1)
    own = SpeechSynthesizer(url=server.url, **WHAT)
    own.connect()
    assert pool.return_synthesizer(own) is False
    pool.invalidate_synthesizer(own)
    assert len(server.open) == 2
    assert_speech_of(own.call("frames=1"), own.get_last_request_id())
    own.close()


def test_a_synthesizer_of_an_earlier_pool_is_refused_and_left_alone(make: MakePool, server: Server) -> None:
    earlier = make(1)
    synthesizer = borrow(earlier)
    earlier.shutdown()
    later = make(1)
    assert later is not earlier
    assert later.return_synthesizer(synthesizer) is False
    assert_speech_of(synthesizer.call("frames=1"), synthesizer.get_last_request_id())
    assert earlier.return_synthesizer(synthesizer) is False
    server.wait_open(1)


def test_return_of_a_closed_synthesizer_replaces_it(make: MakePool, server: Server) -> None:
    pool = make(1)
    synthesizer = borrow(pool)
    synthesizer.call("frames=1")
    synthesizer.close()
    assert pool.return_synthesizer(synthesizer) is False
    assert_replaced(pool, server)
    assert pool.stats()["returned_bad"] == 1


def test_a_synthesizer_closed_after_a_failure_and_never_returned_is_replaced(make: MakePool, server: Server) -> None:
    """As the documented program does."""
    pool = make(1)
    kept = []
    for _ in range(3):
        synthesizer = borrow(pool)
        with pytest.raises(TaskFailed):
            synthesizer.call("fail")
        synthesizer.close()
        kept.append(synthesizer)  # the pool must not wait for the collector
        wait_full(pool)
    server.wait_open(1)
    assert pool.stats()["overflow"] == 0
    assert_books_add_up(pool)


def test_return_of_a_failed_synthesizer_replaces_it(make: MakePool, server: Server) -> None:
    pool = make(1)
    synthesizer = borrow(pool)
    with pytest.raises(TaskFailed, match="as asked for"):
        synthesizer.call("fail")
    assert pool.return_synthesizer(synthesizer) is False
    assert_replaced(pool, server)
    assert pool.stats()["returned_bad"] == 1


@pytest.mark.parametrize("how", ["cut", "close=1011"])
def test_return_of_a_synthesizer_that_was_cut_off_replaces_it(make: MakePool, server: Server, how: str) -> None:
    pool = make(1)
    synthesizer = borrow(pool)
    with pytest.raises(ConnectionLost):
        synthesizer.call(f"frames=5 {how}")
    assert pool.return_synthesizer(synthesizer) is False
    assert_replaced(pool, server)


def test_return_of_a_running_synthesizer_ends_its_task_and_replaces_it(make: MakePool, server: Server) -> None:
    pool = make(1)
    listener = Listener()
    synthesizer = borrow(pool, listener)
    synthesizer.call("hold")
    server.next_held()
    assert pool.return_synthesizer(synthesizer) is False
    assert listener.closed.wait(5)
    assert listener.calls == ["on_open", "on_close"]
    assert_replaced(pool, server)


def test_return_in_the_middle_of_the_text_replaces_it(make: MakePool, server: Server) -> None:
    pool = make(1)
    listener = Listener()
    synthesizer = borrow(pool, listener)
    synthesizer.streaming_call("a fragment")
    assert pool.return_synthesizer(synthesizer) is False
    assert listener.closed.wait(5)
    assert_replaced(pool, server)


def test_return_after_a_time_out_replaces_it(make: MakePool, server: Server) -> None:
    pool = make(1)
    synthesizer = borrow(pool)
    with pytest.raises(TaskTimeout):
        synthesizer.call("hold", timeout_millis=50)
    assert pool.return_synthesizer(synthesizer) is False
    assert_replaced(pool, server)


def test_a_cancel_that_was_answered_leaves_the_connection_good(make: MakePool, server: Server) -> None:
    pool = make(1)
    listener = Listener()
    synthesizer = borrow(pool, listener)
    synthesizer.streaming_call("frames=5")
    synthesizer.streaming_cancel()
    assert pool.return_synthesizer(synthesizer) is True
    after = borrow(pool)
    assert_speech_of(after.call("frames=1"), after.get_last_request_id())
    assert len(server.all) == 1


def test_a_cancel_without_an_answer_replaces_it(make: MakePool, server: Server) -> None:
    pool = make(1)
    listener = Listener()
    synthesizer = borrow(pool, listener)
    synthesizer.streaming_call("deaf")
    synthesizer.streaming_cancel(50)
    assert pool.return_synthesizer(synthesizer) is False
    assert listener.frames == []
    assert_replaced(pool, server)


def test_return_while_a_cancel_waits_for_its_answer_replaces_it(make: MakePool, server: Server) -> None:
    pool = make(1)
    synthesizer = borrow(pool, Listener())
    synthesizer.streaming_call("deaf")
    crew = Crew()
    crew.send(synthesizer.streaming_cancel)
    eventually(lambda: synthesizer._conversation.task.state.name == "CANCELLING")
    assert pool.return_synthesizer(synthesizer) is False
    crew.wait()
    assert_replaced(pool, server)


@pytest.mark.parametrize("callback", ["on_complete", "on_close"])
def test_a_synthesizer_may_be_returned_inside_a_callback(make: MakePool, server: Server, callback: str) -> None:
    pool = make(1)
    answers: list[bool] = []
    listener = Listener(at={callback: lambda: answers.append(pool.return_synthesizer(synthesizer))})
    synthesizer = borrow(pool, listener)
    synthesizer.call("frames=2")
    assert listener.closed.wait(5)
    assert answers == [True]
    after = borrow(pool, timeout=5)
    assert_speech_of(after.call("frames=1"), after.get_last_request_id())
    assert len(server.all) == 1


def test_a_failed_synthesizer_may_be_returned_inside_on_error(make: MakePool, server: Server) -> None:
    pool = make(1)
    answers: list[bool] = []
    listener = Listener(at={"on_error": lambda: answers.append(pool.return_synthesizer(synthesizer))})
    synthesizer = borrow(pool, listener)
    synthesizer.call("fail")
    assert listener.closed.wait(5)
    assert answers == [False]
    assert_replaced(pool, server)


def test_the_next_task_may_be_begun_inside_on_complete(make: MakePool, server: Server) -> None:
    pool = make(1)
    second = Listener()
    ids: list[str] = []

    def go_on() -> None:
        pool.return_synthesizer(synthesizer)
        following = borrow(pool, second)
        ids.append(following.get_last_request_id())
        following.call("frames=3")

    synthesizer = borrow(pool, Listener(at={"on_complete": go_on}))
    synthesizer.call("frames=2")
    assert second.closed.wait(5)
    second.assert_all_of(ids[0], 3)
    assert len(server.all) == 1


def test_invalidate_closes_and_replaces_however_often_it_is_called(make: MakePool, server: Server) -> None:
    pool = make(1)
    synthesizer = borrow(pool)
    synthesizer.call("frames=1")
    for _ in range(3):
        pool.invalidate_synthesizer(synthesizer)
    assert pool.return_synthesizer(synthesizer) is False
    assert_replaced(pool, server)
    assert pool.stats()["returned_bad"] == 1


def test_invalidate_ends_a_running_task(make: MakePool, server: Server) -> None:
    pool = make(1)
    listener = Listener()
    synthesizer = borrow(pool, listener)
    synthesizer.call("hold")
    pool.invalidate_synthesizer(synthesizer)
    assert listener.closed.wait(5)
    assert_replaced(pool, server)


def test_invalidate_after_the_return_does_nothing(make: MakePool, server: Server) -> None:
    pool = make(1)
    synthesizer = borrow(pool)
    pool.return_synthesizer(synthesizer)
    pool.invalidate_synthesizer(synthesizer)
    assert pool.stats()["available"] == 1
    assert pool.stats()["returned_bad"] == 0


def test_a_connection_found_dead_by_the_first_task_is_redialled(make: MakePool, server: Server) -> None:
    pool = make(1)
    synthesizer = borrow(pool)
    server.cut(server.open)
    server.wait_open(1)  # the pool's own replacement: what is lent and lost counts no more
    assert_speech_of(synthesizer.call("frames=1"), synthesizer.get_last_request_id())
    assert pool.return_synthesizer(synthesizer) is False
    server.wait_open(1)
    wait_full(pool)
    assert_books_add_up(pool)


def test_a_connection_lost_between_the_end_of_the_task_and_the_return_is_replaced(
    make: MakePool, server: Server
) -> None:
    pool = make(1)
    synthesizer = borrow(pool)
    synthesizer.call("frames=1")
    server.cut(server.open)
    eventually(lambda: not _is_ready(synthesizer._conversation))
    assert pool.return_synthesizer(synthesizer) is False
    assert_replaced(pool, server)
