"""From the engine's samples to the bytes on the wire: one continuous stream for a task, cut into frames.

A task's sentences come one by one, and with whatever sample rate their voice has; what leaves is one stream in one
format and rate. At the end of each sentence everything that was put in has come out.
"""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import Any

from .ogg import OggOpusWriter

__all__ = ["DEFAULT_BIT_RATES", "Encoder"]

_FRAME_SECONDS = 0.08  # of audio in a binary frame; the first is smaller
_FIRST_FRAME_SECONDS = 0.02
_SAMPLE_BYTES = 2
_WAV_LENGTH = 0x7FFFFFFF - 255  # the whole length is not known when the header leaves
# Nothing of a sentence is left inside an encoder once this much silence has followed it.
_DELAY_SECONDS = {"mp3": 0.0, "opus": 0.0065}
_MP3_DELAY_SAMPLES = 1105 + 576

DEFAULT_BIT_RATES = {"mp3": 256, "opus": 32}
"""kbit/s where the client names none; mp3 has no more than 160 below 32,000 Hz and 64 below 12,000 Hz."""


class Encoder:
    """Encodes the audio of one task. Not thread-safe: one thread at a time.

    Args:
        format: ``pcm``, ``wav``, ``mp3`` or ``opus`` (in Ogg).
        sample_rate: of what leaves, in Hz.
        bit_rate: kbit/s, for mp3 and opus.
    """

    def __init__(self, format: str, sample_rate: int, bit_rate: int | None = None) -> None:
        self._intake = _Intake(sample_rate)
        self._sample_rate = sample_rate
        self._coder: _Pcm | _Codec
        if format == "mp3":
            self._coder = _Mp3(sample_rate, bit_rate or DEFAULT_BIT_RATES["mp3"])
        elif format == "opus":
            self._coder = _Opus(sample_rate, bit_rate or DEFAULT_BIT_RATES["opus"])
        else:
            self._coder = _Pcm(sample_rate, with_header=format == "wav")

    @property
    def seconds(self) -> float:
        """Length of the stream so far, silence that was added between sentences included."""
        return self._coder.samples / self._sample_rate

    def write(self, pcm: bytes, sample_rate: int, gain: float) -> list[bytes]:
        """Take samples (16-bit mono) times ``gain``; the frames that are ready."""
        return self._coder.write(self._intake.write(pcm, sample_rate, gain))

    def end_sentence(self) -> list[bytes]:
        """All that is left of the sentence, followed by as much silence as it takes to get it out."""
        return self._coder.write(self._intake.rest()) + self._coder.push_out()

    def finish(self) -> list[bytes]:
        """The end of the stream; nothing can be written afterwards."""
        return self._coder.write(self._intake.rest()) + self._coder.finish()


class _Intake:
    """Brings samples of any rate to the stream's, times a gain."""

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._resampler: Any = None
        self._graph: Any = None
        self._source: tuple[int, float] = (0, 1.0)
        self._samples = 0

    def write(self, pcm: bytes, sample_rate: int, gain: float) -> bytes:
        import av

        if not pcm:
            return b""
        out = b""
        if (sample_rate, gain) != self._source or self._resampler is None:
            out = self.rest()
            self._source, self._samples = (sample_rate, gain), 0
            self._graph = _volume(sample_rate, gain) if gain != 1.0 else None
            self._resampler = av.AudioResampler(format="s16", layout="mono", rate=self._sample_rate)
        frame = _frame(pcm, "s16", sample_rate)
        frame.pts = self._samples
        self._samples += frame.samples
        if self._graph is not None:
            self._graph.push(frame)
            frame = self._graph.pull()
        return out + b"".join(_bytes(part) for part in self._resampler.resample(frame))

    def rest(self) -> bytes:
        """What the resampler still holds. It begins anew with the next samples."""
        resampler, self._resampler = self._resampler, None
        if resampler is None:
            return b""
        return b"".join(_bytes(part) for part in resampler.resample(None))


class _Pcm:
    """Bare samples, for wav with a header in front of the first."""

    def __init__(self, sample_rate: int, with_header: bool) -> None:
        self._header = _wav_header(sample_rate) if with_header else b""
        self._frame_bytes = round(sample_rate * _FRAME_SECONDS) * _SAMPLE_BYTES
        self._next_bytes = round(sample_rate * _FIRST_FRAME_SECONDS) * _SAMPLE_BYTES
        self._buffer = bytearray()
        self.samples = 0

    def write(self, pcm: bytes) -> list[bytes]:
        self._buffer += pcm
        self.samples += len(pcm) // _SAMPLE_BYTES
        frames = []
        while len(self._buffer) >= self._next_bytes:
            frames.append(self._take(self._next_bytes))
            self._next_bytes = self._frame_bytes
        return frames

    def push_out(self) -> list[bytes]:
        return [self._take(len(self._buffer))] if self._buffer else []

    finish = push_out

    def _take(self, size: int) -> bytes:
        frame, self._header = self._header + bytes(self._buffer[:size]), b""
        del self._buffer[:size]
        return frame


