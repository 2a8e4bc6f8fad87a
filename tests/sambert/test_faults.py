"""What goes wrong on a real socket is told once, with its cause, and never makes a caller wait for ever."""

from __future__ import annotations

import socket
import time

import pytest

from dashscope_tts.audio.tts import ResultCallback, SpeechSynthesizer

from .recording_server import Close, Drop, Hold, failed, finished, result, started


class Log(ResultCallback):
    def __init__(self):
        self.names = []
        self.errors = []

    def on_open(self):
        self.names.append("on_open")

    def on_complete(self):
        self.names.append("on_complete")

    def on_error(self, response):
        self.names.append("on_error")
        self.errors.append(response)

    def on_close(self):
        self.names.append("on_close")

    def on_event(self, result):
        self.names.append("on_event")


@pytest.fixture
def call():
    """Calls; gives the result, the log and the seconds it took."""

    def call_one(url, **arguments):
        log, begun = Log(), time.monotonic()
        arguments.update(model="sambert-zhichu-v1", text="今天", base_address=url, callback=log)
        result = SpeechSynthesizer.call(**arguments)
        return result, log, time.monotonic() - begun

    return call_one


def told_once(result, log, *events):
    """on_error once, with the response that the result has as well."""
    assert log.names == ["on_open", *events, "on_error", "on_close"]
    assert log.errors == [result.get_response()]
    return result.get_response()


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_told_at_once(recording, call, status):
    recording.refuse(status, b'{"code":"AccessDenied","message":"not for sk-test"}')
    result, log, seconds = call(recording.url())
    response = told_once(result, log)
    assert (response.status_code, response.code) == (status, status)
    assert response.message.startswith("Unauthorized, your api-key is invalid! (HTTP ")
    assert "sk-test" not in response.message
    assert seconds < 1


def test_an_odd_status_is_told(recording, call):
    recording.refuse(502, b"<html>bad gateway</html>")
    response = told_once(*call(recording.url())[:2])
    assert response.status_code == 502
    assert "bad gateway" in response.message


def test_a_refused_connection_is_told_at_once(call, unused_port):
    result, log, seconds = call(f"ws://127.0.0.1:{unused_port}/")
    response = told_once(result, log)
    assert (response.status_code, response.code) == (-1, "ClientConnectorError")
    assert "connection refused" in response.message
    assert seconds < 1


def test_a_server_that_never_answers_the_handshake_ends_within_the_connect_timeout(call):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"ws://127.0.0.1:{silent.getsockname()[1]}/"
        result, log, seconds = call(url, connect_timeout=0.3, request_timeout=5)
    response = told_once(result, log)
    assert (response.status_code, response.code) == (-1, "ClientConnectorError")
    assert 0.25 < seconds < 1


def test_the_whole_limit_holds_for_connecting_too(call):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        _, _, seconds = call(f"ws://127.0.0.1:{silent.getsockname()[1]}/", request_timeout=0.3)
    assert seconds < 1


def test_a_service_that_falls_silent_ends_with_the_request_timeout(recording, call):
    route = recording.play(started(), b"part", Hold())
    result, log, seconds = call(recording.url(), request_timeout=0.4)
    response = told_once(result, log, "on_event")
    assert (response.status_code, response.code) == (-1, "TaskTimeout")
    assert "request_timeout of 0.4s" in response.message
    assert 0.3 < seconds < 1
    assert result.get_audio_data() == b"part"
    assert route.closed.wait(1)


def test_a_service_that_sends_on_and_on_ends_with_the_request_timeout_too(recording, call):
    recording.play(started(), *[b"a", lambda: time.sleep(0.02)] * 200, finished())
    result, log, seconds = call(recording.url(), request_timeout=0.4)
    assert result.get_response().code == "TaskTimeout"
    assert log.names[-2:] == ["on_error", "on_close"]
    assert seconds < 1


@pytest.mark.parametrize(
    ("end", "cause"), [(Drop(), "without a close frame"), (Close(1011, "going down"), "code 1011 (going down)")]
)
def test_a_lost_link_is_told_once_with_its_cause(recording, call, end, cause):
    recording.play(started(), b"part", result(0, 100), end)
    outcome, log, seconds = call(recording.url())
    response = told_once(outcome, log, "on_event", "on_event")
    assert (response.status_code, response.code) == (-1, "ConnectionLost")
    assert cause in response.message
    assert outcome.get_audio_data() == b"part"
    assert len(outcome.get_timestamps()) == 1
    assert seconds < 1


def test_a_link_that_is_lost_before_the_start_is_told(recording, call):
    recording.play(Drop())
    assert told_once(*call(recording.url())[:2]).code == "ConnectionLost"


def test_a_task_that_fails_keeps_what_came_before(recording, call):
    recording.play(started(), b"part", failed("Throttling.RateQuota", "slow down"))
    outcome, log, _ = call(recording.url())
    response = told_once(outcome, log, "on_event")
    assert (response.status_code, response.code, response.message) == (44, "Throttling.RateQuota", "slow down")
    assert outcome.get_audio_data() == b"part"


@pytest.mark.parametrize("frame", ["no JSON {", "[1]", "{}", '{"header": 3}'])
def test_a_frame_that_makes_no_sense_is_told(recording, call, frame):
    recording.play(started(), frame, Hold())
    response = told_once(*call(recording.url())[:2])
    assert (response.status_code, response.code) == (-1, "MalformedFrame")


@pytest.mark.parametrize(
    "payload", [{"output": {}}, {"output": None}, {}, {"output": []}, {"output": {"sentence": 1}}]
)
def test_a_message_without_what_it_might_have_is_no_failure(recording, call, payload):
    message = {"header": {"task_id": None, "event": "result-generated"}, "payload": payload}
    end = {"header": {"task_id": None, "event": "task-finished"}, "payload": payload}
    recording.play(started(), message, b"a", end)
    outcome, log, _ = call(recording.url())
    assert log.names == ["on_open", "on_event", "on_complete", "on_close"]
    assert outcome.get_response().status_code == 200
    assert outcome.get_audio_data() == b"a"


@pytest.mark.parametrize("raising", ["on_open", "on_event", "on_complete", "on_error", "on_close"])
def test_a_callback_that_raises_takes_no_other_one_with_it(recording, raising):
    class Raises(Log):
        pass

    def fail(self, *arguments):
        self.names.append(raising)
        raise KeyboardInterrupt  # the worst of them

    setattr(Raises, raising, fail)
    log = Raises()
    recording.play(started(), b"a", failed() if raising == "on_error" else finished())
    with pytest.raises(KeyboardInterrupt):
        SpeechSynthesizer.call(model="sambert-a-v1", text="x", base_address=recording.url(), callback=log)
    assert log.names[-1] == "on_close"
    assert log.names.count(raising) == 1
