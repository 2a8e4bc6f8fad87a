"""Faults on a real socket: each ends every wait within a second, with the truth, and ``on_close`` comes once."""

from __future__ import annotations

import gc
import logging
import threading
import time

import pytest

from dashscope_tts.audio.qwen_tts_realtime import QwenTtsRealtime
from dashscope_tts.common.error import (
    AuthenticationError,
    AuthenticationFailed,
    ConnectFailed,
    ConnectionLost,
    InputRequired,
    InvalidTask,
    TaskCancelled,
    TaskFailed,
    TaskTimeout,
)

from ..support import KEY
from ..support.elapsed import within
from ..support.steps import accepts, closes, drops, refuses, resets, sends_in_fragments, writes_text
from .conftest import Recorder

TEXT = 1


def hears(count):
    """Read so many events of the client."""

    def step(peer):
        for _ in range(count):
            peer.next_frame()

    return step


def opened(client, url, **then):
    recorder = Recorder(**then)
    tts = client(url, recorder)
    tts.connect()
    return tts, recorder


# -- no connection


@pytest.mark.parametrize(
    ("status", "kind"),
    [("401 Unauthorized", AuthenticationFailed), ("403 Forbidden", AuthenticationError),
     ("404 Not Found", ConnectFailed), ("503 Service Unavailable", ConnectFailed)],
)  # fmt: skip
def test_a_refused_handshake_is_told_at_once_with_its_status(serve, client, status, kind):
    service = serve(refuses(status, b'{"code": "InvalidApiKey", "message": "Invalid API-key provided."}'))
    recorder = Recorder()
    with within(1), pytest.raises(kind, match=rf"HTTP {status[:3]}, InvalidApiKey") as caught:
        client(service.url, recorder).connect()
    assert isinstance(caught.value, TimeoutError)
    assert str(caught.value).startswith("websocket connection could not established")
    assert caught.value.http_code == int(status[:3])
    assert caught.value.__cause__ is not None
    assert KEY not in str(caught.value)
    assert recorder.calls == [("on_close", None, None)]


def test_a_refused_connection_is_told_at_once(client):
    tts = client("ws://127.0.0.1:1/api-ws/v1/realtime")
    with within(1), pytest.raises(ConnectFailed, match="connection refused"):
        tts.connect()
    with pytest.raises(ConnectionLost, match="connection refused"):
        tts.append_text("x")
    with pytest.raises(ConnectFailed, match="connection refused"):
        tts.wait_for_finished(1)


def test_a_silent_service_is_given_up_after_connect_timeout(serve, client):
    service = serve(lambda peer: peer.stopping.wait(5))
    with within(1), pytest.raises(ConnectFailed, match=r"no answer in time|within 0\.2s"):
        client(service.url, connect_timeout=0.2).connect()


def test_a_failed_connect_can_be_tried_again(serve, client):
    service = serve(refuses("503 Service Unavailable"), then=(accepts, closes(1000, "bye")))
    recorder = Recorder()
    tts = client(service.url, recorder)
    with pytest.raises(ConnectFailed):
        tts.connect()
    tts.connect()
    assert recorder.closed.wait(2)
    assert "on_open" in [call[0] for call in recorder.calls]


# -- a link that goes away


@pytest.mark.parametrize(
    ("end", "told", "named"),
    [
        ((drops,), (None, None), "without a close frame|reset by peer"),
        ((resets,), (None, None), "reset by peer"),
        ((closes(1011, "going down"),), (1011, "going down"), r"code 1011 \(going down\)"),
        ((closes(1000),), (1000, None), "code 1000"),
        ((closes(),), (None, None), "no code"),
        ((writes_text(b"\xff\xfe"),), (None, None), "not UTF-8"),
    ],
    ids=["drop", "reset", "1011", "1000-too-early", "no-code", "not-utf8"],
)
def test_a_lost_link_ends_every_wait_and_closes_once(serve, client, end, told, named):
    service = serve(accepts, hears(2), *end)
    tts, recorder = opened(client, service.url)
    failures = []

    def wait(method):
        try:
            getattr(tts, method)()
        except Exception as error:
            failures.append(error)

    waits = ("wait_for_finished", "wait_for_response_done")
    waiters = [threading.Thread(target=wait, args=(name,)) for name in waits]
    for waiter in waiters:
        waiter.start()
    with within(1.5):
        tts.append_text("Hello.")
        tts.finish()
        for waiter in waiters:
            waiter.join(5)
        assert recorder.closed.wait(1)
    time.sleep(0.05)
    assert recorder.closes == [told]
    assert [type(error).__name__ for error in failures] == [type(tts.last_error).__name__] * 2
    for error in failures:
        assert isinstance(error, ConnectionLost)
        with pytest.raises(ConnectionError, match=named):
            raise error
    with pytest.raises(ConnectionError, match="WebSocket connection is not established or has been closed"):
        tts.append_text("more")


