"""What is our own: waiting, ``with``, keys and headers, getters, sessions one after another."""

from __future__ import annotations

import json
import threading

import pytest
import websocket

import dashscope_tts
from dashscope_tts.audio.qwen_tts_realtime import QwenTtsRealtime
from dashscope_tts.common.error import AuthenticationError, ConnectionLost, InvalidParameter, TaskFailed, TaskTimeout

from ..support.elapsed import within
from .conftest import MODEL, Recorder
from .recording_server import SCRIPTS, Script


@pytest.fixture
def script(monkeypatch):
    """Adds a script for one test: gives its name."""

    def add(opened=("created",), **answers):
        named = {name.replace("__", "."): actions for name, actions in answers.items()}
        monkeypatch.setitem(SCRIPTS, "of-this-test", Script(opened=opened, answers=named))
        return "of-this-test"

    return add


# -- waiting


def test_wait_for_finished_returns_when_the_session_is_finished(recording, client):
    tts = client(recording.url("plain"))
    tts.connect()
    tts.append_text("Hello.")
    tts.finish()
    with within(1):
        tts.wait_for_finished(5)
    tts.wait_for_finished(0)  # and again, at once
    assert tts.last_error is None


def test_wait_for_finished_gives_up_after_its_time_and_leaves_the_session(recording, client):
    tts = client(recording.url("plain"))
    tts.connect()
    with within(1), pytest.raises(TaskTimeout, match=r"session.finished has not come within 0.1s"):
        tts.wait_for_finished(0.1)
    tts.finish()
    tts.wait_for_finished(2)


def test_waiting_without_a_connection_is_told(client):
    with pytest.raises(ConnectionLost, match="not established"):
        client("ws://127.0.0.1:9/").wait_for_finished(1)


def test_wait_for_response_done_gives_each_response_of_commit_mode(recording, client):
    tts = client(recording.url("commit"))
    tts.connect()
    tts.update_session("Cherry", mode="commit")
    for number in (1, 2):
        tts.append_text("Hello.")
        tts.commit()
        assert tts.wait_for_response_done(2)["id"] == f"resp_{number}"
    assert tts.wait_for_response_done(0)["id"] == "resp_2"


def test_wait_for_response_done_waits_for_all_that_was_committed(recording, client):
    tts = client(recording.url("commit"))
    tts.connect()
    tts.update_session("Cherry", mode="commit")
    for _ in range(3):
        tts.commit()
    assert tts.wait_for_response_done(2)["id"] == "resp_3"


def test_wait_for_response_done_is_right_though_the_program_waited_otherwise_before(recording, client):
    recorder = Recorder()
    tts = client(recording.url("commit"), recorder)
    tts.connect()
    tts.update_session("Cherry", mode="commit")
    tts.commit()
    recorder.wait_for("response.done")
    tts.commit()
    assert tts.wait_for_response_done(2)["id"] == "resp_2"


def test_a_commit_that_is_refused_ends_its_wait(recording, client, script):
    name = script(input_text_buffer__commit=("error invalid_value the buffer is empty",))
    tts = client(recording.url(name))
    tts.connect()
    tts.update_session("Cherry", mode="commit")
    tts.commit()
    with within(1), pytest.raises(TaskFailed, match="the buffer is empty") as caught:
        tts.wait_for_response_done()
    assert caught.value is tts.last_error


def test_in_server_commit_each_wait_gives_the_next_response(recording, client, script):
    name = script(input_text_buffer__append=("begin", "delta", "done"), session__finish=("finished",))
    tts = client(recording.url(name))
    tts.connect()
    tts.append_text("One.")
    assert tts.wait_for_response_done(2)["id"] == "resp_1"
    with pytest.raises(TaskTimeout):
        tts.wait_for_response_done(0.1)
    tts.append_text("Two.")
    assert tts.wait_for_response_done(2)["id"] == "resp_2"
    tts.finish()
    tts.wait_for_finished(2)
    assert tts.wait_for_response_done(1)["id"] == "resp_2"


# -- with


def test_with_connects_waits_for_the_rest_and_closes(recording, client):
    recorder = Recorder()
    with client(recording.url("plain"), recorder) as tts:
        tts.connect()  # nothing was said yet: the same session
        tts.append_text("Hello.")
        tts.finish()
    assert recorder.types[-1] == "session.finished"
    assert recorder.closed.wait(1)
    assert len(recorder.closes) == 1


def test_with_does_not_wait_after_an_error(recording, client):
    def fail():
        with client(recording.url("stays-silent")) as tts:
            tts.finish()
            raise KeyError

    with within(1), pytest.raises(KeyError):
        fail()


# -- keys, headers, options


def test_the_key_may_be_a_callable_and_is_asked_for_at_each_connect(recording, client):
    keys = iter(["st-one", "st-two"])
    tts = client(recording.url("plain", "callable"), api_key=lambda: next(keys))
    for _ in range(2):
        tts.connect()
        tts.finish()
        tts.wait_for_finished(2)
    told = [dict(heard.headers)["Authorization"] for heard in recording.connections_of("callable")]
    assert told == ["Bearer st-one", "Bearer st-two"]


def test_a_callable_that_gives_no_key_is_told(recording, client):
    with pytest.raises((AuthenticationError, dashscope_tts.common.error.InputRequired)):
        client(recording.url("plain"), api_key=lambda: "").connect()


