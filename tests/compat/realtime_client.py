"""What the scenarios of the realtime client begin with. Imported in the runner only."""

from __future__ import annotations

from functools import partial
from typing import Any

import dashscope
from dashscope.audio.qwen_tts_realtime import QwenTtsRealtime, QwenTtsRealtimeCallback

from .realtime_trace import RealtimeTrace
from .registry import scenario
from .speaking import KEY

__all__ = ["MODEL", "client", "getters", "realtime", "spoken"]

MODEL = "qwen3-tts-flash-realtime"

realtime = partial(scenario, family="realtime")


def client(t: RealtimeTrace, instead: dict[str, Any] | None = None, **keywords: Any) -> Any:
    """A client for this scenario's server, with a key, and a callback that writes everything down."""
    dashscope.api_key = KEY
    keywords.setdefault("callback", t.callback(QwenTtsRealtimeCallback, **(instead or {})))
    keywords.setdefault("url", t.url)
    made = QwenTtsRealtime(keywords.pop("model", MODEL), **keywords)
    t.kept.append(made)
    return made


def getters(t: RealtimeTrace, tts: Any, when: str) -> None:
    """What is known of the session and of its responses."""
    for name in ("get_session_id", "get_last_response_id", "get_last_message"):
        t.note(f"{name} {when}", getattr(tts, name)())
    t.note(f"get_first_audio_delay {when}", type(tts.get_first_audio_delay()).__name__)


def spoken(t: RealtimeTrace, tts: Any) -> None:
    """A whole session, and what is known after it."""
    t.step("connect", tts.connect)
    t.wait_for("session.created")
    t.step("update_session", tts.update_session, "Cherry")
    t.step("append_text", tts.append_text, "Hello.")
    t.step("finish", tts.finish)
    t.wait_for_close()
    getters(t, tts, "after")
