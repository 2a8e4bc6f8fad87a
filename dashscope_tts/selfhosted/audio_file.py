"""Raw samples to files: wav and pcm with nothing but the standard library, mp3 and opus with PyAV."""

from __future__ import annotations

import contextlib
import io
import os
import struct
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, Optional, Union

from ..common.error import InvalidParameter

__all__ = ["AudioWriter", "write_file"]

_SUFFIXES = {".wav": "wav", ".pcm": "pcm", ".mp3": "mp3", ".opus": "opus", ".ogg": "opus"}
_FORMATS = ("wav", "pcm", "mp3", "opus")
_OPUS_RATES = (8000, 16000, 24000, 48000)
_MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
_DEFAULT_BIT_RATES = {"mp3": 128, "opus": 32}
_UNKNOWN_LENGTH = 0x7FFFFFFF - 255
_WAV_HEADER_BYTES = 44


class AudioWriter:
    """Encodes a stream of 16-bit mono samples, piece by piece.

    Args:
        format: ``wav``, ``pcm``, ``mp3`` or ``opus`` (in Ogg).
        sample_rate: of the samples in Hz; mp3 and opus leave with the next rate they know.
        bit_rate: kbit/s, for mp3 and opus.

    Raises:
        InvalidParameter: an unknown format.
        ImportError: the format needs PyAV.
    """

    def __init__(self, format: str, sample_rate: int, bit_rate: Optional[int] = None) -> None:
        if format not in _FORMATS:
            raise InvalidParameter(f"format: {format!r} is not one of {', '.join(_FORMATS)}")
        self._start = wav_header(sample_rate, _UNKNOWN_LENGTH) if format == "wav" else b""
        self._codec = _Codec(format, sample_rate, bit_rate) if format in ("mp3", "opus") else None

    def write(self, pcm: bytes) -> bytes:
        """Take whole samples; the bytes that are ready."""
        if self._codec is not None:
            return self._codec.write(pcm)
        start, self._start = self._start, b""
        return start + pcm

    def finish(self) -> bytes:
        """The rest."""
        return self._codec.finish() if self._codec is not None else self.write(b"")


class _Codec:
    def __init__(self, format: str, sample_rate: int, bit_rate: Optional[int]) -> None:
        try:
            import av
        except ImportError as error:
            message = f'{format} needs PyAV: pip install "dashscope_tts[local]"; wav does not'
            raise ImportError(message) from error
        rates = _OPUS_RATES if format == "opus" else _MP3_RATES
        rate = next((known for known in rates if known >= sample_rate), rates[-1])
        self._out = _Sink()
        options = {"write_xing": "0"} if format == "mp3" else {"page_duration": "80000"}
        self._container: Any = av.open(
            self._out, "w", format="ogg" if format == "opus" else "mp3", options=options
        )
        self._stream = self._container.add_stream("libopus" if format == "opus" else "libmp3lame", rate=rate)
        self._stream.layout = "mono"
        self._stream.bit_rate = (bit_rate or _DEFAULT_BIT_RATES[format]) * 1000
        self._sample_rate = sample_rate
        self._samples = 0

    def write(self, pcm: bytes) -> bytes:
        import av

        if not pcm:
            return b""
        frame: Any = av.AudioFrame(format="s16", layout="mono", samples=len(pcm) // 2)
        plane = frame.planes[0]
        plane.update(pcm + bytes(plane.buffer_size - len(pcm)))
        frame.sample_rate = self._sample_rate
        frame.time_base = Fraction(1, self._sample_rate)
        frame.pts = self._samples
        self._samples += frame.samples
        self._container.mux(self._stream.encode(frame))
        return self._out.take()

    def finish(self) -> bytes:
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._out.take()


class _Sink(io.RawIOBase):
    """Where the container writes: gathers the bytes, and cannot seek."""

    def __init__(self) -> None:
        super().__init__()
        self._bytes = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._bytes += bytes(data)
        return len(data)

    def take(self) -> bytes:
        data = bytes(self._bytes)
        self._bytes.clear()
        return data


def wav_header(sample_rate: int, size: int) -> bytes:
    """The header of a wav file with ``size`` bytes of 16-bit mono samples."""
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF", size + _WAV_HEADER_BYTES - 8, b"WAVE", b"fmt ", 16, 1, 1, sample_rate, sample_rate * 2, 2, 16,
        b"data", size,
    )  # fmt: skip


def write_file(
    path: Union[str, os.PathLike[str]],
    pieces: Iterable[bytes],
    sample_rate: int,
    format: Optional[str] = None,
    bit_rate: Optional[int] = None,
) -> None:
    """Write a stream of samples to a file, which is there whole or not at all; see ``ServerSpeech.save``."""
    path = os.fspath(path)
    suffix = os.path.splitext(path)[1].lower()
    format = format or _SUFFIXES.get(suffix)
    if format is None:
        raise InvalidParameter(f"format: not given, and the suffix {suffix!r} does not tell it")
    writer = AudioWriter(format, sample_rate, bit_rate)
    target = os.path.realpath(path)
    part = os.path.join(os.path.dirname(target), f".dashscope-tts-{os.getpid()}-{os.urandom(4).hex()}")
    try:
        with open(part, "xb") as file:
            for piece in pieces:
                file.write(writer.write(piece))
            file.write(writer.finish())
            if format == "wav":
                size = file.tell() - _WAV_HEADER_BYTES
                file.seek(0)
                file.write(wav_header(sample_rate, size))
        os.replace(part, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(part)
        raise
