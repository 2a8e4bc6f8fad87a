"""Sambert: the ``streaming: out`` form of the protocol, where the whole text comes with ``run-task``.

Source: Sambert WebSocket API. The name of the model is the voice; nothing is sent after ``run-task``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from .text import is_ssml

__all__ = ["MAX_TEXT_CHARACTERS", "Sentences", "count_sambert_characters", "is_sambert", "run_out_task"]

MAX_TEXT_CHARACTERS = 10_000
"""Characters in one task."""

_TAG = re.compile(r"<[^<>]*>")


def is_sambert(model: str) -> bool:
    """Whether the model is one of this family, ``sambert-<voice>-v1``."""
    return model.startswith("sambert-")


def count_sambert_characters(text: str) -> int:
    """Count text as Sambert bills it: every character counts 1, SSML tags count 0."""
    return len(unescape(_TAG.sub("", text)) if is_ssml(text) else text)


def run_out_task(task_id: str, model: str, text: str, parameters: Mapping[str, Any]) -> str:
    """The only message of the client; key order and raw UTF-8 are those of the official one."""
    header = {"streaming": "out", "task_id": task_id, "action": "run-task"}
    payload = {
        "model": model,
        "task": "tts",
        "task_group": "audio",
        "function": "SpeechSynthesizer",
        "parameters": dict(parameters),
        "input": {"text": text},
    }
    message = json.dumps({"header": header, "payload": payload}, ensure_ascii=False)
    # Half a surrogate pair cannot be sent as UTF-8; its escape here is that of JSON too.
    return message.encode("utf-8", "backslashreplace").decode()


class Sentences:
    """The sentences of a task, where the service tells the same one again and again while it grows."""

    def __init__(self) -> None:
        self.all: list[dict[str, Any]] = []

    def add(self, sentence: dict[str, Any]) -> None:
        """One with the begin of the last one takes its place, unless it ends where that one did."""
        last = self.all[-1] if self.all else None
        if last is None or last.get("begin_time") != sentence.get("begin_time"):
            self.all.append(sentence)
        elif last.get("end_time") != sentence.get("end_time"):
            self.all[-1] = sentence
