"""A recording, from its URL to the voice that comes nearest to it among those this engine has.

Nothing is cloned here. The pitch of the recording decides the voice's sex and pitch, its content the rest, so that
another recording gives another voice, and the same one the same.
"""

from __future__ import annotations

import base64
import binascii
import io
import math
import time
import urllib.error
import urllib.request
import zlib
from array import array
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from .refusals import Refusal
from .voices import Voice

__all__ = ["fetch", "voice_of_recording"]

_MOST_BYTES = 10 * 1024 * 1024
_SHORTEST, _LONGEST = 3.0, 60.0  # seconds
_LEAST_RATE = 16000
_SILENT = 0.003  # of full scale
_FORMATS = ("wav", "mp3", "mp4", "m4a")
_RATE = 8000  # what the pitch is measured at
_FRAME = 400  # samples in which it is looked for
_LOWEST, _HIGHEST = 65, 400  # Hz
# What the engine's variants speak at, as measured, in Hz.
_MALE_HERTZ, _FEMALE_HERTZ = 100.0, 190.0
_BETWEEN_SEXES = 160.0
_VARIANTS = {"male": ("m1", "m2", "m3", "m6", "m7"), "female": ("f1", "f2", "f3", "f4", "f5")}


def fetch(url: Any, seconds: float) -> bytes:
    """What is behind an http, https or data URL. Blocks.

    Raises:
        Refusal: another kind of URL, nothing there, too large, too slow.
    """
    if not isinstance(url, str) or not url:
        raise Refusal.missing("input.url")
    scheme = urlsplit(url).scheme.lower() if ":" in url[:16] else ""
    if scheme == "data":
        return _from_data_url(url)
    if scheme not in ("http", "https"):
        raise _not_fetched("the URL must begin with https://, http:// or data:")
    deadline = time.monotonic() + seconds
    opener = urllib.request.build_opener(_HttpOnly)
    body = bytearray()
    try:
        with opener.open(urllib.request.Request(url), timeout=seconds) as response:
            while piece := response.read1(65536):
                body += piece
                if len(body) > _MOST_BYTES:
                    raise _not_fetched("it is larger than 10 MB")
                if time.monotonic() > deadline:
                    raise _not_fetched(f"it did not come within {seconds:g} s")
    except urllib.error.HTTPError as error:
        error.close()
        raise _not_fetched(f"HTTP {error.code}") from None
    except (OSError, ValueError) as error:
        raise _not_fetched(type(error).__name__) from None
    return bytes(body)


