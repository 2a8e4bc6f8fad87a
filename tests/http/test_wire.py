"""The HTTP session on real sockets: what is sent again, what is not, and how each fault ends."""

from __future__ import annotations

import os
import pickle
import socket
import subprocess
import sys
import threading
import time

import pytest
import requests

import dashscope_tts
from dashscope_tts.audio.http_tts import HttpSpeechSynthesizer
from dashscope_tts.audio.tts_v2 import VoiceEnrollmentException, VoiceEnrollmentService
from dashscope_tts.common.error import (
    AuthenticationError,
    ConnectFailed,
    ConnectionLost,
    InvalidParameter,
    MalformedFrame,
    RequestFailure,
    TaskTimeout,
)
from dashscope_tts.transport import http_connections
from dashscope_tts.transport.http import session

from .scripts import PLAIN
from .stand_in import Answer, ok

KEY = "sk-0123456789"


def speak(**more):
    return HttpSpeechSynthesizer.call(model="m", text="hi", voice="v", **more)


def create(**more):
    return VoiceEnrollmentService(**more).create_voice("m", "p", "http://host/a.wav")


@pytest.fixture
def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def test_requests_share_a_connection(point_at):
    server = point_at("plain")
    for _ in range(5):
        assert speak().status_code == 200
    assert server.connections == 1


