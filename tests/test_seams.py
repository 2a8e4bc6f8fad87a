"""What programs hold on to beyond the documents; the numbers are those of the list of unusual uses."""

from __future__ import annotations

import json
import threading
import types

import pytest
import websocket

from dashscope_tts.audio.tts_v2 import ResultCallback, SpeechSynthesizer
from dashscope_tts.audio.tts_v2 import speech_synthesizer as module
from dashscope_tts.common.error import ConnectFailed, RequestFailure, TaskCancelled

from .support.elapsed import within
from .support.proxy import Proxy
from .support.recorder import Recorder
from .support.steps import accepts, fails, finishes, hears, refuses, sends, speaks, starts


def test_seam_1_connect_is_replaced_on_the_class(serve, speaker, monkeypatch):
    original, limits = SpeechSynthesizer._SpeechSynthesizer__connect, []

    def patient(self, timeout_seconds=5):
        limits.append(timeout_seconds)
        return original(self, timeout_seconds=30)

    monkeypatch.setattr(SpeechSynthesizer, "_SpeechSynthesizer__connect", patient)
    assert speaker(serve(accepts, speaks)).call("text") == b"text"
    synthesizer = speaker(serve(accepts, speaks))
    synthesizer.connect()
    assert limits == [5, 5]
    assert SpeechSynthesizer.__name__ == "SpeechSynthesizer"


def test_seam_2_connect_is_cloned_with_another_websocket_module(serve, speaker, monkeypatch):
    service = serve(accepts, speaks)
    original = SpeechSynthesizer._SpeechSynthesizer__connect
    with Proxy() as proxy:

        class Proxied(websocket.WebSocketApp):
            def run_forever(self, *arguments, **keywords):
                keywords.update(http_proxy_host="127.0.0.1", http_proxy_port=proxy.port, proxy_type="http")
                keywords.update(http_no_proxy=["nobody.invalid"])
                return super().run_forever(*arguments, **keywords)

        swapped = {**original.__globals__, "websocket": types.SimpleNamespace(WebSocketApp=Proxied)}
        clone = types.FunctionType(
            original.__code__, swapped, original.__name__, original.__defaults__, original.__closure__
        )
        monkeypatch.setattr(SpeechSynthesizer, "_SpeechSynthesizer__connect", clone)
        synthesizer = speaker(service)
        assert synthesizer.call("text") == b"text"
        assert synthesizer.call("again") == b"again"
        synthesizer.close()
        assert synthesizer.call("once more") == b"once more"
        synthesizer.close()
    assert proxy.asked_for == [f"127.0.0.1:{service.port}"] * 2


def test_seam_2_the_other_module_may_wrap_the_app(serve, speaker, monkeypatch):
    """Not a subclass, but something that makes one, and hands on."""
    service = serve(accepts, speaks)
    original, made = SpeechSynthesizer._SpeechSynthesizer__connect, []

    def app(*arguments, **keywords):
        made.append(websocket.WebSocketApp(*arguments, **keywords))
        return made[-1]

    swapped = {**original.__globals__, "websocket": types.SimpleNamespace(WebSocketApp=app)}
    clone = types.FunctionType(original.__code__, swapped, original.__name__, original.__defaults__)
    monkeypatch.setattr(SpeechSynthesizer, "_SpeechSynthesizer__connect", clone)
    assert speaker(service).call("text") == b"text"
    assert len(made) == 1


@pytest.mark.parametrize("builder", ["getFinishRequest", "get_finish_request"])
def test_seam_3_the_end_of_the_text_is_sent_on_the_ws(serve, speaker, builder):
    recorder = Recorder()
    service = serve(accepts, speaks)
    synthesizer = speaker(service, recorder)
    synthesizer.streaming_call("text")
    synthesizer.ws.send(getattr(synthesizer.request, builder)())
    recorder.wait_closed()
    assert recorder.names[-2:] == ["on_complete", "on_close"]
    assert service.peer().actions[-1] == "finish-task"


