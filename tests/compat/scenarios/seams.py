"""What real programs hold on to beside the documented methods."""

from __future__ import annotations

import json
import threading
import time
from types import SimpleNamespace
from typing import Any

from dashscope.audio.tts_v2 import AudioFormat, SpeechSynthesizer
from dashscope.audio.tts_v2.speech_synthesizer import Request

from ..registry import scenario
from ..speaking import KEY, recorder, speaker
from ..trace import Trace


class FakeSocket:
    """Answers inside ``send``, on the caller's thread, under a task id of its own: as unit tests do."""

    def __init__(self, t: Trace, answers: dict[str, list[Any]]) -> None:
        self.t, self.answers, self.synthesizer = t, answers, None
        self.sent: list[str] = []
        self.closed = 0
        self.sock = SimpleNamespace(connected=True)

    def send(self, text: str) -> None:
        message = json.loads(text)
        self.sent.append(text)
        for answer in self.answers.get(message["header"]["action"], ()):
            frame = answer if isinstance(answer, bytes) else json.dumps(answer)
            self.synthesizer.on_message(self, frame)  # type: ignore[attr-defined]

    def close(self, *_: Any, **__: Any) -> None:
        self.closed += 1


def _event(name: str, **header: Any) -> dict[str, Any]:
    return {"header": {"task_id": "test-task-id", "event": name, **header, "attributes": {}}, "payload": {}}


_STARTED, _FINISHED = _event("task-started"), _event("task-finished")
_FAILED = _event("task-failed", error_code="InvalidParameter", error_message="bad voice")


def _with_a_fake_socket(t: Trace, answers: dict[str, list[Any]], callback: Any = None) -> Any:
    synthesizer = speaker(t, callback)
    socket = FakeSocket(t, answers)
    socket.synthesizer = synthesizer
    synthesizer.ws = socket
    return synthesizer, socket


@scenario()
def fake_socket_that_succeeds(t: Trace) -> None:
    answers = {"run-task": [_STARTED], "finish-task": [b"audio", b" more", _FINISHED]}
    synthesizer, socket = _with_a_fake_socket(t, answers)
    t.step("call", synthesizer.call, "text", 2000)
    t.note("sent", socket.sent)
    t.note("response", synthesizer.get_response())