class _Codec:
    """What mp3 and opus have in common: samples go in by the codec's frame, packets are gathered into frames."""

    delay_samples = 0  # at the stream's rate: how far what comes out lags behind what went in

    def __init__(self, codec: str, sample_format: str, sample_rate: int, bit_rate: int) -> None:
        import av

        context: Any = av.CodecContext.create(codec, "w")
        context.sample_rate = sample_rate
        context.layout = "mono"
        context.format = sample_format
        context.bit_rate = bit_rate * 1000
        context.time_base = Fraction(1, sample_rate)
        context.open()
        self._context = context
        self._sample_format = sample_format
        self._sample_rate = sample_rate
        self._step = int(context.frame_size)
        self._buffer = bytearray()
        self._packets: list[bytes] = []
        self._wanted = _FIRST_FRAME_SECONDS
        self.samples = 0

    def write(self, pcm: bytes) -> list[bytes]:
        self._buffer += pcm
        self.samples += len(pcm) // _SAMPLE_BYTES
        frames = []
        size = self._step * _SAMPLE_BYTES
        while len(self._buffer) >= size:
            self._encode(bytes(self._buffer[:size]))
            del self._buffer[:size]
            if len(self._packets) * self._step >= self._wanted * self._sample_rate:
                frames.append(self._gather())
                self._wanted = _FRAME_SECONDS
        return frames

    def push_out(self) -> list[bytes]:
        missing = self.delay_samples + self._step - 1
        missing -= (len(self._buffer) // _SAMPLE_BYTES + missing) % self._step
        return self.write(bytes(missing * _SAMPLE_BYTES)) + ([self._gather()] if self._packets else [])

    def finish(self) -> list[bytes]:
        rest = len(self._buffer) % (self._step * _SAMPLE_BYTES)
        if rest:
            self._buffer += bytes(self._step * _SAMPLE_BYTES - rest)
        frames = self.write(b"")
        self._packets += [bytes(packet) for packet in self._context.encode(None)]
        last = self._gather_last()
        return frames + ([last] if last else [])

    def _encode(self, pcm: bytes) -> None:
        frame = _frame(pcm, self._sample_format, self._sample_rate)
        self._packets += [bytes(packet) for packet in self._context.encode(frame)]

    def _gather(self) -> bytes:
        raise NotImplementedError

    def _gather_last(self) -> bytes:
        return self._gather() if self._packets else b""


class _Mp3(_Codec):
    delay_samples = _MP3_DELAY_SAMPLES

    def __init__(self, sample_rate: int, bit_rate: int) -> None:
        most = 320 if sample_rate >= 32_000 else 160 if sample_rate >= 12_000 else 64
        super().__init__("libmp3lame", "s16p", sample_rate, max(8, min(bit_rate, most)))

    def _gather(self) -> bytes:
        data = b"".join(self._packets)
        self._packets.clear()
        return data


class _Opus(_Codec):
    def __init__(self, sample_rate: int, bit_rate: int) -> None:
        super().__init__("libopus", "s16", sample_rate, max(6, min(bit_rate, 256)))
        self._writer = OggOpusWriter(bytes(self._context.extradata))
        self._header = self._writer.headers()
        self.delay_samples = -(-self._writer.pre_skip * sample_rate // 48_000)

    def _gather(self, end_granule: int | None = None) -> bytes:
        page = self._header + self._writer.page(self._packets, self._step / self._sample_rate, end_granule)
        self._packets.clear()
        self._header = b""
        return page

    def _gather_last(self) -> bytes:
        return self._gather(self._writer.pre_skip + self.samples * 48_000 // self._sample_rate)


def _volume(sample_rate: int, gain: float) -> Any:
    import av.filter

    graph: Any = av.filter.Graph()
    source = graph.add_abuffer(
        sample_rate=sample_rate, format="s16", layout="mono", time_base=Fraction(1, sample_rate)
    )
    volume = graph.add("volume", f"volume={gain:.6f}:precision=float")
    sink = graph.add("abuffersink")
    source.link_to(volume)
    volume.link_to(sink)
    graph.configure()
    return graph


def _frame(pcm: bytes, sample_format: str, sample_rate: int) -> Any:
    import av

    frame: Any = av.AudioFrame(format=sample_format, layout="mono", samples=len(pcm) // _SAMPLE_BYTES)
    plane = frame.planes[0]
    plane.update(pcm + bytes(plane.buffer_size - len(pcm)))
    frame.sample_rate = sample_rate
    frame.time_base = Fraction(1, sample_rate)
    return frame


def _bytes(frame: Any) -> bytes:
    return bytes(frame.planes[0])[: frame.samples * _SAMPLE_BYTES]


def _wav_header(sample_rate: int) -> bytes:
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF", _WAV_LENGTH + 36, b"WAVE", b"fmt ", 16, 1, 1, sample_rate, sample_rate * _SAMPLE_BYTES,
        _SAMPLE_BYTES, 16, b"data", _WAV_LENGTH,
    )  # fmt: skip
