"""Audio of an upstream server that may have a wav header in front of it."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

__all__ = ["NotSupportedAudio", "pcm_of"]

_MOST_HEADER_BYTES = 64 * 1024
_PCM, _EXTENSIBLE = 1, 0xFFFE


class NotSupportedAudio(Exception):
    """The audio is not 16-bit mono PCM; the text says what it is."""


def pcm_of(pieces: Iterable[bytes], sample_rate: int) -> Iterator[tuple[bytes, int]]:
    """Samples and their rate, which is that of the header where there is one. No piece cuts a sample in two.

    The sizes in the header are not looked at: servers that send while they speak do not know them.

    Raises:
        NotSupportedAudio: the header tells of something else than 16-bit mono PCM.
    """
    start = b""
    is_known = False
    for piece in pieces:
        if is_known:
            yield piece, sample_rate
            continue
        start += piece
        if not start.startswith(b"RIFF"[: len(start)]):
            is_known = True
            yield start, sample_rate
        elif len(start) >= 12 and start[8:12] != b"WAVE":
            raise NotSupportedAudio("not a wav file, though it begins as one")
        else:
            found = _read_header(start)
            if found is not None:
                is_known = True
                sample_rate, begin = found
                if begin < len(start):
                    yield start[begin:], sample_rate
            elif len(start) > _MOST_HEADER_BYTES:
                raise NotSupportedAudio("a wav file without samples")
    if not is_known and start:
        raise NotSupportedAudio("a wav file that ends in its header")


def _read_header(data: bytes) -> tuple[int, int] | None:
    """The sample rate, and where the samples begin; None where the header has not come in full."""
    at, rate = 12, 0
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        at += 8
        if name == b"data":
            if not rate:
                raise NotSupportedAudio("a wav file without a format")
            return rate, at
        if name == b"fmt ":
            if at + 16 > len(data):
                return None
            kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", data, at)
            if kind not in (_PCM, _EXTENSIBLE) or channels != 1 or bits != 16 or not rate:
                raise NotSupportedAudio(f"wav format {kind} with {channels} channels of {bits} bits")
        at += size + (size & 1)
    return None