def test_threads_share_the_session(point_at):
    server = point_at("plain")
    seen = []
    threads = [threading.Thread(target=lambda: seen.append(speak().request_id)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == ["ee88"] * 16
    assert server.connections <= 16


def test_a_kept_connection_that_died_is_replaced(point_at):
    server = point_at("plain")
    speak()
    server.hang_up()
    assert speak().request_id == "ee88"
    assert len(server.requests("plain")) == 2


def dying_when_used(server, kept):
    """A script that answers the first request, and hangs up on the next one that comes on the same connection."""

    def answer(number, _):
        return kept if number == 0 else Answer(then="drop") if number == 1 else kept

    server.scripts["dies"] = answer


def test_a_create_is_sent_again_on_a_kept_connection_that_ended_under_it(point_at):
    server = point_at("dies")
    dying_when_used(server, ok({"output": {"voice_id": "v-1"}, "usage": {}, "request_id": "r"}))
    assert create() == "v-1"
    assert create() == "v-1"
    assert len(server.requests("dies")) == 3


def test_a_create_is_not_sent_again_on_a_new_connection(point_at):
    server = point_at("drop")
    with pytest.raises(ConnectionLost) as caught:
        create()
    assert isinstance(caught.value, requests.exceptions.ConnectionError)
    assert len(server.requests("drop")) == 1


def test_a_create_whose_answer_is_late_is_sent_once(point_at):
    server = point_at("hang")
    started = time.monotonic()
    with pytest.raises(requests.exceptions.ReadTimeout) as caught:
        create(request_timeout=0.3)
    assert time.monotonic() - started < 2
    assert isinstance(caught.value, TaskTimeout)
    assert isinstance(caught.value, TimeoutError)
    assert not caught.value.retryable
    assert len(server.requests("hang")) == 1


def test_a_query_is_tried_as_often_as_it_says_and_ends_with_the_network_error(point_at, monkeypatch):
    server = point_at("hang")
    monkeypatch.setattr(VoiceEnrollmentService, "_retry_seconds", 0.0)
    with pytest.raises(requests.exceptions.ReadTimeout):
        VoiceEnrollmentService(request_timeout=0.1).query_voice("v")
    assert len(server.requests("hang")) == VoiceEnrollmentService.MAX_QUERY_TRY_COUNT


def test_a_synthesis_whose_answer_is_late_is_sent_once(point_at):
    server = point_at("hang")
    with pytest.raises(TaskTimeout, match=r"Read timed out"):
        speak(request_timeout=0.2)
    assert len(server.requests("hang")) == 1


def test_an_answer_that_stops_in_its_body_is_a_time_out(point_at):
    point_at("hang in the body")
    with pytest.raises(requests.exceptions.ReadTimeout):
        speak(request_timeout=0.2)


def test_a_refused_connection_fails_at_once_with_its_cause(free_port, monkeypatch, key):
    monkeypatch.setattr(dashscope_tts, "base_http_api_url", f"http://user:pass@127.0.0.1:{free_port}/api/v1")
    started = time.monotonic()
    with pytest.raises(ConnectFailed, match="connection refused") as caught:
        speak()
    assert time.monotonic() - started < 1
    assert isinstance(caught.value, requests.exceptions.ConnectionError)
    assert caught.value.retryable
    assert "pass" not in str(caught.value)


def test_a_create_is_tried_again_where_nothing_was_sent(free_port, monkeypatch, key, caplog):
    monkeypatch.setattr(dashscope_tts, "base_http_api_url", f"http://127.0.0.1:{free_port}")
    monkeypatch.setattr(VoiceEnrollmentService, "_retry_seconds", 0.0)
    with pytest.raises(ConnectFailed):
        create()
    assert sum("trying again" in record.getMessage() for record in caplog.records) == 2


def test_a_stream_that_is_cut_is_a_lost_connection_after_what_came(point_at):
    point_at("stream cut")
    results = speak(stream=True)
    assert next(results).audio_data == b"ab"
    with pytest.raises(ConnectionLost) as caught:
        next(results)
    assert isinstance(caught.value, requests.exceptions.ChunkedEncodingError)
    assert isinstance(caught.value, ConnectionError)


def test_a_stream_without_its_end_is_a_lost_connection(point_at):
    point_at("stream without end")
    results = speak(stream=True)
    next(results)
    with pytest.raises(ConnectionLost, match="without its last event"):
        next(results)


def test_leaving_a_stream_early_does_not_harm_the_next_request(point_at):
    server = point_at("stream")
    results = speak(stream=True)
    next(results)
    results.close()
    assert len(list(speak(stream=True))) == 3
    assert len(server.requests("stream")) == 2


def test_events_come_as_they_are_sent(point_at):
    """Without waiting for a buffer to fill: the server sends one event and then nothing."""
    server = point_at("slow")
    server.scripts["slow"] = lambda number, request: Answer(
        200, SOON, {"Content-Type": "text/event-stream"}, "hang"
    )
    results = speak(stream=True, request_timeout=1.0)
    started = time.monotonic()
    assert next(results).audio_data == b"a"
    assert time.monotonic() - started < 0.8
    with pytest.raises(TaskTimeout):
        next(results)


SOON = b'event:result\ndata:{"output":{"type":"sentence-synthesis","audio":{"data":"YQ=="}},"request_id":"r"}\n\n'


def test_a_connection_that_was_idle_for_long_is_not_used_again(point_at, monkeypatch):
    server = point_at("plain")
    speak()
    monkeypatch.setattr(http_connections, "_MOST_IDLE_SECONDS", 0.0)
    speak()
    assert server.connections == 2


def test_a_netrc_does_not_replace_the_key(point_at, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server = point_at("plain")
    speak()
    assert server.requests("plain")[0].headers["Authorization"] == f"Bearer {KEY}"


def test_a_service_on_this_machine_is_not_asked_through_a_proxy(point_at, monkeypatch, free_port):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port}")
    point_at("plain")
    assert speak().status_code == 200


def test_a_proxy_that_is_given_is_used(point_at, free_port):
    point_at("plain")
    with pytest.raises(ConnectFailed) as caught:
        speak(proxies={"http": f"http://somebody:secret@127.0.0.1:{free_port}"})
    assert isinstance(caught.value, requests.exceptions.ProxyError)
    assert "secret" not in str(caught.value)


def test_a_proxy_of_the_environment_is_used_for_other_machines(stand_in, monkeypatch, key):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{stand_in.port}/")
    stand_in.scripts["http:"] = lambda number, request: ok(PLAIN)  # a proxy is sent the whole URL
    monkeypatch.setattr(dashscope_tts, "base_http_api_url", "http://speech.example/api/v1")
    assert speak().status_code == 200


def test_the_key_is_in_no_error_and_no_repr(point_at, caplog):
    caplog.set_level("DEBUG", "dashscope")
    server = point_at("echo")
    server.scripts["echo"] = lambda number, request: Answer(
        401, b'{"code":"InvalidApiKey","message":"no such key: %s","request_id":"r"}' % KEY.encode()
    )
    result = speak()
    with pytest.raises(VoiceEnrollmentException) as caught:
        create(api_key=KEY)
    service = VoiceEnrollmentService(api_key=KEY)
    shown = [str(result.response), repr(result), repr(result.response), str(caught.value), repr(service), caplog.text]
    assert result.message == "no such key: ***"
    assert not [text for text in shown if KEY in text]


def test_a_page_in_place_of_an_answer_names_itself(point_at):
    point_at("log-in page")
    with pytest.raises(MalformedFrame, match="<html>hello") as caught:
        speak()
    assert isinstance(caught.value, requests.exceptions.JSONDecodeError)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("script", ["drop", "log-in page", "hang"])
def test_errors_can_be_sent_to_another_process(point_at, script):
    point_at(script)
    with pytest.raises(RequestFailure) as caught:
        speak(request_timeout=0.2)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert str(copy) == str(caught.value)
    assert copy.retryable == caught.value.retryable
    assert isinstance(caught.value, type(copy))


@pytest.mark.parametrize("url", ["ftp://host/api", "host/api/v1", "http://", "http://host:port/"])
def test_a_url_that_is_none_is_refused_before_anything_is_sent(monkeypatch, key, url):
    with pytest.raises(InvalidParameter, match="base URL"):
        speak(url=url)


@pytest.mark.parametrize("timeout", [0, -1, "soon", True])
def test_a_time_out_that_is_none_is_refused(point_at, timeout):
    point_at("plain")
    with pytest.raises(InvalidParameter, match="request_timeout"):
        speak(request_timeout=timeout)


def test_without_a_key_nothing_is_sent(point_at, monkeypatch):
    server = point_at("plain")
    monkeypatch.setattr(dashscope_tts, "api_key", None)
    with pytest.raises(AuthenticationError, match="No api key provided"):
        speak()
    assert not server.requests("plain")


def test_a_header_of_the_program_wins_and_stands_alone(point_at):
    server = point_at("plain")
    speak(headers={"user-agent": "mine", "accept": "x/y"})
    headers = server.requests("plain")[0].headers
    assert headers["user-agent"] == "mine"
    assert [value for name, value in headers.items() if name.lower() == "accept"] == ["x/y"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_does_not_write_to_the_parents_connection(point_at):
    server = point_at("plain")
    speak()
    before = session()
    child = os.fork()
    if not child:
        is_well = session() is not before and speak().status_code == 200
        os._exit(0 if is_well else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert speak().status_code == 200
    assert server.connections == 2


def test_the_imports_load_no_requests():
    program = (
        "import sys, dashscope_tts\n"
        "from dashscope_tts.audio.tts_v2 import *\n"
        "from dashscope_tts import HttpSpeechSynthesizer, MultiModalConversation\n"
        "import dashscope_tts.tokens, dashscope_tts.audio.qwen_tts\n"
        "assert VoiceEnrollmentService and VoiceEnrollmentException\n"
        "print([name for name in ('requests', 'urllib3') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
