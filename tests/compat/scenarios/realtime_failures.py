"""The realtime client where something goes wrong: on the way, at the service, in the program."""

from __future__ import annotations

from typing import Any

import dashscope

from ..realtime_client import client, getters, realtime, spoken
from ..realtime_trace import RealtimeTrace


@realtime(first=True)
def without_a_key(t: RealtimeTrace) -> None:
    tts = client(t)
    tts.apikey = None
    key, dashscope.api_key = dashscope.api_key, None
    try:
        t.step("connect", tts.connect)
    finally:
        dashscope.api_key = key


@realtime()
def without_a_callback(t: RealtimeTrace) -> None:
    tts = client(t, callback=None)
    t.step("connect", tts.connect)
    t.step("finish", tts.finish)


@realtime()
def a_callback_that_raises(t: RealtimeTrace) -> None:
    def fail(*_: Any) -> None:
        raise ValueError("of the program")

    spoken(t, client(t, {"on_event": fail, "on_close": fail}))


@realtime()
def on_open_that_raises(t: RealtimeTrace) -> None:
    def fail() -> None:
        raise ValueError("of the program")

    tts = client(t, {"on_open": fail})
    t.step("connect", tts.connect)
    t.step("finish", tts.finish)
    t.wait_for_close()


@realtime()
def after_the_end(t: RealtimeTrace) -> None:
    tts = client(t)
    tts.connect()
    tts.finish()
    t.wait_for_close()
    for name, arguments in (("append_text", ["x"]), ("update_session", ["V"]), ("commit", []), ("finish", [])):
        t.step(name, getattr(tts, name), *arguments)
    t.step("close", tts.close)
    t.step("close again", tts.close)


@realtime()
def before_connecting(t: RealtimeTrace) -> None:
    tts = client(t)
    for name, arguments in (("append_text", ["x"]), ("update_session", ["V"]), ("finish", []), ("send_raw", ["x"])):
        t.step(name, getattr(tts, name), *arguments)
    t.step("close", tts.close)


@realtime("stays-silent")
def closed_by_the_program(t: RealtimeTrace) -> None:
    tts = client(t)
    tts.connect()
    t.wait_for("session.created")
    t.step("close", tts.close)
    t.closed.wait(1)
    t.step("append_text", tts.append_text, "x")
    t.step("close again", tts.close)
    # The official package calls on_close in some runs, and in others never; here test_faults.py sees to it.
    t.callbacks[:] = [call for call in t.callbacks if call[1] != "on_close"]


@realtime()
def text_that_is_no_text(t: RealtimeTrace) -> None:
    tts = client(t)
    tts.connect()
    t.step("append_text(None)", tts.append_text, None)
    t.step("append_text(bytes)", tts.append_text, b"x")
    t.step("send_raw(dict)", tts.send_raw, {"type": "x"})
    t.step("response_format as text", tts.update_session, "Cherry", "pcm")
    t.step("volume out of range", lambda: tts.update_session("Cherry", volume=101))
    tts.finish()
    t.wait_for_close()


@realtime("401")
def a_bad_key(t: RealtimeTrace) -> None:
    tts = client(t)
    t.takes_at_most("connect", 1.0, tts.connect)
    t.step("append_text", tts.append_text, "x")


@realtime("403")
def a_forbidden_key(t: RealtimeTrace) -> None:
    t.takes_at_most("connect", 1.0, client(t).connect)


@realtime()
def nobody_listens(t: RealtimeTrace) -> None:
    t.takes_at_most("connect", 1.0, client(t, url="ws://127.0.0.1:9/api-ws/v1/realtime").connect)


def _to_the_end(t: RealtimeTrace) -> None:
    spoken(t, client(t))


def _on(*scripts: str) -> None:
    for script in scripts:
        realtime(script, name=f"service {script}")(_to_the_end)


_on("dropped", "closed-early", "junk", "junk-shapes", "unknown-event", "binary", "refused-session", "no-reason")


@realtime("refused-and-closed")
def an_error_and_a_close(t: RealtimeTrace) -> None:
    tts = client(t)
    tts.connect()
    tts.update_session("nobody")
    t.wait_for_close()
    t.step("append_text", tts.append_text, "x")
    getters(t, tts, "after")


@realtime("silent-opening")
def a_service_that_does_not_greet(t: RealtimeTrace) -> None:
    tts = client(t)
    t.takes_at_most("connect", 1.0, tts.connect)
    tts.finish()
    t.wait_for_close()
