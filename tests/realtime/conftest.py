"""A recording server, and clients that are closed at the end."""

from __future__ import annotations

import threading
import weakref
from typing import Any

import pytest

from dashscope_tts.audio.qwen_tts_realtime import QwenTtsRealtime, QwenTtsRealtimeCallback
from dashscope_tts.local import serve as serve_locally

from ..support import KEY
from .recording_server import RecordingServer

MODEL = "qwen3-tts-flash-realtime"


class Recorder(QwenTtsRealtimeCallback):
    """Keeps what it is told; then does ``then[name](*arguments)``."""

    def __init__(self, **then: Any) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.threads: list[str] = []
        self.closed = threading.Event()
        self._then = then
        self._changed = threading.Condition()

    def on_open(self) -> None:
        self._tell("on_open")

    def on_event(self, message: Any) -> None:
        self._tell("on_event", message)

    def on_close(self, close_status_code: Any, close_msg: Any) -> None:
        try:
            self._tell("on_close", close_status_code, close_msg)
        finally:
            self.closed.set()

    def _tell(self, name: str, *arguments: Any) -> None:
        with self._changed:
            self.calls.append((name, *arguments))
            self.threads.append(threading.current_thread().name)
            self._changed.notify_all()
        if name in self._then:
            self._then[name](*arguments)

    @property
    def types(self) -> list[str]:
        return [call[1].get("type", "") for call in self.calls if call[0] == "on_event"]

    @property
    def closes(self) -> list[tuple[Any, ...]]:
        return [call[1:] for call in self.calls if call[0] == "on_close"]

    def wait_for(self, kind: str, count: int = 1, seconds: float = 5.0) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.types.count(kind) >= count, seconds), self.types


@pytest.fixture(scope="module")
def recording():
    """Plays the scripts of recording_server.py."""
    with RecordingServer() as server:
        yield server


@pytest.fixture(scope="package")
def local():
    """The local service."""
    with serve_locally(configure=False, settle_timeout=0.05) as service:
        yield service


@pytest.fixture
def client():
    """Makes clients of a URL, and closes those that are still there at the end."""
    made: list[weakref.ref[QwenTtsRealtime]] = []

    def make(url: str, callback: Any = None, kind: type = QwenTtsRealtime, **keywords: Any) -> Any:
        keywords.setdefault("api_key", KEY)
        tts = kind(MODEL, callback=callback, url=url, **keywords)
        made.append(weakref.ref(tts))
        return tts

    yield make
    for reference in made:
        tts = reference()
        if tts is not None:
            tts.close()
