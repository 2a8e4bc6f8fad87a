"""Sambert: ``audio.tts.SpeechSynthesizer.call``, which says everything at once."""

from __future__ import annotations

import os
from typing import Any

import dashscope
from dashscope.audio.tts import ResultCallback, SpeechSynthesizer

from ..registry import scenario
from ..speaking import KEY
from ..trace import Trace

_EVERY_PARAMETER = {
    "format": "pcm", "sample_rate": 48000, "volume": 70, "rate": 1.2, "pitch": 0.9, "word_timestamp_enabled": True,
    "phoneme_timestamp_enabled": True, "unknown": {"a": [1, None]}, "none": None,
}  # fmt: skip
_TEXT = "今天天气怎么样"


def _seen(result: Any) -> dict[str, Any]:
    """All getters of a result."""
    names = ("audio_frame", "audio_data", "timestamp", "timestamps")
    seen = {name: getattr(result, f"get_{name}")() for name in names}
    return {**seen, **_response(result.get_response())}


def _response(response: Any) -> dict[str, Any]:
    if response is None:
        return {"response": None}
    kinds = [type(response).__name__, type(response.usage).__name__]
    return {"response": str(response), "kinds": kinds, "keys": sorted(response)}


def _listener(t: Trace, raises: str) -> Any:
    """A callback that writes down what it is told, on which thread; one of its methods may raise."""

    class Listener(ResultCallback):
        def on_open(self) -> None:
            self._note("on_open")

        def on_complete(self) -> None:
            self._note("on_complete")

        def on_close(self) -> None:
            self._note("on_close")

        def on_error(self, response: Any) -> None:
            self._note("on_error", _response(response))

        def on_event(self, result: Any) -> None:
            self._note("on_event", _seen(result))

        def _note(self, method: str, *what: Any) -> None:
            t.heard(method, *what)
            if method == raises:
                raise ValueError(f"raised in {method}")

    return Listener()


def _call(t: Trace, raises: str = "", **arguments: Any) -> None:
    """One call, as a step, with a callback unless ``callback=None`` says otherwise."""
    dashscope.api_key = KEY if arguments.get("api_key", "") is not None else None
    usual = {"model": "sambert-zhichu-v1", "text": _TEXT, "base_address": t.url, "callback": _listener(t, raises)}
    t.step("call", lambda: _seen(SpeechSynthesizer.call(**{**usual, **arguments})))


def _add(name: str, script: str = "plain", environment: dict[str, str] | None = None, **arguments: Any) -> None:
    def program(t: Trace) -> None:
        os.environ.update(environment or {})
        try:
            _call(t, **arguments)
        finally:
            for variable in environment or {}:
                del os.environ[variable]

    scenario(script, family="sambert", name=name)(program)


_add("speaks", "all-kinds")
_add("speaks_without_a_callback", "all-kinds", callback=None)
_add("every_parameter", "two-frames", **_EVERY_PARAMETER)
_add("key_headers_and_workspace", api_key="sk-own", headers={"x-a": "b"}, workspace="ws-1", request_timeout=20)
_add("data_inspection", environment={"DASHSCOPE_DISABLE_DATA_INSPECTION": "false"})
_add("no_sdk_headers", environment={"DASHSCOPE_DISABLE_SDK_HEADERS": "1"})
_add("ssml", text='<speak rate="1.1">你好 & "you"</speak>')
_add("empty_text", "failed-after-start", text="")
_add("no_audio", "no-audio")
_add("an_empty_frame", "empty-frame")
_add("a_ping", "ping")
_add("merging", "merging")
_add("merging_with_the_same_end", "merging-with-the-same-end")
_add("another_task_id", "another-task-id")
_add("refused_by_the_service", "failed")
_add("failed_later", "failed-after-a-result")
_add("failed_later_without_a_callback", "failed-after-audio", callback=None)
for _status in ("401", "403", "503", "404"):
    _add(f"http_{_status}", _status)
_add("http_401_with_a_reason", "401-with-a-reason")
_add("http_429", "429")
_add("nobody_listens", base_address="ws://127.0.0.1:9/api-ws/v1/inference")
_add("dropped", "dropped")
_add("closed", "closed")
_add("not_json", "not-json")
_add("audio_too_early", "audio-too-early")
_add("finished_at_once", "finished-at-once")
_add("an_unknown_event", "unknown-event")
_add("output_is_empty", "output-is-empty")
_add("output_has_a_sentence", "output-has-a-sentence")
_add("payload_is_empty", "payload-is-empty")
_add("result_without_a_sentence", "result-without-a-sentence")
_add("half_a_surrogate", text="\ud800a")
_add("no_model", model=None)
_add("no_key", api_key=None)
_add("on_open_raises", raises="on_open")
_add("on_event_raises", "two-frames", raises="on_event")
_add("on_complete_raises", raises="on_complete")
_add("on_error_raises", "failed", raises="on_error")
_add("on_close_raises", raises="on_close")
_add("text_that_is_no_text", text=7)
_OWN_HEADERS = {"Authorization": "bearer mine", "user-agent": "mine", "X-DashScope-WorkSpace": "w"}
_add("headers_that_override", headers=_OWN_HEADERS)
_add("request_timeout_of_none", request_timeout=None)
_add("url_without_a_workspace", base_address="ws://{workspace_id}.example/inference")


@scenario("all-kinds", family="sambert")
def arguments_by_position(t: Trace) -> None:
    dashscope.api_key = KEY
    call = SpeechSynthesizer.call
    t.step("call", lambda: _seen(call("sambert-zhichu-v1", _TEXT, _listener(t, ""), "ws-1", base_address=t.url)))


@scenario(family="sambert")
def address_of_the_settings(t: Trace) -> None:
    dashscope.api_key = KEY
    before, dashscope.base_websocket_api_url = dashscope.base_websocket_api_url, t.url
    try:
        t.step("call", lambda: _seen(SpeechSynthesizer.call("sambert-zhichu-v1", _TEXT)))
    finally:
        dashscope.base_websocket_api_url = before


@scenario(family="sambert")
def one_callback_for_two_calls(t: Trace) -> None:
    dashscope.api_key = KEY
    callback = _listener(t, "")
    for number in (1, 2):
        t.step(f"call {number}", lambda: _seen(
            SpeechSynthesizer.call("sambert-zhichu-v1", _TEXT, callback=callback, base_address=t.url)
        ))  # fmt: skip


@scenario(family="sambert")
def key_of_a_file(t: Trace) -> None:
    path = os.path.join(os.path.expanduser("~"), "key-of-sambert")
    with open(path, "w", encoding="utf-8") as file:
        file.write(" sk-of-a-file\n")
    dashscope.api_key, dashscope.api_key_file_path = None, path
    try:
        t.step("call", lambda: _seen(SpeechSynthesizer.call("sambert-zhichu-v1", _TEXT, base_address=t.url)))
    finally:
        dashscope.api_key_file_path = None