class _HttpOnly(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but to nothing else than http and https."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if urlsplit(newurl).scheme.lower() not in ("http", "https"):
            raise ValueError("a redirect to something else")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _not_fetched(reason: str) -> Refusal:
    return Refusal(f"Failed to download the input audio: {reason}.", code="BadRequest.InputDownloadFailed")


def _from_data_url(url: str) -> bytes:
    head, comma, content = url.partition(",")
    if not comma:
        raise _not_fetched("the data URL has no data")
    try:
        if head.lower().endswith(";base64"):
            data = base64.b64decode(content, validate=True)
        else:
            data = unquote_to_bytes(content)
    except (binascii.Error, ValueError):
        raise _not_fetched("the data URL is not base64") from None
    if len(data) > _MOST_BYTES:
        raise _not_fetched("it is larger than 10 MB")
    return data


@dataclass(frozen=True)
class _Recording:
    samples: array[int]  # at _RATE
    seconds: float


def voice_of_recording(name: str, target_model: str, recording: bytes, language: str, seconds: float) -> Voice:
    """The voice for a recording. Takes some tenths of a second.

    Args:
        name: of the voice.
        target_model: becomes its family.
        recording: a WAV, MP3 or M4A file.
        language: its language.
        seconds: how much of the recording counts.

    Raises:
        Refusal: it cannot be decoded, or is too short, too long, silent, of too low a sample rate.
    """
    heard = _decode(recording)
    samples = heard.samples[: round(seconds * _RATE)]
    hertz = _pitch(samples)
    sex = "male" if hertz < _BETWEEN_SEXES else "female"
    own = _MALE_HERTZ if sex == "male" else _FEMALE_HERTZ
    number = zlib.crc32(recording)
    variant = _VARIANTS[sex][number % len(_VARIANTS[sex])]
    tempo = 0.94 + 0.12 * (number // 64 % 13) / 12
    pitch = round(min(1.7, max(0.7, hertz / own)), 3)
    return Voice(name, target_model, sex, _languages(language), "made from a recording", variant, pitch, tempo)


def _languages(language: str) -> tuple[str, ...]:
    return (language, "en") if language and language != "en" else ("en", "zh") if language else ("zh", "en")


def _decode(recording: bytes) -> _Recording:
    import av
    import av.error

    try:
        container: Any = av.open(io.BytesIO(recording))
    except (av.error.FFmpegError, ValueError):
        raise _unsupported() from None
    with container:
        kinds = container.format.name.split(",")
        if not any(kind in _FORMATS for kind in kinds) or not container.streams.audio:
            raise _unsupported()
        stream = container.streams.audio[0]
        rate = int(stream.rate or 0)
        resampler: Any = av.AudioResampler(format="s16", layout="mono", rate=_RATE)
        samples = array("h")
        try:
            for frame in container.decode(stream):
                _take(samples, resampler.resample(frame))
                if len(samples) > _RATE * (_LONGEST + 1):
                    break
            _take(samples, resampler.resample(None))
        except (av.error.FFmpegError, ValueError):
            raise Refusal("The audio cannot be decoded.", code="Audio.DecoderError") from None
    _check(samples, rate)
    return _Recording(samples, len(samples) / _RATE)


def _unsupported() -> Refusal:
    return Refusal("The file format is not supported: WAV, MP3 or M4A.", code="BadRequest.UnsupportedFileFormat")


def _take(samples: array[int], frames: list[Any]) -> None:
    for frame in frames:
        samples.frombytes(bytes(frame.planes[0])[: 2 * frame.samples])


def _check(samples: array[int], rate: int) -> None:
    seconds = len(samples) / _RATE
    if rate < _LEAST_RATE:
        raise Refusal(f"The sample rate is {rate} Hz; it must be 16000 or more.", code="Audio.AudioRateError")
    if seconds < _SHORTEST:
        raise Refusal(f"The audio is too short: {seconds:.1f} s.", code="Audio.AudioShortError")
    if seconds > _LONGEST:
        raise Refusal("The audio is too long: more than 60 s.", code="Audio.DurationLimitError")
    if _loudness(samples) < _SILENT:
        raise Refusal("The audio is silent.", code="Audio.AudioSilentError")


def _loudness(samples: array[int]) -> float:
    return math.sqrt(sum(sample * sample for sample in samples) / max(1, len(samples))) / 32768


def _pitch(samples: array[int]) -> float:
    """The median fundamental frequency of the loudest parts, in Hz."""
    loud = sorted(
        range(0, max(1, len(samples) - 2 * _FRAME), _FRAME),
        key=lambda begin: -sum(abs(sample) for sample in samples[begin : begin + _FRAME]),
    )[:24]
    found = sorted(hertz for begin in loud if (hertz := _pitch_at(samples, begin)) is not None)
    return found[len(found) // 2] if found else _BETWEEN_SEXES


def _pitch_at(samples: array[int], begin: int) -> float | None:
    """By the average difference between the frame and the same some time later."""
    lags = range(_RATE // _HIGHEST, _RATE // _LOWEST + 1)
    frame = samples[begin : begin + _FRAME]
    later = samples[begin : begin + _FRAME + lags.stop]
    if len(later) < _FRAME + lags.stop:
        return None
    whole = sum(abs(sample) for sample in frame) or 1
    differences = [
        sum(abs(one - other) for one, other in zip(frame[::2], later[lag : lag + _FRAME : 2])) for lag in lags
    ]
    least = min(differences)
    if 2 * least > 0.8 * whole:
        return None  # no voice in it
    # The first dip that is about as deep as the deepest: the others are its multiples.
    deep = least + 0.15 * (max(differences) - least)
    for index, difference in enumerate(differences):
        if difference <= deep and all(difference <= near for near in differences[max(0, index - 2) : index + 3]):
            return _RATE / lags[index]
    return None
