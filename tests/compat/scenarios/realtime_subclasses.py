"""Programs that reach into the realtime client, as some do."""

from __future__ import annotations

import threading
import time
from typing import Any

import dashscope
import websocket
from dashscope.audio.qwen_tts_realtime import QwenTtsRealtime, QwenTtsRealtimeCallback

from ..realtime_client import MODEL, client, realtime, spoken
from ..realtime_trace import RealtimeTrace
from ..speaking import KEY


@realtime()
def a_subclass_that_connects_by_itself(t: RealtimeTrace) -> None:
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

    dashscope.api_key = KEY
    tts = Own(MODEL, callback=t.callback(QwenTtsRealtimeCallback), url=t.url)
    t.kept.append(tts)
    spoken(t, tts)
    t.step("append_text after the end", tts.append_text, "x")
    t.step("close", tts.close)


@realtime()
def a_subclass_that_looks_at_everything(t: RealtimeTrace) -> None:
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

    dashscope.api_key = KEY
    tts = Own(MODEL, callback=t.callback(QwenTtsRealtimeCallback), url=t.url)
    t.kept.append(tts)
    spoken(t, tts)
    t.note("calls", calls)


@realtime()
def the_callback_is_set_late(t: RealtimeTrace) -> None:
    tts = client(t, callback=None)
    tts.callback = t.callback(QwenTtsRealtimeCallback)
    spoken(t, tts)
