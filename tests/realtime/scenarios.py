"""Programs of the realtime client, each run under both packages against one server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dashscope
from dashscope.audio.qwen_tts_realtime import AudioFormat, QwenTtsRealtime, QwenTtsRealtimeCallback

from .trace import RealtimeTrace

__all__ = ["SCENARIOS"]

KEY = "sk-of-the-scenarios"
MODEL = "qwen3-tts-flash-realtime"
SCENARIOS: dict[str, tuple[str, Callable[[RealtimeTrace], None]]] = {}
dashscope.api_key = KEY


def scenario(script: str = "plain") -> Callable[[Callable[[RealtimeTrace], None]], Callable[[RealtimeTrace], None]]:
    def register(function: Callable[[RealtimeTrace], None]) -> Callable[[RealtimeTrace], None]:
        SCENARIOS[function.__name__] = (script, function)
        return function

    return register


def client(trace: RealtimeTrace, instead: dict[str, Any] | None = None, **keywords: Any) -> Any:
    keywords.setdefault("callback", trace.recorder(QwenTtsRealtimeCallback, **(instead or {})))
    keywords.setdefault("url", trace.url)
    made = QwenTtsRealtime(keywords.pop("model", MODEL), **keywords)
    trace.kept.append(made)
    return made


def getters(trace: RealtimeTrace, tts: Any, when: str) -> None:
    for name in ("get_session_id", "get_last_response_id", "get_last_message"):
        trace.note(f"{name} {when}", getattr(tts, name)())
    trace.note(f"get_first_audio_delay {when}", type(tts.get_first_audio_delay()).__name__)


def spoken(trace: RealtimeTrace, tts: Any) -> None:
    """A whole session, and what is known after it."""
    trace.step("connect", tts.connect)
    trace.wait_for("session.created")
    trace.step("update_session", tts.update_session, "Cherry")
    trace.step("append_text", tts.append_text, "Hello.")
    trace.step("finish", tts.finish)
    trace.wait_for_close()
    getters(trace, tts, "after")


@scenario()
def server_commit(trace: RealtimeTrace) -> None:
    tts = client(trace)
    getters(trace, tts, "before")
    spoken(trace, tts)


@scenario()
def fragments_of_all_kinds(trace: RealtimeTrace) -> None:
    tts = client(trace)
    tts.connect()
    for text in ("Hello ", "你好", "", " ", "\n", "emoji 🎉", 'quotes " and \\ and </speak>'):
        tts.append_text(text)
    tts.append_text(text="by keyword")
    tts.finish()
    trace.wait_for_close()


@scenario("commit")
def commit_mode(trace: RealtimeTrace) -> None:
    tts = client(trace)
    tts.connect()
    tts.update_session("Cherry", AudioFormat.PCM_24000HZ_MONO_16BIT, "commit")
    for number in (1, 2, 3):
        tts.append_text(f"Sentence {number}.")
        trace.step(f"commit {number}", tts.commit)
        trace.wait_for("response.done", number)
        trace.note(f"response {number}", tts.get_last_response_id())
    tts.finish()
    trace.wait_for_close()


@scenario("commit")
def every_message(trace: RealtimeTrace) -> None:
    tts = client(trace)
    tts.connect()
    trace.step("clear_appended_text", tts.clear_appended_text)
    trace.step("cancel_response", tts.cancel_response)
    trace.step("commit", tts.commit)
    trace.step("send_raw", tts.send_raw, '{"type": "of.our.own", "a": 1}')
    trace.step("finish", tts.finish)
    trace.wait_for_close()


@scenario()
def every_field_of_a_session(trace: RealtimeTrace) -> None:
    tts = client(trace)
    tts.connect()
    tts.update_session(
        voice="Ethan", response_format=AudioFormat.PCM_24000HZ_MONO_16BIT, mode="commit", sample_rate=16000,
        volume=60, speech_rate=1.2, audio_format="mp3", pitch_rate=0.9, bit_rate=64, language_type="Chinese",
        enable_tn=True, instructions="慢一点", optimize_instructions=True, of_our_own=[1],
    )  # fmt: skip
    trace.note("config", tts.config)
    tts.update_session("Serena", volume=0, enable_tn=False, optimize_instructions=False, instructions="")
    tts.update_session("Serena", AudioFormat.PCM_24000HZ_MONO_16BIT, "server_commit", 8000, 10, 0.5, "opus", 2.0, 6)
    trace.note("config at last", tts.config)
    tts.finish()
    trace.wait_for_close()


@scenario()
def headers_and_a_workspace(trace: RealtimeTrace) -> None:
    headers = {"X-Own": "1", "user-agent": "mine", "Authorization": "Bearer mine", "X-DashScope-WorkSpace": "theirs"}
    tts = client(trace, headers=headers, workspace="ws-1")
    tts.connect()
    tts.finish()
    trace.wait_for_close()
    trace.note("headers are unchanged", headers)


@scenario()
def headers_in_another_spelling(trace: RealtimeTrace) -> None:
    tts = client(trace, headers={"AUTHORIZATION": "Bearer mine"})
    tts.connect()
    tts.finish()
    trace.wait_for_close()


@scenario()
def the_key_is_read_when_connecting(trace: RealtimeTrace) -> None:
    tts = client(trace)
    tts.apikey = "sk-set-later"
    tts.connect()
    tts.finish()
    trace.wait_for_close()


@scenario()
def additional_params_are_not_sent(trace: RealtimeTrace) -> None:
    spoken(trace, client(trace, additional_params={"volume": 3}))


@scenario()
def surface(trace: RealtimeTrace) -> None:
    import dashscope.audio.qwen_tts_realtime.qwen_tts_realtime as submodule

    for name in ("AudioFormat", "QwenTtsRealtime", "QwenTtsRealtimeCallback"):
        trace.note(f"{name} in the submodule", getattr(submodule, name) is globals()[name])
    trace.note("reached by attribute", dashscope.audio.qwen_tts_realtime.QwenTtsRealtime is QwenTtsRealtime)
    for name in (
        "connect", "update_session", "append_text", "commit", "clear_appended_text", "cancel_response", "send_raw",
        "finish", "close", "get_session_id", "get_last_message", "get_last_response_id", "get_first_audio_delay",
        "on_message", "on_error", "on_close", "_get_websocket_header", "_generate_event_id",
    ):  # fmt: skip
        trace.signature(name, getattr(QwenTtsRealtime, name))
    for name in ("on_open", "on_event", "on_close"):
        trace.signature(f"callback.{name}", getattr(QwenTtsRealtimeCallback, name))
    member = AudioFormat.PCM_24000HZ_MONO_16BIT
    trace.note("members", [one.name for one in AudioFormat])
    trace.note("value", list(member.value))
    trace.note("parts", [member.format, member.sample_rate, member.channels, member.bit_rate, member.format_str])
    trace.note("texts", [str(member), repr(member), f"{member}"])
    tts = QwenTtsRealtime(MODEL)
    trace.note("url by default", tts.url)
    for name in ("apikey", "user_headers", "user_workspace", "model", "config", "callback", "ws", "session_id",
                 "last_message", "last_response_id", "last_first_audio_delay", "metrics"):  # fmt: skip
        trace.note(f"attribute {name}", getattr(tts, name))
    trace.step("without a model", QwenTtsRealtime, None)
    trace.step("all positional", QwenTtsRealtime, MODEL, {"a": "b"}, None, "ws", "wss://h/p", {"c": 1})


@scenario()
def a_url_with_a_query(trace: RealtimeTrace) -> None:
    tts = client(trace, url=trace.url + "?region=1")
    tts.connect()
    tts.finish()
    trace.wait_for_close()


@scenario()
def the_base_url_is_followed(trace: RealtimeTrace) -> None:
    before = dashscope.base_websocket_api_url
    dashscope.base_websocket_api_url = "wss://ws-1.us-east-1.maas.aliyuncs.com/api-ws/v1/inference"
    try:
        trace.note("url", QwenTtsRealtime(MODEL).url)
    finally:
        dashscope.base_websocket_api_url = before


@scenario()
def without_a_key(trace: RealtimeTrace) -> None:
    tts = client(trace)
    tts.apikey = None
    key, dashscope.api_key = dashscope.api_key, None
    try:
        trace.step("connect", tts.connect)
    finally:
        dashscope.api_key = key


@scenario()
def without_a_callback(trace: RealtimeTrace) -> None:
    tts = client(trace, callback=None)
    trace.step("connect", tts.connect)
    trace.step("finish", tts.finish)


@scenario()
def what_the_getters_say_inside_a_callback(trace: RealtimeTrace) -> None:
    seen: list[Any] = []

    def look(event: Any) -> None:
        is_last = tts.get_last_message() == event
        seen.append([event["type"], tts.get_session_id(), tts.get_last_response_id(), is_last])

    tts = client(trace, {"on_event": look})
    tts.connect()
    tts.finish()
    trace.wait_for_close()
    trace.note("seen", seen)


@scenario()
def a_callback_that_raises(trace: RealtimeTrace) -> None:
    def fail(*_: Any) -> None:
        raise ValueError("of the program")

    spoken(trace, client(trace, {"on_event": fail, "on_close": fail}))


@scenario()
def on_open_that_raises(trace: RealtimeTrace) -> None:
    def fail() -> None:
        raise ValueError("of the program")

    tts = client(trace, {"on_open": fail})
    trace.step("connect", tts.connect)
    trace.step("finish", tts.finish)
    trace.wait_for_close()


@scenario()
def a_second_session_on_the_same_object(trace: RealtimeTrace) -> None:
    tts = client(trace)
    for number in (1, 2):
        tts.connect()
        tts.append_text("Hello.")
        tts.finish()
        trace.wait_for("session.finished", number)
        assert trace.closed.wait(3)
        trace.closed.clear()
    getters(trace, tts, "after")


@scenario()
def after_the_end(trace: RealtimeTrace) -> None:
    tts = client(trace)
    tts.connect()
    tts.finish()
    trace.wait_for_close()
    for name, arguments in (("append_text", ["x"]), ("update_session", ["V"]), ("commit", []), ("finish", [])):
        trace.step(name, getattr(tts, name), *arguments)
    trace.step("close", tts.close)
    trace.step("close again", tts.close)


@scenario()
def before_connecting(trace: RealtimeTrace) -> None:
    tts = client(trace)
    for name, arguments in (("append_text", ["x"]), ("update_session", ["V"]), ("finish", []), ("send_raw", ["x"])):
        trace.step(name, getattr(tts, name), *arguments)
    trace.step("close", tts.close)


@scenario("stays-silent")
def closed_by_the_program(trace: RealtimeTrace) -> None:
    tts = client(trace)
    tts.connect()
    trace.wait_for("session.created")
    trace.step("close", tts.close)
    trace.closed.wait(1)
    trace.step("append_text", tts.append_text, "x")
    trace.step("close again", tts.close)
    # The official package calls on_close in some runs, and in others never; here test_faults.py sees to it.
    trace.callbacks[:] = [call for call in trace.callbacks if call[1] != "on_close"]


@scenario()
def text_that_is_no_text(trace: RealtimeTrace) -> None:
    tts = client(trace)
    tts.connect()
    trace.step("append_text(None)", tts.append_text, None)
    trace.step("append_text(bytes)", tts.append_text, b"x")
    trace.step("send_raw(dict)", tts.send_raw, {"type": "x"})
    trace.step("response_format as text", tts.update_session, "Cherry", "pcm")
    trace.step("volume out of range", lambda: tts.update_session("Cherry", volume=101))
    tts.finish()
    trace.wait_for_close()


@scenario("401")
def a_bad_key(trace: RealtimeTrace) -> None:
    tts = client(trace)
    trace.takes_at_most("connect", 1.0, tts.connect)
    trace.step("append_text", tts.append_text, "x")


@scenario("403")
def a_forbidden_key(trace: RealtimeTrace) -> None:
    trace.takes_at_most("connect", 1.0, client(trace).connect)


@scenario()
def nobody_listens(trace: RealtimeTrace) -> None:
    trace.takes_at_most("connect", 1.0, client(trace, url="ws://127.0.0.1:9/api-ws/v1/realtime").connect)


def _to_the_end(trace: RealtimeTrace) -> None:
    spoken(trace, client(trace))


def _on(*scripts: str) -> None:
    for script in scripts:
        SCENARIOS[f"service_{script.replace('-', '_')}"] = (script, _to_the_end)


_on("dropped", "closed-early", "junk", "junk-shapes", "unknown-event", "binary", "refused-session", "no-reason")


@scenario("refused-and-closed")
def an_error_and_a_close(trace: RealtimeTrace) -> None:
    tts = client(trace)
    tts.connect()
    tts.update_session("nobody")
    trace.wait_for_close()
    trace.step("append_text", tts.append_text, "x")
    getters(trace, tts, "after")


@scenario("silent-opening")
def a_service_that_does_not_greet(trace: RealtimeTrace) -> None:
    tts = client(trace)
    trace.takes_at_most("connect", 1.0, tts.connect)
    tts.finish()
    trace.wait_for_close()