def test_seam_3_all_builders_have_both_names(speaker):
    request = speaker("ws://127.0.0.1:1").request
    assert json.loads(request.getStartRequest())["header"]["action"] == "run-task"
    assert request.getStartRequest({"a": 1}) == request.get_start_request({"a": 1})
    assert request.getContinueRequest("t") == request.get_continue_request("t")
    assert request.getFinishRequest() == request.get_finish_request()
    assert request.getWebsocketHeaders(None, None) == request.get_websocket_headers(None, None)


def test_seam_4_an_object_is_reused_through_private_names(serve, speaker):
    recorder = Recorder()
    service = serve(accepts, speaks)
    synthesizer = speaker(service, recorder)
    synthesizer._close_ws_after_use = False
    assert synthesizer._SpeechSynthesizer__is_connected() is False
    synthesizer._SpeechSynthesizer__connect(5)
    assert synthesizer._SpeechSynthesizer__is_connected() is True
    for number in (1, 2):
        synthesizer._SpeechSynthesizer__reset()
        synthesizer._SpeechSynthesizer__update_params(
            model="other-model", voice="other-voice", callback=recorder, url=service.url, close_ws_after_use=False
        )
        synthesizer.streaming_call("text")
        synthesizer.streaming_complete()
        recorder.wait_for("on_close", number)
    assert service.connections == 1
    runs = [message for message in service.peer().messages if message["header"]["action"] == "run-task"]
    assert {run["payload"]["model"] for run in runs} == {"other-model"}
    assert {run["payload"]["parameters"]["voice"] for run in runs} == {"other-voice"}
    assert len(set(service.peer().task_ids)) == 2


@pytest.fixture(autouse=True)
def _a_key(key):
    """Private ways take the global key, as the official ones do."""


def test_seam_5_a_task_is_started_ahead_of_its_text(serve, speaker):
    recorder = Recorder()
    service = serve(accepts, speaks)
    synthesizer = speaker(service, recorder)
    getattr(synthesizer, "_SpeechSynthesizer__start_stream")()  # noqa: B009
    setattr(synthesizer, "_is_first", False)  # noqa: B010
    assert service.peer().actions == ["run-task"]
    assert recorder.names == ["on_open"]
    synthesizer.streaming_call("text")
    synthesizer.streaming_complete()
    recorder.wait_closed()
    assert service.peer().actions == ["run-task", "continue-task", "finish-task"]
    assert recorder.count("on_open") == 1


def test_seam_6_health_checks(serve, speaker):
    recorder = Recorder()
    synthesizer = speaker(serve(accepts, speaks), recorder)
    assert synthesizer.ws is None
    assert getattr(synthesizer, "_is_started", None) is False
    synthesizer.streaming_call("text")
    assert synthesizer.ws.sock.connected
    assert synthesizer._is_started is True
    assert callable(synthesizer.ws.send)
    synthesizer.streaming_complete()
    assert synthesizer._is_started is False
    synthesizer.close()
    synthesizer.thread.join(2)
    assert not (synthesizer.ws and synthesizer.ws.sock and synthesizer.ws.sock.connected)


def test_seam_7_a_stuck_call_is_freed_by_its_events(serve, speaker):
    synthesizer = speaker(serve(accepts, starts, hears("continue-task"), sends(b"half"), hears("finish-task")))

    def free():
        synthesizer._stopped.set()
        synthesizer.start_event.set()
        synthesizer.complete_event.set()
        synthesizer.ws.close()

    assert isinstance(synthesizer.start_event, threading.Event)
    threading.Timer(0.15, free).start()
    with within(1.0), pytest.raises(RequestFailure):
        synthesizer.call("text")


@pytest.mark.parametrize("name", ["start_event", "complete_event"])
def test_seam_7_one_event_alone_ends_its_wait_without_inventing_success(serve, speaker, name):
    steps = (accepts, hears("run-task")) if name == "start_event" else (accepts, starts)
    synthesizer = speaker(serve(*steps))
    threading.Timer(0.15, lambda: getattr(synthesizer, name).set()).start()
    with within(1.0), pytest.raises(TaskCancelled, match="ended by the program"):
        synthesizer.call("text")


