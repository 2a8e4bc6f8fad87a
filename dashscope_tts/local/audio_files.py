"""The audio that answers name by URL: kept on disk until it expires."""

from __future__ import annotations

import io
import tempfile
import threading
import time
import uuid
import wave
from pathlib import Path

__all__ = ["MEDIA_TYPES", "AudioFiles", "as_wav", "with_sizes"]

MEDIA_TYPES = {"wav": "audio/wav", "mp3": "audio/mpeg", "pcm": "audio/pcm", "opus": "audio/ogg"}
_WAV_HEADER = 44


class AudioFiles:
    """Thread-safe. The folder is made with the first file, and removed by ``close``.

    Args:
        lifetime: seconds a file is served.
    """

    def __init__(self, lifetime: float) -> None:
        self._lifetime = lifetime
        self._lock = threading.Lock()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._ends: dict[str, float] = {}

    def add(self, audio: bytes, format: str) -> tuple[str, int]:
        """Keep a file; its name, and when it expires, in Unix seconds."""
        name = f"audio_{uuid.uuid4()}.{format}"
        end = time.time() + self._lifetime
        with self._lock:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="dashscope-tts-")
            folder = Path(self._folder.name)
            self._sweep(folder)
            self._ends[name] = end
        (folder / name).write_bytes(audio)
        return name, int(end)

    def read(self, name: str) -> bytes | None:
        """The file; None for one that has expired.

        Raises:
            KeyError: there never was one of that name.
        """
        with self._lock:
            end = self._ends[name]
            folder = self._folder
        if time.time() >= end or folder is None:
            return None
        try:
            return (Path(folder.name) / name).read_bytes()
        except OSError:
            return None

    def close(self) -> None:
        """Remove all files."""
        with self._lock:
            folder, self._folder = self._folder, None
            self._ends.clear()
        if folder is not None:
            folder.cleanup()

    def _sweep(self, folder: Path) -> None:
        now = time.time()
        for name, end in self._ends.items():
            if now >= end:
                (folder / name).unlink(missing_ok=True)  # its name is kept: "expired" is not "unknown"


def with_sizes(audio: bytes, format: str) -> bytes:
    """A whole WAV with its sizes in the header, which a stream's header cannot know."""
    if format != "wav" or len(audio) < _WAV_HEADER:
        return audio
    sizes = bytearray(audio)
    sizes[4:8] = (len(audio) - 8).to_bytes(4, "little")
    sizes[40:44] = (len(audio) - _WAV_HEADER).to_bytes(4, "little")
    return bytes(sizes)


def as_wav(pcm: bytes, sample_rate: int) -> bytes:
    """Bare samples (16-bit mono) as a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(sample_rate)
        writer.writeframes(pcm)
    return file.getvalue()
