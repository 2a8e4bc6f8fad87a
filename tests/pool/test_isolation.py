"""Whatever happened before, a borrower hears and sees nothing of an earlier task."""

from __future__ import annotations

import threading
import time
import weakref
from typing import Any

import pytest

from dashscope_tts.common.error import TaskTimeout

from .conftest import WHAT, MakePool, borrow, wait_full
from .listening import Listener, assert_speech_of
from .server import Peer, Server, marked_audio
from .test_returning import assert_replaced
from .waiting import Crew, eventually


def test_a_second_return_does_not_take_the_connection_from_the_next_borrower(make: MakePool, server: Server) -> None:
    pool = make(1)
    first = borrow(pool)
    pool.return_synthesizer(first)
    second = borrow(pool)
    assert pool.return_synthesizer(first) is False
    pool.invalidate_synthesizer(first)
    first.close()
    assert pool.stats()["borrowed"] == 1
    assert_speech_of(second.call("frames=1"), second.get_last_request_id())
    assert len(server.all) == 1
    assert pool.return_synthesizer(second) is True


def test_speech_of_a_task_that_timed_out_reaches_nobody_else(make: MakePool, server: Server) -> None:
    pool = make(1)
    late = borrow(pool)
    with pytest.raises(TaskTimeout):
        late.call("frames=6 hold", timeout_millis=50)
    peer = server.next_held()
    pool.return_synthesizer(late)
    listener = Listener()
    wait_full(pool)
    synthesizer = borrow(pool, listener)
    synthesizer.call("frames=3 hold")
    next_peer = server.next_held()
    try:
        peer.finish()
    except OSError:
        pass  # its connection is closed
    next_peer.finish()
    assert listener.closed.wait(5)
    listener.assert_all_of(synthesizer.get_last_request_id(), 3)


def test_what_is_known_of_a_task_stays_with_its_synthesizer_after_the_return(make: MakePool) -> None:
    pool = make(1)
    synthesizer = borrow(pool)
    synthesizer.call("frames=1")
    task_id, delay = synthesizer.get_last_request_id(), synthesizer.get_first_package_delay()
    pool.return_synthesizer(synthesizer)
    assert synthesizer.get_last_request_id() == task_id
    assert synthesizer.get_first_package_delay() == delay > 0
    response = synthesizer.get_response()
    assert response is not None
    assert response["header"]["event"] == "task-finished"


def test_a_borrower_sees_nothing_of_the_task_before(make: MakePool) -> None:
    pool = make(1)
    with pool.synthesizer(callback=Listener(), **WHAT) as synthesizer:
        synthesizer.call("frames=1")
    after = borrow(pool)
    assert after.get_response() is None
    assert after.get_first_package_delay() == 0
    assert after.callback is None
    assert after._audio_data is None


def test_the_pool_lets_go_of_the_callback_of_what_was_returned(make: MakePool) -> None:
    pool = make(1)
    listener = Listener()
    gone = weakref.ref(listener)
    with pool.synthesizer(callback=listener, **WHAT) as synthesizer:
        synthesizer.call("frames=1")
    assert listener.closed.wait(5)
    del synthesizer, listener
    eventually(lambda: gone() is None)


def test_a_returned_synthesizer_that_is_used_again_disturbs_nobody(make: MakePool, server: Server) -> None:
    pool = make(1)
    stale = borrow(pool)
    stale.call("frames=1")
    pool.return_synthesizer(stale)
    listener = Listener()
    synthesizer = borrow(pool, listener)
    synthesizer.call("frames=2 hold")
    peer = server.next_held()
    stale.streaming_cancel()
    assert_speech_of(stale.call("frames=4"), stale.get_last_request_id(), frames=4)
    stale.close()
    peer.finish()
    assert listener.closed.wait(5)
    listener.assert_all_of(synthesizer.get_last_request_id(), 2)


def test_audio_that_comes_after_the_end_of_its_task_reaches_nobody(make: MakePool, server: Server) -> None:
    pool = make(1)
    first = borrow(pool)
    first.call("frames=1")
    pool.return_synthesizer(first)
    server.all[0].send(2, marked_audio(first.get_last_request_id()))
    assert_replaced(pool, server)


def test_audio_of_the_task_before_in_the_start_of_the_next_one_reaches_nobody(
    make: MakePool, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = make(1)
    first = borrow(pool)
    first.call("frames=1")
    pool.return_synthesizer(first)
    answer, stray = Peer._answer, marked_audio(first.get_last_request_id())

    def answer_late(peer: Peer, message: Any) -> None:
        if peer.number == 1 and message["header"]["action"] == "run-task":
            peer.send(2, stray)
        answer(peer, message)

    monkeypatch.setattr(Peer, "_answer", answer_late)
    listener = Listener()
    synthesizer = borrow(pool, listener)
    synthesizer.call("frames=3")
    assert listener.closed.wait(5)
    listener.assert_all_of(synthesizer.get_last_request_id(), 3)
    pool.return_synthesizer(synthesizer)
    wait_full(pool)


def test_a_slow_callback_after_the_return_holds_the_next_borrower_up_no_longer_than_it_takes(
    make: MakePool, server: Server
) -> None:
    pool = make(1)
    go_on = threading.Event()

    def return_and_dawdle() -> None:
        pool.return_synthesizer(synthesizer)
        go_on.wait(10)

    synthesizer = borrow(pool, Listener(at={"on_complete": return_and_dawdle}))
    synthesizer.call("frames=1")
    after = borrow(pool, timeout=5)
    crew = Crew()
    crew.send(lambda: assert_speech_of(after.call("frames=1"), after.get_last_request_id()))
    begun = time.monotonic()
    eventually(lambda: len(server.all[0].tasks) == 2)
    go_on.set()
    crew.wait()
    assert time.monotonic() - begun < 5
