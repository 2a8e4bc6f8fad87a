"""What real programs do to the package itself: patch it, clone its parts, swap settings under it."""

from __future__ import annotations

import json
import socket
import threading
import types
from types import SimpleNamespace
from typing import Any
from unittest import mock

import dashscope
import websocket
from dashscope.audio.qwen_tts_realtime import QwenTtsRealtime
from dashscope.audio.tts_v2 import ResultCallback, SpeechSynthesizer
from dashscope.common.error import RequestFailure

from ..registry import scenario
from ..speaking import KEY, recorder, speaker
from ..trace import Trace

_CONNECT = "_SpeechSynthesizer__connect"
_IMPORTS = (
    "from dashscope.audio.tts_v2 import *",
    "from dashscope.audio.tts_v2 import AudioFormat, ResultCallback, SpeechSynthesizer",
    "from dashscope.audio.tts_v2.speech_synthesizer import AudioFormat, HotFix, Request, ResultCallback",
    "from dashscope.audio.tts_v2.speech_synthesizer import SpeechSynthesizer, SpeechSynthesizerObjectPool",
    "from dashscope.audio.tts_v2.enrollment import VoiceEnrollmentException, VoiceEnrollmentService",
    "from dashscope.api_entities.dashscope_response import SpeechSynthesisResponse",
    "from dashscope.audio.tts import ResultCallback, SpeechSynthesisResult, SpeechSynthesizer",
    "from dashscope.audio.tts.speech_synthesizer import SpeechSynthesisResult, SpeechSynthesizer",
    "from dashscope.audio.qwen_tts_realtime import *",
    "from dashscope.audio.qwen_tts_realtime.qwen_tts_realtime import QwenTtsRealtime",
    "from dashscope.audio.http_tts import HttpSpeechSynthesisResult, HttpSpeechSynthesizer",
    "from dashscope.audio import http_tts, qwen_tts, qwen_tts_realtime, tts, tts_v2",
    "from dashscope import HttpSpeechSynthesizer, MultiModalConversation, SpeechSynthesizer",
    "from dashscope.common.error import InvalidParameter, RequestFailure, TimeoutException",
    "from dashscope.common.logging import logger",
    "from dashscope.version import __version__",
)


@scenario()
def import_lines_of_programs(t: Trace) -> None:
    for line in _IMPORTS:
        t.step(line, exec, line, {})


@scenario(first=True)
def connect_replaced_on_the_class(t: Trace) -> None:
    original, waited = getattr(SpeechSynthesizer, _CONNECT), []

    def patient(self: Any, timeout_seconds: Any = 5) -> Any:
        waited.append(timeout_seconds)
        return original(self, timeout_seconds=30)

    with mock.patch.object(SpeechSynthesizer, _CONNECT, patient):
        t.step("call", speaker(t).call, "text")
    t.note("asked", len(waited))


@scenario(first=True)
def connect_cloned_with_another_websocket(t: Trace) -> None:
    """As programs do that want a proxy: the global ``websocket`` of the clone has nothing but a WebSocketApp."""
    original, kept = getattr(SpeechSynthesizer, _CONNECT), []

    class App(websocket.WebSocketApp):  # type: ignore[misc]
        def run_forever(self, *args: Any, **kwargs: Any) -> Any:
            kept.append("run")
            return super().run_forever(*args, **{**kwargs, "http_no_proxy": ["127.0.0.1"]})

    others = {**original.__globals__, "websocket": SimpleNamespace(WebSocketApp=App)}
    code, defaults, cells = original.__code__, original.__defaults__, original.__closure__
    clone = types.FunctionType(code, others, original.__name__, defaults, cells)
    clone.__kwdefaults__ = original.__kwdefaults__
    with mock.patch.object(SpeechSynthesizer, _CONNECT, clone):
        t.step("call", speaker(t).call, "text")
    t.note("run by the clone", len(kept))