def test_the_key_of_the_package_and_of_the_environment_are_found(recording, client, monkeypatch):
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-of-the-environment")
    tts = client(recording.url("plain"), api_key=None)
    assert tts._get_websocket_header()["Authorization"] == "Bearer sk-of-the-environment"
    tts.apikey = "sk-of-the-object"
    assert tts._get_websocket_header()["Authorization"] == "Bearer sk-of-the-object"


def test_our_headers_win_over_those_of_the_program(client):
    headers = {"USER-AGENT": "mine", "authorization": "mine", "X-Own": "1"}
    told = client("ws://h/", headers=headers, workspace="ws-1")._get_websocket_header()
    assert [name for name in told if name.lower() in ("user-agent", "authorization")] == [
        "user-agent", "Authorization",
    ]  # fmt: skip
    assert (told["X-Own"], told["X-DashScope-WorkSpace"]) == ("1", "ws-1")


def test_a_header_with_a_line_break_is_refused(client):
    with pytest.raises(InvalidParameter):
        client("ws://h/", headers={"X-Own": "1\r\nX-Evil: 2"}).connect()


def test_the_proxy_is_used(serve, client):
    from ..support.steps import refuses

    proxy = serve(refuses("502 Bad Gateway"))
    with pytest.raises(dashscope_tts.common.error.ConnectFailed):
        client("ws://service.example/api-ws/v1/realtime", proxy=f"http://127.0.0.1:{proxy.port}").connect()
    assert proxy.peer().request.startswith("CONNECT service.example:80")


def test_additional_params_are_warned_about(client, caplog):
    client("ws://h/", additional_params={"volume": 3})
    assert "additional_params has no effect" in caplog.text


# -- one object, many sessions


def test_connect_on_a_session_in_use_closes_it_first(recording, client):
    def dawdle(event):
        if event["type"] == "session.updated":
            threading.Event().wait(0.2)

    recorder = Recorder(on_event=dawdle)
    tts = client(recording.url("plain"), recorder)
    tts.connect()
    tts.update_session("Cherry")
    recorder.wait_for("session.updated")
    tts.connect()
    names = [call[0] for call in recorder.calls if call[0] != "on_event"]
    assert names == ["on_open", "on_close", "on_open"]
    tts.finish()
    tts.wait_for_finished(2)


def test_the_first_audio_delay_is_of_the_last_response(recording, client):
    seen = []

    def look(event):
        if event["type"] in ("response.created", "response.audio.delta"):
            seen.append((event["type"].rpartition(".")[2], tts.get_first_audio_delay()))

    tts = client(recording.url("commit"), Recorder(on_event=look))
    tts.connect()
    assert tts.get_first_audio_delay() is None
    tts.update_session("Cherry", mode="commit")
    for _ in range(2):
        tts.append_text("Hello.")
        threading.Event().wait(0.05)
        tts.commit()
        tts.wait_for_response_done(2)
    assert [delay is None for _, delay in seen] == [True, False, False] * 2
    assert all(50 <= delay < 1000 for what, delay in seen if what == "delta")
    assert seen[1][1] == seen[2][1] != seen[4][1]


# -- seams


def test_frames_may_be_handed_in_by_a_unit_test():
    class Socket:
        sent: list[str] = []  # noqa: RUF012

        def send(self, data):
            self.sent.append(data)

        def close(self):
            self.sent.append("closed")

    recorder = Recorder()
    tts = QwenTtsRealtime(MODEL, callback=recorder, api_key="sk-x")
    tts.ws = Socket()
    tts.update_session("Cherry")
    tts.on_message(tts.ws, '{"type": "session.created", "session": {"id": "s1"}}')
    assert json.loads(tts.ws.sent[0])["type"] == "session.update"
    assert tts.session_id == "s1"
    tts.on_error(tts.ws, OSError("broken"))
    tts.on_close(tts.ws, 1006, "gone")
    tts.on_close(tts.ws, 1006, "gone")
    assert recorder.closes == [(1006, "gone")]
    with pytest.raises(ConnectionLost, match="1006"):
        tts.append_text("x")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # websocket-client forgets its socket
def test_a_subclass_that_connects_by_itself_can_wait_too(recording, client):
    class Own(QwenTtsRealtime):
        def connect(self):
            opened = threading.Event()
            self.ws = websocket.WebSocketApp(
                self.url, header=self._get_websocket_header(), on_open=lambda ws: opened.set(),
                on_message=self.on_message, on_error=self.on_error, on_close=self.on_close,
            )  # fmt: skip
            self.thread = threading.Thread(target=self.ws.run_forever, daemon=True)
            self.thread.start()
            assert opened.wait(5)

    tts = client(recording.url("plain"), kind=Own)
    tts.connect()
    tts.append_text("Hello.")
    tts.finish()
    tts.wait_for_finished(2)
    tts.thread.join(5)
    assert tts.get_session_id() == "sess_1"
    tts.close()
    tts.connect()
    tts.finish()
    tts.wait_for_finished(2)
    tts.thread.join(5)
    tts.close()


def test_ws_and_its_socket_can_be_looked_at(recording, client):
    tts = client(recording.url("plain"))
    assert tts.ws is None
    tts.connect()
    assert tts.ws.sock.connected
    tts.ws.send(json.dumps({"type": "session.finish"}))
    tts.wait_for_finished(2)
