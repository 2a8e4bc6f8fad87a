"""Names, signatures and attributes of the realtime client, and where it connects to."""

from __future__ import annotations

import dashscope
from dashscope.audio.qwen_tts_realtime import AudioFormat, QwenTtsRealtime, QwenTtsRealtimeCallback

from ..realtime_client import MODEL, client, realtime
from ..realtime_trace import RealtimeTrace
from ..speaking import KEY


@realtime()
def surface(t: RealtimeTrace) -> None:
    import dashscope.audio.qwen_tts_realtime.qwen_tts_realtime as submodule

    for name in ("AudioFormat", "QwenTtsRealtime", "QwenTtsRealtimeCallback"):
        t.note(f"{name} in the submodule", getattr(submodule, name) is globals()[name])
    t.note("reached by attribute", dashscope.audio.qwen_tts_realtime.QwenTtsRealtime is QwenTtsRealtime)
    for name in (
        "connect", "update_session", "append_text", "commit", "clear_appended_text", "cancel_response", "send_raw",
        "finish", "close", "get_session_id", "get_last_message", "get_last_response_id", "get_first_audio_delay",
        "on_message", "on_error", "on_close", "_get_websocket_header", "_generate_event_id",
    ):  # fmt: skip
        t.signature(name, getattr(QwenTtsRealtime, name))
    for name in ("on_open", "on_event", "on_close"):
        t.signature(f"callback.{name}", getattr(QwenTtsRealtimeCallback, name))
    member = AudioFormat.PCM_24000HZ_MONO_16BIT
    t.note("members", [one.name for one in AudioFormat])
    t.note("value", list(member.value))
    t.note("parts", [member.format, member.sample_rate, member.channels, member.bit_rate, member.format_str])
    t.note("texts", [str(member), repr(member), f"{member}"])
    dashscope.api_key = KEY
    tts = QwenTtsRealtime(MODEL)
    t.note("url by default", tts.url)
    for name in ("apikey", "user_headers", "user_workspace", "model", "config", "callback", "ws", "session_id",
                 "last_message", "last_response_id", "last_first_audio_delay", "metrics"):  # fmt: skip
        t.note(f"attribute {name}", getattr(tts, name))
    t.step("without a model", QwenTtsRealtime, None)
    t.step("all positional", QwenTtsRealtime, MODEL, {"a": "b"}, None, "ws", "wss://h/p", {"c": 1})


@realtime()
def a_url_with_a_query(t: RealtimeTrace) -> None:
    tts = client(t, url=t.url + "?region=1")
    tts.connect()
    tts.finish()
    t.wait_for_close()


@realtime(first=True)
def the_base_url_is_followed(t: RealtimeTrace) -> None:
    before = dashscope.base_websocket_api_url
    dashscope.base_websocket_api_url = "wss://ws-1.us-east-1.maas.aliyuncs.com/api-ws/v1/inference"
    try:
        t.note("url", QwenTtsRealtime(MODEL).url)
    finally:
        dashscope.base_websocket_api_url = before
