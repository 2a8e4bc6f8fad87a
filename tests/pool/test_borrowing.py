"""Borrowing and returning: what the documents promise, and what programs do."""

from __future__ import annotations

import pytest

import dashscope_tts
from dashscope_tts.audio.tts_v2 import AudioFormat
from dashscope_tts.common.error import InputRequired, InvalidParameter, PoolTimeout, TaskFailed

from .conftest import KEY, WHAT, MakePool, assert_books_add_up, borrow, wait_full
from .listening import Listener, assert_speech_of
from .server import Server
from .waiting import eventually


def test_a_task_on_a_borrowed_synthesizer_uses_an_open_connection(make: MakePool, server: Server) -> None:
    pool = make(2)
    synthesizer = borrow(pool)
    assert_speech_of(synthesizer.call("frames=3"), synthesizer.get_last_request_id(), frames=3)
    assert pool.return_synthesizer(synthesizer) is True
    assert len(server.all) == 2


def test_the_server_sees_the_connections_used_again_and_again(make: MakePool, server: Server) -> None:
    pool = make(2)
    for _ in range(10):
        synthesizer = borrow(pool)
        synthesizer.call("frames=1")
        assert pool.return_synthesizer(synthesizer)
    assert len(server.all) == 2
    assert sorted(len(peer.tasks) for peer in server.all) == [5, 5]  # used evenly: the longest idle one is lent
    assert pool.stats()["returned"] == 10


def test_on_open_comes_after_the_start_of_the_task_and_on_close_after_its_end(make: MakePool, server: Server) -> None:
    pool = make(1)
    started: list[int] = []
    listener = Listener(at={"on_open": lambda: started.append(len(server.all[0].tasks))})
    synthesizer = borrow(pool, listener)
    assert listener.calls == []
    synthesizer.call("frames=2")
    assert listener.closed.wait(5)
    assert started == [1]
    listener.assert_all_of(synthesizer.get_last_request_id(), 2)
    assert len(server.open) == 1
    assert pool.return_synthesizer(synthesizer)


def test_text_in_fragments_is_spoken_by_a_borrowed_synthesizer(make: MakePool, server: Server) -> None:
    pool = make(1)
    listener = Listener()
    synthesizer = borrow(pool, listener)
    for fragment in ("frames=2", "and", "more"):
        synthesizer.streaming_call(fragment)
    synthesizer.streaming_complete()
    listener.assert_all_of(synthesizer.get_last_request_id(), 2)
    assert pool.return_synthesizer(synthesizer)


def test_several_tasks_may_be_run_in_one_loan(make: MakePool, server: Server) -> None:
    pool = make(1)
    synthesizer = borrow(pool)
    ids = set()
    for _ in range(3):
        audio = synthesizer.call("frames=2")
        assert_speech_of(audio, synthesizer.get_last_request_id(), frames=2)
        ids.add(synthesizer.get_last_request_id())
    assert len(ids) == 3
    assert pool.return_synthesizer(synthesizer)
    assert len(server.all) == 1


def test_each_loan_has_a_task_id_of_its_own(make: MakePool) -> None:
    pool = make(1)
    ids = set()
    for _ in range(3):
        synthesizer = borrow(pool)
        ids.add(synthesizer.get_last_request_id())
        pool.return_synthesizer(synthesizer)
    assert len(ids) == 3


def test_an_exhausted_pool_gives_an_extra_synthesizer(make: MakePool, server: Server) -> None:
    pool = make(1)
    borrow_1, extra = borrow(pool), borrow(pool)
    assert len(server.all) == 1, "the extra one connects at its first task"
    assert_speech_of(extra.call("frames=1"), extra.get_last_request_id())
    assert len(server.open) == 2
    assert pool.stats()["overflow"] == 1
    assert pool.stats()["borrowed"] == 1
    assert pool.return_synthesizer(extra) is False
    server.wait_open(1)
    assert pool.return_synthesizer(borrow_1) is True
    assert_books_add_up(pool)


def test_an_extra_synthesizer_that_was_never_used_may_be_returned(make: MakePool, server: Server) -> None:
    pool = make(1)
    lent, extra = borrow(pool), borrow(pool)
    assert pool.return_synthesizer(extra) is False
    assert pool.return_synthesizer(lent) is True
    assert pool.stats()["available"] == 1