def test_an_error_before_the_close_is_part_of_the_truth(recording, client):
    tts, recorder = opened(client, recording.url("refused-and-closed"))
    tts.update_session("nobody")
    with within(1), pytest.raises(ConnectionLost, match=r"1008.*invalid_value, The requested voice 'nobody'"):
        tts.wait_for_finished()
    assert isinstance(tts.last_error, TaskFailed)
    assert (tts.last_error.code, tts.last_error.request_id) == ("invalid_value", "sess_1")
    assert recorder.closed.wait(1)


def test_an_error_alone_does_not_end_the_session(recording, client):
    tts, _ = opened(client, recording.url("refused-session"))
    tts.update_session("nobody")
    tts.finish()
    tts.wait_for_finished(2)
    assert tts.last_error.code == "invalid_value"


def test_a_service_that_falls_silent_is_given_up(serve, client, monkeypatch):
    monkeypatch.setattr(QwenTtsRealtime, "max_silence", 0.2)
    service = serve(accepts, hears(1))
    tts, recorder = opened(client, service.url)
    tts.finish()
    with within(1.5), pytest.raises(TaskTimeout, match="has sent nothing"):
        tts.wait_for_finished()
    assert recorder.closed.wait(1)
    assert recorder.closes == [(None, None)]


def test_silence_is_no_fault_while_nothing_is_owed(serve, client, monkeypatch):
    monkeypatch.setattr(QwenTtsRealtime, "max_silence", 0.1)
    tts, recorder = opened(client, serve(accepts).url)
    tts.append_text("Hello")
    assert not recorder.closed.wait(0.4)


def test_silence_before_anything_was_owed_does_not_count(serve, client, monkeypatch):
    monkeypatch.setattr(QwenTtsRealtime, "max_silence", 0.4)

    def pauses(peer):
        peer.stopping.wait(0.15)

    service = serve(accepts, hears(1), pauses, writes_text({"type": "session.finished"}))
    tts, _ = opened(client, service.url)
    time.sleep(0.5)
    tts.finish()
    tts.wait_for_finished(2)


def test_a_finished_session_that_the_service_leaves_open_is_closed(recording, client, monkeypatch):
    monkeypatch.setattr("dashscope_tts.transport.realtime_session._GOODBYE_SECONDS", 0.1)
    tts, recorder = opened(client, recording.url("stays-open"))
    tts.finish()
    tts.wait_for_finished(2)
    assert recorder.closed.wait(2)
    assert tts.last_error is None


# -- what the service should not send


@pytest.mark.parametrize("script", ["junk", "junk-shapes", "binary", "unknown-event"])
def test_nonsense_is_logged_and_the_session_goes_on(recording, client, script, caplog):
    tts, recorder = opened(client, recording.url(script))
    with caplog.at_level(logging.ERROR, "dashscope"):
        tts.finish()
        tts.wait_for_finished(2)
    assert recorder.closed.wait(2)
    assert recorder.closes == [(1000, "bye")]
    assert all(isinstance(call[1], dict) for call in recorder.calls if call[0] == "on_event")
    assert bool(caplog.records) is (script != "unknown-event")


def test_an_event_in_fragments_is_one_event(serve, client):
    pieces = (b'{"type": "session.', b'created", "session"', b': {"id": "sess_9"}}')
    service = serve(accepts, sends_in_fragments(TEXT, *pieces))
    tts, recorder = opened(client, service.url)
    recorder.wait_for("session.created")
    assert tts.get_session_id() == "sess_9"


# -- callbacks


def test_callbacks_that_raise_lose_nothing(recording, client, caplog):
    def fail(*_):
        raise ValueError("of the program")

    tts, recorder = opened(client, recording.url("plain"), on_event=fail, on_close=fail)
    tts.append_text("Hello.")
    tts.finish()
    tts.wait_for_finished(2)
    assert recorder.closed.wait(2)
    assert recorder.types.count("response.audio.delta") == 2
    assert recorder.types[-1] == "session.finished"
    assert recorder.closes == [(1000, "bye")]
    assert isinstance(tts.callback_error, ValueError)
    assert (tts.get_session_id(), tts.get_last_response_id()) == ("sess_1", "resp_1")
    assert "of the program" in caplog.text