def test_seam_8_a_callback_set_later_is_fed_by_a_call_that_waits(serve, speaker):
    recorder = Recorder()
    synthesizer = speaker(serve(accepts, speaks))
    synthesizer.callback = recorder
    assert synthesizer.callback is recorder
    assert synthesizer.call("text") == b"text"
    recorder.wait_closed()
    assert recorder.names == ["on_open", "on_event", "on_data", "on_complete", "on_close"]
    assert synthesizer.call("more") == b"more"
    recorder.wait_for("on_close", 2)


def test_seam_11_api_key_is_a_keyword_and_unknown_ones_name_additional_params(serve, speaker):
    service = serve(accepts, speaks)
    speaker(service, api_key="sk-of-this-object").call("text")
    assert service.peer().header("Authorization") == ["Bearer sk-of-this-object"]
    with pytest.raises(TypeError, match=r"'emotion'.*additional_params"):
        speaker(service, emotion="happy")


def test_seam_12_texts_that_programs_match(serve, speaker):
    with pytest.raises(ConnectFailed, match=r"^websocket connection could not established"):
        speaker(serve(refuses("403 Forbidden"))).call("text")
    synthesizer = speaker(serve(accepts), Recorder())
    for method in (synthesizer.streaming_complete, synthesizer.streaming_flush, synthesizer.streaming_cancel):
        with pytest.raises(Exception, match="has not been started"):
            method()
    for text in ("request timeout after 23 seconds.", "no_valid_audio_error"):
        with pytest.raises(RequestFailure, match=text):
            speaker(serve(accepts, starts, fails("CLIENT_ERROR", text))).call("text")


def test_seam_15_close_and_cancel_in_any_order_are_silent_after_the_end(serve, speaker, caplog):
    recorder = Recorder()
    synthesizer = speaker(serve(accepts, speaks), recorder)
    synthesizer.streaming_call("text")
    synthesizer.streaming_complete()
    for _ in range(2):
        synthesizer.streaming_cancel()
        synthesizer.close()
    recorder.wait_closed()
    assert recorder.count("on_close") == 1
    assert caplog.text == ""


def test_seam_16_texts_of_nothing_are_sent_as_they_are(serve, speaker):
    service = serve(accepts, speaks)
    synthesizer = speaker(service, Recorder())
    for text in ("", " ", "\n", "…"):
        synthesizer.streaming_call(text)
    synthesizer.streaming_complete()
    assert service.peer().texts == ["", " ", "\n", "…"]


def test_seam_17_limits_go_by_position_or_name(serve, speaker):
    recorder = Recorder()
    synthesizer = speaker(serve(accepts, speaks), recorder)
    synthesizer.streaming_call("text")
    synthesizer.streaming_complete(120_000)
    assert synthesizer.call("text", timeout_millis=5000) is None
    recorder.wait_for("on_close", 2)
    for no_limit in (0, None):
        synthesizer.streaming_call("text")
        synthesizer.streaming_complete(complete_timeout_millis=no_limit)
    recorder.wait_for("on_close", 4)


def test_seam_18_the_modules_programs_import(speaker):
    from dashscope_tts.api_entities.dashscope_response import SpeechSynthesisResponse
    from dashscope_tts.audio.tts_v2.speech_synthesizer import AudioFormat, HotFix, Request
    from dashscope_tts.audio.tts_v2.speech_synthesizer import ResultCallback as same

    assert same is ResultCallback
    assert AudioFormat.DEFAULT.format == "Default"
    assert HotFix(replace=[{"a": "b"}]).to_dict() == {"replace": [{"a": "b"}]}
    assert Request("k", "m", "v").task_id
    response = SpeechSynthesisResponse(200, request_id="r", output={"a": 1})
    assert (response.request_id, response["output"]) == ("r", {"a": 1})
    assert module.__name__ == "dashscope_tts.audio.tts_v2.speech_synthesizer"


class _StandIn:
    """What the official unit tests put into ``ws``: it answers inside send, on the caller's thread."""

    def __init__(self, failure=None):
        self.sent, self.closed, self.failure = [], 0, failure
        self.synthesizer = None

    def send(self, text):
        message = json.loads(text)
        self.sent.append(message)
        action = message["header"]["action"]
        header = {"task_id": "test-task-id", "event": "task-started", "attributes": {}}
        if action == "finish-task":
            self.synthesizer.on_message(self, b"audio")
            header["event"] = "task-finished"
        if action == "continue-task" and self.failure:
            header.update(event="task-failed", error_code="C", error_message=self.failure)
        elif action == "continue-task":
            header["event"] = "result-generated"
        self.synthesizer.on_message(self, json.dumps({"header": header, "payload": {}}))

    def close(self):
        self.closed += 1