def test_an_extra_synthesizer_is_closed_by_invalidate_too(make: MakePool, server: Server) -> None:
    pool = make(1)
    lent, extra = borrow(pool), borrow(pool)
    extra.call("frames=1")
    pool.invalidate_synthesizer(extra)
    server.wait_open(1)
    assert pool.return_synthesizer(lent) is True


@pytest.mark.parametrize("max_size", [0, -1, 101, 2.0, "2", None, True])
def test_a_size_out_of_range_is_refused(make: MakePool, max_size: object) -> None:
    with pytest.raises(ValueError, match="max_size"):
        make(max_size)


def test_a_larger_pool_may_be_asked_for(make: MakePool) -> None:
    with pytest.raises(ValueError, match="less than 3"):
        make(4, size_limit=3)
    assert make(4, size_limit=4).stats()["available"] == 4


def test_a_single_connection_is_a_pool(make: MakePool) -> None:
    assert make(1).stats()["available"] == 1


def test_the_parameters_of_a_loan_reach_the_server(make: MakePool, server: Server) -> None:
    pool = make(1)
    synthesizer = borrow(
        pool, format=AudioFormat.WAV_16000HZ_MONO_16BIT, volume=80, speech_rate=1.5, pitch_rate=0.8, seed=7,
        instruction="softly", language_hints=["en"], additional_params={"word_timestamp_enabled": True},
        hot_fix={"pronunciation": [{"weather": "tian1 qi4"}]},
    )  # fmt: skip
    assert (synthesizer.request.volume, synthesizer.request.seed) == (80, 7)
    assert synthesizer.aformat == "wav"
    synthesizer.call("frames=1")
    again = borrow(pool)
    assert again.request.volume == 50, "nothing of the loan before"
    assert again.aformat != "wav"


def test_a_bad_parameter_takes_nothing_out_of_the_pool(make: MakePool) -> None:
    pool = make(1)
    with pytest.raises(InvalidParameter):
        borrow(pool, volume=101)
    assert pool.stats()["available"] == 1
    assert pool.stats()["borrowed_in_all"] == 0


def test_a_loan_with_the_url_of_the_pool_uses_its_connections(make: MakePool, server: Server) -> None:
    pool = make(1, headers={"x-own": "1"}, workspace="ws-1")
    synthesizer = borrow(pool, url=server.url, headers={"x-own": "1"}, workspace="ws-1", api_key=KEY)
    synthesizer.call("frames=1")
    assert pool.return_synthesizer(synthesizer) is True
    assert len(server.all) == 1


@pytest.mark.parametrize(
    ("keywords", "header", "value"),
    [
        ({"headers": {"x-other": "yes"}}, "x-other", "yes"),
        ({"workspace": "ws-2"}, "x-dashscope-workspace", "ws-2"),
        ({"api_key": "sk-another"}, "authorization", "Bearer sk-another"),
        ({"api_key": lambda: "sk-fresh"}, "authorization", "Bearer sk-fresh"),
    ],
)
def test_a_loan_for_elsewhere_gets_a_connection_of_its_own(
    make: MakePool, server: Server, keywords: dict[str, object], header: str, value: str
) -> None:
    pool = make(1)
    synthesizer = borrow(pool, **keywords)
    assert_speech_of(synthesizer.call("frames=1"), synthesizer.get_last_request_id())
    assert server.peer_of(synthesizer.get_last_request_id()).headers[header] == value
    assert pool.stats()["available"] == 1
    assert pool.stats()["overflow"] == 0, "the pool was not exhausted"
    assert pool.return_synthesizer(synthesizer) is False
    server.wait_open(1)


def test_a_loan_with_another_url_goes_there(make: MakePool, server: Server) -> None:
    pool = make(1)
    with Server() as other:
        synthesizer = borrow(pool, url=other.url)
        synthesizer.call("frames=1")
        assert len(other.all) == 1
        assert pool.return_synthesizer(synthesizer) is False
        other.wait_open(0)


