"""How many seconds of audio went by, told from the bytes themselves."""

from __future__ import annotations

import struct

__all__ = ["AudioLength", "wav_data_offset"]

_MP3_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}  # by version
_MP3_KBITS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MP3_KBITS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_OPUS_CLOCK = 48000  # the granule position of Opus in Ogg counts at this rate, whatever the sample rate


def wav_data_offset(head: bytes) -> int:
    """Where the samples begin in a wav file that begins with ``head``; 0 if that is no wav file."""
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return 0
    at = 12
    while at + 8 <= len(head):
        if head[at : at + 4] == b"data":
            return at + 8
        at += 8 + int.from_bytes(head[at + 4 : at + 8], "little")
    return 0


class AudioLength:
    """Adds up the length of a stream of one format; only a frame or page at most is held back."""

    def __init__(self, format: str, sample_rate: int) -> None:
        self._format = format
        self._sample_rate = sample_rate
        self._bytes = 0
        self._header = 0
        self._rest = b""
        self._seconds = 0.0

    @property
    def seconds(self) -> float:
        """Seconds of audio so far."""
        if self._format in ("mp3", "opus"):
            return self._seconds
        return max(0, self._bytes - self._header) / 2 / self._sample_rate

    def add(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        if self._format == "wav" and self._bytes == 0:
            self._header = wav_data_offset(data)
        self._bytes += len(data)
        if self._format == "mp3":
            self._rest = self._mp3(self._rest + data)
        elif self._format == "opus":
            self._rest = self._ogg(self._rest + data)

    def _mp3(self, data: bytes) -> bytes:
        at = 0
        while at + 4 <= len(data):
            (head,) = struct.unpack_from(">I", data, at)
            version, kbits_index, rate_index = head >> 19 & 3, head >> 12 & 15, head >> 10 & 3
            is_frame = head >> 21 == 0x7FF and head >> 17 & 3 == 1 and version != 1
            if not is_frame or rate_index == 3 or kbits_index in (0, 15):
                at += 1  # a tag, or the rest of one
                continue
            rate = _MP3_RATES[version][rate_index]
            samples = 1152 if version == 3 else 576
            kbits = (_MP3_KBITS_1 if version == 3 else _MP3_KBITS_2)[kbits_index]
            end = at + samples * kbits * 125 // rate + (head >> 9 & 1)
            if end > len(data):
                break
            self._seconds += samples / rate
            at = end
        return data[at:]

    def _ogg(self, data: bytes) -> bytes:
        at = data.find(b"OggS")
        while 0 <= at <= len(data) - 27:
            granule = struct.unpack_from("<q", data, at + 6)[0]
            if granule > 0:
                self._seconds = granule / _OPUS_CLOCK
            at = data.find(b"OggS", at + 27)
        return data[at:] if at >= 0 else data[-3:]