def test_on_open_that_raises_reaches_the_caller(recording, client):
    def fail():
        raise ValueError("of the program")

    with pytest.raises(ValueError, match="of the program"):
        opened(client, recording.url("plain"), on_open=fail)


def test_close_from_a_callback_stops_the_callbacks(recording, client):
    def stop(event):
        if event["type"] == "response.audio.delta":
            with within(0.5):
                tts.close()
                tts.close()

    tts, recorder = opened(client, recording.url("plain"), on_event=stop)
    tts.finish()
    with pytest.raises(TaskCancelled):
        tts.wait_for_finished(2)
    assert recorder.closed.wait(2)
    time.sleep(0.05)
    assert recorder.types.count("response.audio.delta") == 1
    assert recorder.closes == [(None, None)]


def test_a_wait_inside_a_callback_is_refused_rather_than_stuck(recording, client):
    refused = []

    def wait(event):
        for method in ("wait_for_finished", "wait_for_response_done"):
            try:
                getattr(tts, method)(1)
            except InvalidTask as error:
                refused.append(str(error))

    tts, recorder = opened(client, recording.url("plain"))
    recorder._then["on_event"] = wait
    tts.commit()
    recorder.wait_for("response.done")
    assert len(refused) >= 2
    assert "callback" in refused[0]


def test_connect_inside_on_close_begins_another_session(recording, client):
    def again(code, reason):
        if len(recorder.closes) == 1:
            tts.connect()

    tts, recorder = opened(client, recording.url("plain"), on_close=again)
    tts.finish()
    recorder.wait_for("session.created", 2)
    tts.finish()
    recorder.wait_for("session.finished", 2)
    for _ in range(100):
        if len(recorder.closes) == 2:
            break
        time.sleep(0.02)
    assert recorder.closes == [(1000, "bye")] * 2


# -- threads


def test_close_from_another_thread_ends_a_wait(recording, client):
    tts, recorder = opened(client, recording.url("stays-silent"))
    tts.finish()
    threading.Timer(0.1, tts.close).start()
    with within(1), pytest.raises(TaskCancelled, match="closed by the program"):
        tts.wait_for_finished()
    assert recorder.closed.wait(1)
    assert recorder.closes == [(None, None)]


def test_events_of_two_threads_arrive_whole_and_each_in_its_order(recording, client):
    tts, _ = opened(client, recording.url("plain", "two-threads"))

    def send(name):
        for number in range(200):
            tts.append_text(f"{name}{number}")

    threads = [threading.Thread(target=send, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    tts.finish()
    tts.wait_for_finished(5)
    (heard,) = recording.connections_of("two-threads")
    import json

    texts = [json.loads(frame).get("text", "") for frame in heard.frames]
    for name in "ab":
        assert [text for text in texts if text.startswith(name)] == [f"{name}{number}" for number in range(200)]


def test_close_by_many_threads_closes_once(recording, client):
    tts, recorder = opened(client, recording.url("plain"))
    threads = [threading.Thread(target=tts.close) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert recorder.closed.wait(2)
    time.sleep(0.05)
    assert recorder.closes == [(None, None)]


def test_an_abandoned_client_takes_its_connection_with_it(recording):
    tts = QwenTtsRealtime("m", url=recording.url("plain", "abandoned"), api_key=KEY)
    tts.connect()
    thread = tts.thread
    assert thread.daemon
    assert thread.name.startswith("dashscope-tts-realtime-")
    tts.append_text("never finished")
    del tts
    gc.collect()
    thread.join(2)
    assert not thread.is_alive()
    (heard,) = recording.connections_of("abandoned")
    assert heard.over.wait(2)


def test_a_client_that_is_let_go_after_finish_speaks_to_the_end(recording):
    recorder = Recorder()
    tts = QwenTtsRealtime("m", callback=recorder, url=recording.url("plain"), api_key=KEY)
    tts.connect()
    tts.finish()
    del tts
    gc.collect()
    assert recorder.closed.wait(3)
    assert recorder.types.count("response.audio.delta") == 2
    assert recorder.closes == [(1000, "bye")]


def test_no_key_is_said_before_dialling(client, recording):
    tts = client(recording.url("plain", "no-key"), api_key=None)
    with pytest.raises(InputRequired, match="apikey is required"):
        tts.connect()
    assert recording.connections_of("no-key") == []
