"""A connection that goes away around the start of a task: the program is told once, and in order."""

from __future__ import annotations

import pytest

from dashscope_tts.common.error import ConnectionLost, RequestFailure

from .conftest import MakePool, borrow, wait_full
from .listening import Listener
from .server import Peer, Server
from .waiting import eventually


def test_a_loss_during_on_open_is_told_after_it(make: MakePool, server: Server) -> None:
    pool = make(1)

    def lose_the_connection() -> None:
        server.peer_of(synthesizer.get_last_request_id()).cut()
        eventually(lambda: not synthesizer._is_started)

    listener = Listener(at={"on_open": lose_the_connection})
    synthesizer = borrow(pool, listener)
    synthesizer.call("frames=1")
    assert listener.closed.wait(5)
    assert listener.calls == ["on_open", "on_error", "on_close"]
    assert pool.return_synthesizer(synthesizer) is False
    wait_full(pool)


def test_a_loss_right_after_the_start_is_told_once(
    make: MakePool, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = make(2)
    event = Peer.event

    def start_and_cut(peer: Peer, task_id: str, name: str, **more: str) -> None:
        event(peer, task_id, name, **more)
        if name == "task-started":
            peer.cut()

    monkeypatch.setattr(Peer, "event", start_and_cut)
    told = set()
    for _ in range(60):
        listener = Listener()
        synthesizer = borrow(pool, listener)
        try:
            synthesizer.call("frames=1")
        except ConnectionLost:
            assert listener.calls == []
            told.add("raised")
        else:
            assert listener.closed.wait(5)
            assert listener.calls == ["on_open", "on_error", "on_close"]
            told.add("called back")
        pool.return_synthesizer(synthesizer)
    assert told


def test_an_on_open_that_raises_ends_the_task_and_the_loan(make: MakePool, server: Server) -> None:
    pool = make(1)

    def fail() -> None:
        raise ZeroDivisionError

    listener = Listener(at={"on_open": fail})
    synthesizer = borrow(pool, listener)
    with pytest.raises(ZeroDivisionError):
        synthesizer.call("frames=1")
    assert pool.return_synthesizer(synthesizer) is False
    wait_full(pool)
    assert listener.calls == ["on_open"]


def test_a_task_on_a_connection_that_was_cut_while_idle_is_not_lost(make: MakePool, server: Server) -> None:
    """Whether the reader has noticed or not: a loan that begins in that moment is redialled, or told, once."""
    pool = make(1)
    for _ in range(8):
        wait_full(pool, 5)
        listener = Listener()
        server.cut(server.open)
        synthesizer = borrow(pool, listener)
        try:
            synthesizer.call("frames=2")
        except RequestFailure:
            assert listener.calls == []
        else:
            assert listener.closed.wait(5)
            if listener.completed.is_set():
                listener.assert_all_of(synthesizer.get_last_request_id(), 2)
            else:
                assert listener.calls == ["on_open", "on_error", "on_close"]
        pool.return_synthesizer(synthesizer)
