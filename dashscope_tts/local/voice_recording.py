"""The recording of a voice as it is kept for servers that speak with it: WAV, 16-bit mono, 30 seconds at most."""

from __future__ import annotations

import io
import wave
from array import array
from typing import Any

from .engine import VoiceSample
from .refusals import Refusal

__all__ = ["LONGEST_SECONDS", "kept_recording"]

LONGEST_SECONDS = 30.0  # what CosyVoice takes


def kept_recording(recording: bytes, text: str, seconds: float = LONGEST_SECONDS) -> VoiceSample:
    """What is kept of a recording: itself, byte for byte, where it is such a file already.

    Args:
        recording: a WAV, MP3 or M4A file.
        text: what is said in it, "" where that is not known; it is not kept with a recording that had to be cut.
        seconds: what is longer is cut.

    Raises:
        Refusal: it cannot be decoded.
    """
    seconds = min(seconds, LONGEST_SECONDS)
    if _is_kept_as_it_is(recording, seconds):
        return VoiceSample(recording, text)
    samples, rate = _decode(recording, seconds)
    most = round(seconds * rate)
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(samples[:most].tobytes())
    return VoiceSample(file.getvalue(), text if len(samples) <= most else "")


def _is_kept_as_it_is(recording: bytes, seconds: float) -> bool:
    try:
        with wave.open(io.BytesIO(recording), "rb") as reader:
            form = reader.getnchannels(), reader.getsampwidth(), reader.getcomptype()
            frames, rate = reader.getnframes(), reader.getframerate()
    except (wave.Error, EOFError, ValueError):
        return False
    # A file that was written while it was recorded tells no true length.
    return form == (1, 2, "NONE") and 2 * frames <= len(recording) and frames <= seconds * rate


def _decode(recording: bytes, seconds: float) -> tuple[array[int], int]:
    """Its samples, of a little more than these seconds, and their rate."""
    import av
    import av.error

    samples = array("h")
    try:
        container: Any = av.open(io.BytesIO(recording))
        with container:
            stream = container.streams.audio[0]
            rate = int(stream.rate or 0)
            resampler: Any = av.AudioResampler(format="s16", layout="mono", rate=rate)
            for frame in container.decode(stream):
                _take(samples, resampler.resample(frame))
                if len(samples) > rate * (seconds + 1):
                    return samples, rate
            _take(samples, resampler.resample(None))
    except (av.error.FFmpegError, ValueError, IndexError):
        raise Refusal("The audio cannot be decoded.", code="Audio.DecoderError") from None
    return samples, rate


def _take(samples: array[int], frames: list[Any]) -> None:
    for frame in frames:
        samples.frombytes(bytes(frame.planes[0])[: 2 * frame.samples])
