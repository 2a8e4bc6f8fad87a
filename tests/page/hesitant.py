"""An engine that stops in the middle of a sentence until it is told to go on."""

from __future__ import annotations

import threading

import numpy as np

from dashscope_tts.local.engine import Chunk, Emit, Engine, Stop, Utterance

__all__ = ["HesitantEngine"]

_RATE = 24000


class HesitantEngine(Engine):
    """Each sentence is a second of a tone, a pause until ``go_on`` is set, and another second."""

    def __init__(self) -> None:
        self.go_on = threading.Event()

    def speak(self, utterance: Utterance, emit: Emit) -> None:
        tone = (8000 * np.sin(2 * np.pi * 220 * np.arange(_RATE) / _RATE)).astype("<i2").tobytes()
        if emit(Chunk(tone, _RATE)):
            self.go_on.wait(20)
            emit(Chunk(tone, _RATE))

    def perform(self, utterance: Utterance, emit: Emit, stop: Stop) -> None:
        stop.on_set(self.go_on.set)
        self.speak(utterance, emit)