@scenario(first=True)
def addresses_filtered_in_the_websocket_library(t: Trace) -> None:
    """As programs do where IPv6 goes nowhere."""
    asked: list[Any] = []

    def only_ipv4(*args: Any, **kwargs: Any) -> Any:
        asked.append(args[0])
        return [found for found in socket.getaddrinfo(*args, **kwargs) if found[0] == socket.AF_INET]

    replaced = types.ModuleType("socket")
    replaced.__dict__.update({**socket.__dict__, "getaddrinfo": only_ipv4})
    with mock.patch("websocket._http.socket", replaced):
        t.step("call", speaker(t).call, "text")
    t.note("asked", bool(asked))


@scenario(first=True)
def classes_patched_by_name(t: Trace) -> None:
    with mock.patch("dashscope.audio.tts_v2.SpeechSynthesizer") as patched:
        patched.return_value.call.return_value = b"mocked"
        t.step("synthesizer", dashscope.audio.tts_v2.SpeechSynthesizer("m", "v").call, "text")
    with mock.patch("dashscope.audio.qwen_tts_realtime.QwenTtsRealtime") as patched:
        t.note("realtime", dashscope.audio.qwen_tts_realtime.QwenTtsRealtime("m") is patched.return_value)
    with mock.patch.object(dashscope.MultiModalConversation, "call", return_value="mocked"):
        t.step("conversation", lambda: dashscope.MultiModalConversation.call(model="m", text="t"))
    with mock.patch.object(dashscope.SpeechSynthesizer, "call", return_value="mocked"):
        t.step("Sambert", lambda: dashscope.SpeechSynthesizer.call("m", "t"))
    t.note("as before", [dashscope.audio.tts_v2.SpeechSynthesizer is SpeechSynthesizer,
                         dashscope.audio.qwen_tts_realtime.QwenTtsRealtime is QwenTtsRealtime])  # fmt: skip


@scenario(first=True)
def key_swapped_around_the_constructor(t: Trace) -> None:
    lock = threading.Lock()
    dashscope.api_key = KEY
    with lock:
        dashscope.api_key = "sk-of-a-customer"
        try:
            synthesizer = SpeechSynthesizer("cosyvoice-v3-flash", "longanyang", url=t.url)
        finally:
            dashscope.api_key = KEY
    t.step("call", synthesizer.call, "text")


@scenario("two-sentences")
def callback_that_forgets_the_constructor_of_its_base(t: Trace) -> None:
    class Own(ResultCallback):  # type: ignore[misc]
        def __init__(self, parts: list[bytes]) -> None:
            self.parts = parts

        def on_data(self, data: bytes) -> None:
            self.parts.append(data)

        def on_close(self) -> None:
            t.closed.set()

    parts: list[bytes] = []
    t.step("call", speaker(t, Own(parts)).call, "text")
    t.wait_for_close()
    t.note("parts", parts)


@scenario("finish-unanswered")
def closed_twice_by_another_thread(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.wait_for_calls(5)
    closer = threading.Thread(target=lambda: [synthesizer.close(), synthesizer.close()])
    closer.start()
    closer.join(5)
    t.note("over", not closer.is_alive())
    t.closed.wait(0.5)
    t.step("once more", synthesizer.close)


@scenario()
def what_goes_into_a_reply_of_a_server(t: Trace) -> None:
    synthesizer = speaker(t)
    audio = synthesizer.call("text")
    told = {
        "id": synthesizer.get_last_request_id(), "delay": synthesizer.get_first_package_delay(),
        "response": synthesizer.get_response(), "size": len(audio),
    }  # fmt: skip
    t.note("is JSON", sorted(json.loads(json.dumps(told))))
    t.note("kinds", [type(value).__name__ for value in told.values()])


@scenario("failed-without-audio")
def handler_of_an_empty_audio(t: Trace) -> None:
    synthesizer = speaker(t)
    try:
        audio = synthesizer.call("text")
        t.note("audio", audio)
    except Exception as error:
        t.note("told", [isinstance(error, RequestFailure), synthesizer.get_response()])


@scenario("sentence-per-text")
def warmed_up_by_an_empty_fragment(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("warm up", synthesizer.streaming_call, "")
    for token in ("Hel", "lo", " ", "\n", "world."):
        t.step(f"token {token!r}", synthesizer.streaming_call, token)
    t.step("complete", synthesizer.streaming_complete, 120_000)
    t.wait_for_close()