def test_a_changed_global_key_is_used_at_the_next_loan(
    make: MakePool, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = make(1)
    monkeypatch.setattr(dashscope_tts, "api_key", "sk-another")
    synthesizer = borrow(pool)
    synthesizer.call("frames=1")
    assert server.peer_of(synthesizer.get_last_request_id()).headers["authorization"] == "Bearer sk-another"
    pool.return_synthesizer(synthesizer)


def test_a_pool_with_a_key_of_its_own_keeps_it(
    make: MakePool, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = make(1, api_key="sk-own")
    monkeypatch.setattr(dashscope_tts, "api_key", "sk-of-another-account")
    synthesizer = borrow(pool)
    synthesizer.call("frames=1")
    assert server.peer_of(synthesizer.get_last_request_id()).headers["authorization"] == "Bearer sk-own"
    assert pool.return_synthesizer(synthesizer) is True


def test_a_callable_key_is_asked_at_each_connect(make: MakePool, server: Server) -> None:
    asked: list[int] = []

    def key() -> str:
        asked.append(len(asked))
        return f"token-{len(asked)}"

    make(3, api_key=key)
    assert len(asked) == 3
    assert len({peer.headers["authorization"] for peer in server.all}) == 3


def test_without_a_key_there_is_no_pool(make: MakePool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashscope_tts, "api_key", None)
    monkeypatch.delenv("DASHSCOPE_API_KEY", raising=False)
    monkeypatch.setenv("HOME", "/nowhere")
    with pytest.raises(InputRequired):
        make(1)


def test_with_synthesizer_returns_it(make: MakePool) -> None:
    pool = make(1)
    with pool.synthesizer(**WHAT) as synthesizer:
        synthesizer.call("frames=1")
        assert pool.stats()["borrowed"] == 1
    assert pool.stats()["returned"] == 1
    assert pool.stats()["available"] == 1


def test_with_synthesizer_waits_for_audio_that_is_still_coming(make: MakePool, server: Server) -> None:
    pool = make(1)
    listener = Listener(at={"on_open": lambda: None})
    with pool.synthesizer(callback=listener, **WHAT) as synthesizer:
        synthesizer.call("frames=200")
    assert len(listener.frames) == 200
    assert pool.stats()["returned"] == 1


@pytest.mark.parametrize("raised", [ValueError, KeyboardInterrupt])
def test_with_synthesizer_invalidates_it_after_an_exception(
    make: MakePool, server: Server, raised: type[BaseException]
) -> None:
    pool = make(1)

    def fail() -> None:
        with pool.synthesizer(**WHAT) as synthesizer:
            synthesizer.call("frames=1")
            raise raised

    with pytest.raises(raised):
        fail()
    assert pool.stats()["returned"] == 0
    assert pool.stats()["returned_bad"] == 1
    wait_full(pool)
    assert len(server.all) == 2
    assert server.all[0] not in server.open


def test_with_synthesizer_lets_the_failure_of_the_task_through(make: MakePool) -> None:
    pool = make(1)
    with pytest.raises(TaskFailed, match="as asked for"), pool.synthesizer(**WHAT) as synthesizer:
        synthesizer.call("fail")
    wait_full(pool)


def test_with_synthesizer_waits_in_the_queue_when_told_to(make: MakePool) -> None:
    pool = make(1)
    with pool.synthesizer(**WHAT), pytest.raises(PoolTimeout), pool.synthesizer(timeout=0.01, **WHAT):
        pytest.fail("there was no second one")


def test_a_spike_is_served_and_leaves_the_pool_as_it_was(make: MakePool, server: Server) -> None:
    pool = make(3)
    borrowed = [borrow(pool) for _ in range(12)]
    for synthesizer in borrowed:
        assert_speech_of(synthesizer.call("frames=1"), synthesizer.get_last_request_id())
    kept = [pool.return_synthesizer(synthesizer) for synthesizer in borrowed]
    assert kept == [True] * 3 + [False] * 9
    server.wait_open(3)
    assert pool.stats()["available"] == 3
    assert_books_add_up(pool)


def test_a_dropped_synthesizer_frees_its_place(
    make: MakePool, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    pool = make(1)
    synthesizer = borrow(pool)
    synthesizer.call("frames=1")
    del synthesizer
    eventually(lambda: len(server.all) == 2)
    wait_full(pool)
    assert pool.stats()["dropped"] == 1
    assert "dropped without being returned" in caplog.text
    server.wait_open(1)


def test_a_dropped_synthesizer_speaks_to_its_end(make: MakePool, server: Server) -> None:
    pool = make(1)
    listener = Listener()
    borrow(pool, listener).call("frames=3 hold")
    peer = server.next_held()
    assert pool.stats()["borrowed"] == 1, "its connection is in use"
    peer.finish()
    assert listener.closed.wait(5)
    assert len(listener.frames) == 3
    wait_full(pool)
    server.wait_open(1)
