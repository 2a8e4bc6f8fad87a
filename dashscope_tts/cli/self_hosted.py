"""``dashscope-tts say --server``: a self-hosted CosyVoice server speaks."""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Iterator
from typing import Any, Optional

from .problem import Problem

__all__ = ["SERVER_KEY", "ServerTask"]

SERVER_KEY = "DASHSCOPE_TTS_SERVER_KEY"
_SPEAKER = "中文女"  # of the first models, and of the vendor's document


class ServerTask:
    """One text; iterate over it for the audio in the format that was asked for.

    Args:
        arguments: of the command.
        text: what to say.
        format: ``mp3``, ``wav``, ``pcm`` or ``opus``.
        token: the key of the server, or None.

    Raises:
        Problem: the mode needs something that was not given.
        DashScopeException, OSError, ImportError: it cannot be asked for so.
    """

    request_id = ""

    def __init__(self, arguments: argparse.Namespace, text: str, format: str, token: Optional[str]) -> None:
        from ..selfhosted import CosyVoiceServer
        from ..selfhosted.audio_file import AudioWriter

        # The name of the cloud's default model says nothing of this server's.
        model = None if arguments.model == arguments.default_model else arguments.model
        server = CosyVoiceServer(arguments.server, token, model=model, sample_rate=arguments.sample_rate)
        self._speech = _ask(server, arguments, text)
        self.sample_rate = self._speech.sample_rate
        self._writer = AudioWriter(format, self.sample_rate)
        self._timeout: Optional[float] = arguments.timeout
        self.elapsed = 0.0

    @property
    def first_package_delay(self) -> float:
        return float(self._speech.first_package_delay)

    def __iter__(self) -> Iterator[bytes]:
        from ..common.error import TaskCancelled

        begun = time.monotonic()
        timer = threading.Timer(self._timeout or 0, self._speech.cancel)
        timer.daemon = True
        if self._timeout is not None:
            timer.start()
        try:
            with self._speech:
                for pcm in self._speech:
                    data = self._writer.write(pcm)
                    if data:
                        yield data
        except TaskCancelled:
            raise Problem(f"the audio was not complete within {self._timeout:g} s.") from None
        finally:
            timer.cancel()
        self.elapsed = time.monotonic() - begun
        yield self._writer.finish()


def _ask(server: Any, arguments: argparse.Namespace, text: str) -> Any:
    prompt, said, manner = arguments.prompt_audio, arguments.prompt_text, arguments.instruction
    mode = arguments.mode
    if mode is None:
        with_prompt = "instruct2" if manner else "zero_shot" if said else "cross_lingual"
        mode = with_prompt if prompt else "instruct" if manner else "sft"
    needs = {
        "zero_shot": ("prompt_audio", "prompt_text"), "cross_lingual": ("prompt_audio",),
        "instruct": ("instruction",), "instruct2": ("prompt_audio", "instruction"),
    }.get(mode, ())  # fmt: skip
    for name in needs:
        if not getattr(arguments, name):
            raise Problem(f"--mode {mode} needs --{name.replace('_', '-')}.")
    speaker = _SPEAKER if arguments.voice == arguments.default_voice else arguments.voice
    given = {
        "sft": (speaker,), "zero_shot": (prompt, said), "cross_lingual": (prompt,), "instruct": (speaker, manner),
        "instruct2": (prompt, manner),
    }  # fmt: skip
    return getattr(server, mode)(text, *given[mode])