def _stand_in_for(synthesizer, **keywords):
    synthesizer.ws = _StandIn(**keywords)
    synthesizer.ws.synthesizer = synthesizer
    return synthesizer.ws


def test_seam_20_a_stand_in_in_ws_is_spoken_with(speaker):
    synthesizer = speaker("ws://127.0.0.1:1")
    ws = _stand_in_for(synthesizer)
    with within(1.0):
        assert synthesizer.call("text") == b"audio"
    assert [message["header"]["action"] for message in ws.sent] == ["run-task", "continue-task", "finish-task"]


def test_seam_20_a_failure_carries_the_id_of_the_answer_and_closes(speaker):
    synthesizer = speaker("ws://127.0.0.1:1")
    ws = _stand_in_for(synthesizer, failure="no")
    with pytest.raises(RequestFailure) as raised:
        synthesizer.call("text")
    assert (raised.value.request_id, raised.value.message, raised.value.http_code) == ("test-task-id", "no", 44)
    assert ws.closed >= 1


def test_seam_20_a_callback_hears_a_stand_in(speaker):
    recorder = Recorder()
    synthesizer = speaker("ws://127.0.0.1:1", recorder)
    _stand_in_for(synthesizer)
    synthesizer.streaming_call("text")
    synthesizer.streaming_complete()
    assert recorder.names == ["on_open", "on_event", "on_data", "on_complete", "on_close"]


def test_seam_22_the_socket_module_of_websocket_client_is_replaced(serve, speaker, monkeypatch):
    import websocket._http as dialling

    asked = []

    class Filtering:
        def __getattr__(self, name):
            return getattr(real, name)

        def getaddrinfo(self, *arguments, **keywords):
            asked.append(arguments[0])
            return real.getaddrinfo(*arguments, **keywords)

    real = dialling.socket
    monkeypatch.setattr(dialling, "socket", Filtering())
    assert speaker(serve(accepts, speaks)).call("text") == b"text"
    assert asked == ["127.0.0.1"]


def test_seam_25_what_is_asked_right_after_a_call(serve, speaker):
    synthesizer = speaker(serve(accepts, speaks))
    first = synthesizer.get_last_request_id()
    assert len(first) == 32
    assert synthesizer.get_first_package_delay() == 0
    assert synthesizer.get_response() is None
    synthesizer.call("text")
    assert synthesizer.get_last_request_id() == first
    assert 0 < synthesizer.get_first_package_delay() < 5000
    answer = json.loads(json.dumps(synthesizer.get_response()))
    assert answer["header"]["event"] == "task-finished"
    assert answer == synthesizer.last_response
    synthesizer.call("more")
    assert synthesizer.get_last_request_id() == synthesizer.last_request_id == synthesizer.request.task_id != first


def test_seam_25_the_delay_is_negative_where_no_audio_came(serve, speaker):
    synthesizer = speaker(serve(accepts, starts, hears("continue-task"), hears("finish-task"), finishes))
    synthesizer.call("text")
    assert synthesizer.get_first_package_delay() < 0


def test_seam_27_the_answer_is_there_for_handlers_of_no_audio(serve, speaker):
    synthesizer = speaker(serve(accepts, starts, fails("InvalidParameter", "voice?")))
    with pytest.raises(RequestFailure):
        synthesizer.call("text")
    assert synthesizer.get_response()["header"]["error_message"] == "voice?"


def test_on_error_and_on_close_can_be_called_as_the_official_ones(serve, speaker):
    recorder = Recorder()
    synthesizer = speaker(serve(accepts, starts), recorder)
    synthesizer.streaming_call("text")
    synthesizer.on_error(synthesizer.ws, OSError("cable pulled"))
    synthesizer.on_close(synthesizer.ws, 1006, "gone")
    recorder.wait_closed()
    assert "cable pulled" in recorder.error["error_message"]
    assert recorder.count("on_close") == 1