@scenario()
def fake_socket_that_succeeds_with_a_callback(t: Trace) -> None:
    answers = {"run-task": [_STARTED], "finish-task": [b"audio", b" more", _FINISHED]}
    synthesizer, socket = _with_a_fake_socket(t, answers, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.step("complete", synthesizer.streaming_complete, 2000)
    t.note("sent", socket.sent)


@scenario()
def fake_socket_that_fails_at_start(t: Trace) -> None:
    synthesizer, socket = _with_a_fake_socket(t, {"run-task": [_FAILED]})
    t.step("call", synthesizer.call, "text", 2000)
    t.note("sent", socket.sent)
    t.note("closed", socket.closed > 0)


@scenario()
def fake_socket_that_fails_at_start_with_a_callback(t: Trace) -> None:
    synthesizer, socket = _with_a_fake_socket(t, {"run-task": [_FAILED]}, recorder(t))
    t.step("call", synthesizer.call, "text", 2000)
    t.note("closed", socket.closed > 0)


@scenario()
def fake_socket_that_fails_later(t: Trace) -> None:
    synthesizer, socket = _with_a_fake_socket(t, {"run-task": [_STARTED], "finish-task": [b"audio", _FAILED]})
    t.step("call", synthesizer.call, "text", 2000)
    t.note("closed", socket.closed > 0)


@scenario()
def fake_socket_that_fails_at_text(t: Trace) -> None:
    answers = {"run-task": [_STARTED], "continue-task": [_FAILED], "finish-task": [_FINISHED]}
    synthesizer, socket = _with_a_fake_socket(t, answers, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.note("closed", socket.closed > 0)


@scenario()
def finish_sent_by_the_program_itself(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.step("send", synthesizer.ws.send, synthesizer.request.get_finish_request())
    t.wait_for_close()


@scenario()
def messages_built_by_a_request(t: Trace) -> None:
    request = Request(KEY, "cosyvoice-v2", "longxiaochun_v2", "opus", 24000, 32, 60, 1.5, 0.5, 9, 0, "so", ["zh"])
    t.note("start", request.get_start_request({"x": 1}))
    t.note("start without more", request.get_start_request())
    t.note("continue", request.get_continue_request("文"))
    t.note("flush", request.get_flush_request())
    t.note("finish", request.get_finish_request())
    t.note("cancel", request.get_finish_request("cancel"))
    t.note("task id", request.task_id)
    t.note("another id", request.gen_uid() != request.task_id)
    t.note("headers", request.get_websocket_headers({"x-mine": "1"}, "ws-1"))
    t.note("attributes", sorted(name for name in vars(request) if not name.startswith("_")))


@scenario()
def messages_built_under_older_names(t: Trace) -> None:
    request = Request(KEY, "cosyvoice-v2", "longxiaochun_v2")
    for name in ("getWebsocketHeaders", "getStartRequest", "getContinueRequest", "getFinishRequest"):
        t.note(name, callable(getattr(request, name, None)))


@scenario()
def request_with_defaults(t: Trace) -> None:
    request = Request(apikey=KEY, model="m", voice="v")
    t.note("start", request.get_start_request())
    t.signature("Request", Request)


@scenario()
def health_checks(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.note("before: ws", synthesizer.ws is None)
    t.note("before: started", synthesizer._is_started)
    t.note("before: first", synthesizer._is_first)
    t.step("fragment", synthesizer.streaming_call, "text")
    t.note("running: connected", synthesizer.ws.sock.connected)
    t.note("running: started", synthesizer._is_started)
    t.note("running: first", synthesizer._is_first)
    t.note("running: str", str(synthesizer))
    t.step("complete", synthesizer.streaming_complete)
    t.wait_for_close()
    t.note("after: started", synthesizer._is_started)


@scenario("finish-unanswered")
def stuck_call_freed_by_events(t: Trace) -> None:
    synthesizer = speaker(t)

    def free() -> None:
        time.sleep(0.4)
        synthesizer._stopped.set()
        synthesizer.start_event.set()
        synthesizer.complete_event.set()
        if synthesizer.ws is not None:
            synthesizer.ws.close()

    threading.Thread(target=free, daemon=True).start()
    t.takes_at_most("call", 2.0, synthesizer.call, "text")


@scenario("sentence-per-text")
def warmed_up_by_private_means(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("start", synthesizer._SpeechSynthesizer__start_stream)
    synthesizer._is_first = False
    t.step("fragment", synthesizer.streaming_call, "text")
    t.step("complete", synthesizer.streaming_complete)
    t.wait_for_close()


@scenario()
def connected_by_private_means(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.note("before", synthesizer._SpeechSynthesizer__is_connected())
    t.step("connect", synthesizer._SpeechSynthesizer__connect, 5)
    t.note("after", synthesizer._SpeechSynthesizer__is_connected())
    t.step("fragment", synthesizer.streaming_call, "text")
    t.step("complete", synthesizer.streaming_complete)
    t.wait_for_close()


@scenario()
def reused_by_private_means(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    synthesizer._close_ws_after_use = False
    t.step("first call", synthesizer.call, "one")
    t.wait_for_close()
    time.sleep(0.2)
    synthesizer._SpeechSynthesizer__reset()
    callback = recorder(t)
    t.closed.clear()
    synthesizer._SpeechSynthesizer__update_params(
        model="cosyvoice-v2", voice="longxiaochun_v2", format=AudioFormat.PCM_16000HZ_MONO_16BIT, callback=callback,
        url=t.url, close_ws_after_use=False,
    )  # fmt: skip
    t.step("second call", synthesizer.call, "two")
    t.note("closed again", t.closed.wait(2))
    t.signature("update_params", SpeechSynthesizer._SpeechSynthesizer__update_params)


@scenario()
def connect_wrapped_on_a_subclass(t: Trace) -> None:
    waited: list[Any] = []

    class Patient(SpeechSynthesizer):  # type: ignore[misc]
        def _SpeechSynthesizer__connect(self, timeout_seconds: Any = 5) -> Any:
            waited.append(timeout_seconds)
            return super()._SpeechSynthesizer__connect(timeout_seconds=30)

    speaker(t)
    synthesizer = Patient(model="cosyvoice-v3-flash", voice="longanyang", url=t.url)
    t.step("call", synthesizer.call, "text")
    t.note("times connected", len(waited))


@scenario("unasked-audio")
def audio_before_any_text(t: Trace) -> None:
    synthesizer = speaker(t)
    t.step("call", synthesizer.call, "text")
