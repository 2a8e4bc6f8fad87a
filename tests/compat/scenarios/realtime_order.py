"""The realtime client's methods in an order nobody planned for: twice, too early, too late."""

from __future__ import annotations

import os
from typing import Any

from ..realtime_client import client, getters, realtime, spoken
from ..realtime_trace import RealtimeTrace

_METHODS: dict[str, list[Any]] = {
    "update_session": ["Cherry"], "append_text": ["x"], "commit": [], "clear_appended_text": [],
    "cancel_response": [], "send_raw": ["{}"], "finish": [],
}  # fmt: skip


@realtime()
def every_method_before_connecting(t: RealtimeTrace) -> None:
    tts = client(t)
    for name, arguments in _METHODS.items():
        t.step(name, getattr(tts, name), *arguments)


@realtime()
def every_method_after_the_end(t: RealtimeTrace) -> None:
    tts = client(t)
    tts.connect()
    tts.finish()
    t.wait_for_close()
    for name, arguments in _METHODS.items():
        t.step(name, getattr(tts, name), *arguments)


@realtime("stays-open")
def finish_twice(t: RealtimeTrace) -> None:
    tts = client(t)
    tts.connect()
    tts.append_text("Hello.")
    t.step("finish", tts.finish)
    t.wait_for("session.finished")
    t.step("finish again", tts.finish)
    t.wait_for("session.finished", 2)
    getters(t, tts, "after")


@realtime("stays-open")
def a_second_response_on_one_connection(t: RealtimeTrace) -> None:
    tts = client(t)
    tts.connect()
    for number in (1, 2):
        tts.append_text("Hello.")
        tts.finish()
        t.wait_for("session.finished", number)
        t.note(f"response {number}", tts.get_last_response_id())
        t.note(f"last message {number}", tts.get_last_message())


@realtime("429")
def too_many_requests(t: RealtimeTrace) -> None:
    t.takes_at_most("connect", 1.0, client(t).connect)


@realtime("closed-at-text")
def closed_by_the_service_at_the_text(t: RealtimeTrace) -> None:
    tts = client(t)
    tts.connect()
    t.step("append_text", tts.append_text, "x")
    t.wait_for_close()
    t.step("append_text again", tts.append_text, "y")


@realtime(first=True)
def without_the_sdk_headers(t: RealtimeTrace) -> None:
    os.environ["DASHSCOPE_DISABLE_SDK_HEADERS"] = "true"
    try:
        spoken(t, client(t))
    finally:
        del os.environ["DASHSCOPE_DISABLE_SDK_HEADERS"]


@realtime()
def a_url_with_a_workspace(t: RealtimeTrace) -> None:
    tts = client(t, url="wss://{workspace_id}.example/realtime", workspace="ws-1")
    t.note("url", tts.url)


@realtime()
def what_the_service_says_by_hand(t: RealtimeTrace) -> None:
    tts = client(t)
    t.step("on_message", tts.on_message, None, '{"type": "session.created", "session": {"id": "sess_9"}}')
    t.step("a response", tts.on_message, None, '{"type": "response.created", "response": {"id": "resp_9"}}')
    t.step("no JSON", tts.on_message, None, "nonsense")
    t.step("on_error", tts.on_error, None, ValueError("of the socket"))
    t.step("on_close", tts.on_close, None, 1000, "bye")
    t.note("known", [tts.get_session_id(), tts.get_last_response_id(), tts.get_first_audio_delay()])
