"""Programs that reach into the realtime client, as some do; each run under both packages against one server."""

from __future__ import annotations

import threading
import time
from typing import Any

import websocket
from dashscope.audio.qwen_tts_realtime import QwenTtsRealtime, QwenTtsRealtimeCallback

from .scenarios import MODEL, client, scenario, spoken
from .trace import RealtimeTrace

__all__: list[str] = []


@scenario()
def a_subclass_that_connects_by_itself(trace: RealtimeTrace) -> None:
    class Own(QwenTtsRealtime):
        def connect(self) -> None:
            opened = threading.Event()
            self.ws = websocket.WebSocketApp(
                self.url, header=self._get_websocket_header(), on_open=lambda ws: opened.set(),
                on_message=self.on_message, on_error=self.on_error, on_close=self.on_close,
            )  # fmt: skip
            self.thread = threading.Thread(target=self.ws.run_forever, daemon=True)
            self.thread.start()
            assert opened.wait(5)
            self.callback.on_open()

        def on_message(self, ws: Any, message: Any) -> None:
            if "session.created" in message:
                time.sleep(0.1)  # on_open first, under both
            super().on_message(ws, message)

    tts = Own(MODEL, callback=trace.recorder(QwenTtsRealtimeCallback), url=trace.url)
    trace.kept.append(tts)
    spoken(trace, tts)
    trace.step("append_text after the end", tts.append_text, "x")
    trace.step("close", tts.close)


@scenario()
def a_subclass_that_looks_at_everything(trace: RealtimeTrace) -> None:
    calls: list[str] = []

    class Own(QwenTtsRealtime):
        def on_message(self, ws: Any, message: Any) -> None:
            calls.append(f"on_message {type(message).__name__} {ws is self.ws}")
            super().on_message(ws, message)

        def on_close(self, ws: Any, close_status_code: Any, close_msg: Any) -> None:
            calls.append(f"on_close {close_status_code} {close_msg} {ws is self.ws}")
            super().on_close(ws, close_status_code, close_msg)

        def _get_websocket_header(self) -> Any:
            return {**super()._get_websocket_header(), "X-Own": "yes"}

    tts = Own(MODEL, callback=trace.recorder(QwenTtsRealtimeCallback), url=trace.url)
    trace.kept.append(tts)
    spoken(trace, tts)
    trace.note("calls", calls)


@scenario()
def the_callback_is_set_late(trace: RealtimeTrace) -> None:
    tts = client(trace, callback=None)
    tts.callback = trace.recorder(QwenTtsRealtimeCallback)
    spoken(trace, tts)
