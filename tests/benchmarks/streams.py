"""200 realtime streams at once, a frame of 100 ms of audio each 100 ms, all on one core of the machine.

The server writes into each frame when it sent it, on the clock that all processes of a machine share. A frame is late
by the time from then until the program has it. What a bare socket makes of that is the machine's account.
"""

from __future__ import annotations

import importlib
import json
import os
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

_STREAMS, _FRAMES, _SKIPPED = 200, 35, 5
_DELTA = "response.audio.delta"


def _late(message: Any) -> float:
    return time.monotonic() - float(message["sent"])


def _synthesizers(package: str, url: str, found: list[list[float]]) -> list[Callable[[], Any]]:
    """Open the streams; gives what begins the audio of each."""
    importlib.import_module(package).api_key = "benchmark"  # type: ignore[attr-defined]
    module = importlib.import_module(f"{package}.audio.qwen_tts_realtime")

    def opened(late: list[float]) -> Callable[[], Any]:
        class Callback(module.QwenTtsRealtimeCallback):  # type: ignore[name-defined,misc]
            def on_event(self, message: Any) -> None:
                if message["type"] == _DELTA:
                    late.append(_late(message))

        stream = module.QwenTtsRealtime("qwen3-tts-flash-realtime", callback=Callback(), url=url)
        stream.connect()
        stream.update_session("Cherry")
        return lambda: stream.append_text(f"frames={_FRAMES}")

    with ThreadPoolExecutor(20) as executor:
        return list(executor.map(opened, found))


def _plain(package: str, url: str, found: list[list[float]]) -> list[Callable[[], Any]]:
    """The same on plain connections, with a thread for each."""
    clients = importlib.import_module("tests.benchmarks.plain").CLIENTS

    def read(connection: Any, late: list[float]) -> None:
        while len(late) < _FRAMES:
            message = json.loads(connection.receive())
            if message["type"] == _DELTA:
                late.append(_late(message))

    def opened(late: list[float]) -> Callable[[], Any]:
        connection = clients[package](url)
        threading.Thread(target=read, args=(connection, late), daemon=True).start()
        text = json.dumps({"type": "input_text_buffer.append", "text": f"frames={_FRAMES}"})
        return lambda: connection.send(text)

    with ThreadPoolExecutor(20) as executor:
        return list(executor.map(opened, found))


def streams_200(package: str, url: str) -> dict[str, float]:
    """CPU for each frame, microseconds; how late frames are, ms."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    found: list[list[float]] = [[] for _ in range(_STREAMS)]
    opening = _plain if package in ("bare", "websockets") else _synthesizers
    begin = opening(package, url.replace("/inference", "/realtime"), found)
    cpu = time.process_time()
    for each in begin:
        each()
    give_up = time.monotonic() + 60
    while any(len(late) < _FRAMES for late in found):
        if time.monotonic() > give_up:
            raise TimeoutError(f"{sum(map(len, found))} of {_STREAMS * _FRAMES} frames")
        time.sleep(0.2)
    cpu = time.process_time() - cpu
    late = sorted(ms * 1000 for stream in found for ms in stream[_SKIPPED:])
    return {
        "cpu_us": cpu / (_STREAMS * _FRAMES) * 1e6,
        "median_ms": statistics.median(late),
        "p99_ms": late[len(late) * 99 // 100],
        "worst_ms": late[-1],
    }
