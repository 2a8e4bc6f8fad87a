"""Callbacks that keep what they hear."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

from dashscope_tts.audio.tts_v2 import ResultCallback

from .server import FRAME_BYTES, marked_audio


class Listener(ResultCallback):
    """Keeps the calls in their order, and the audio.

    Args:
        at: what to do inside a callback: ``{"on_complete": function}``.
    """

    def __init__(self, at: dict[str, Callable[[], Any]] | None = None) -> None:
        self.calls: list[str] = []
        self.frames: list[bytes] = []
        self.events: list[str] = []
        self.errors: list[str] = []
        self.completed, self.closed = threading.Event(), threading.Event()
        self._at = at or {}

    def _heard(self, name: str) -> None:
        self.calls.append(name)
        if name in self._at:
            self._at[name]()

    def on_open(self) -> None:
        self._heard("on_open")

    def on_complete(self) -> None:
        self._heard("on_complete")
        self.completed.set()

    def on_error(self, message: str) -> None:
        self.errors.append(message)
        self._heard("on_error")

    def on_close(self) -> None:
        self._heard("on_close")
        self.closed.set()

    def on_event(self, message: str) -> None:
        self.events.append(message)

    def on_data(self, data: bytes) -> None:
        if not self.frames:
            self._heard("first on_data")
        self.frames.append(data)

    def assert_only_of(self, task_id: str) -> None:
        """Every frame and every event is that task's."""
        assert all(frame == marked_audio(task_id) for frame in self.frames), "audio of another task"
        assert {json.loads(event)["header"]["task_id"] for event in self.events} <= {task_id}

    def assert_all_of(self, task_id: str, frames: int) -> None:
        self.assert_only_of(task_id)
        assert len(self.frames) == frames
        assert len(self.events) == frames
        assert not self.errors
        assert self.calls == ["on_open", "first on_data", "on_complete", "on_close"]


def assert_speech_of(audio: bytes | None, task_id: str, frames: int = 1) -> None:
    """What ``call`` gave is all of that task's audio, and nothing else."""
    assert audio is not None
    assert len(audio) == frames * FRAME_BYTES
    assert audio == marked_audio(task_id) * frames
