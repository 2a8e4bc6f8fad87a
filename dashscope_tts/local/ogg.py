"""Ogg pages around Opus packets, so that each frame on the wire is made of whole pages.

Source: RFC 3533 (Ogg) and RFC 7845 (Opus in Ogg).
"""

from __future__ import annotations

import struct

__all__ = ["OggOpusWriter"]

_GRANULES_PER_SECOND = 48_000
_BEGIN, _END = 0x02, 0x04


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1) ^ (0x04C11DB7 if value & 0x80000000 else 0)
        table.append(value & 0xFFFFFFFF)
    return tuple(table)


_CRC = _crc_table()


def _crc(data: bytes) -> int:
    value = 0
    for byte in data:
        value = (value << 8 & 0xFFFFFFFF) ^ _CRC[(value >> 24) ^ byte]
    return value


class OggOpusWriter:
    """Puts the packets of one mono Opus stream into pages.

    Args:
        head: the ``OpusHead`` packet, as the encoder gives it.
        vendor: named in the ``OpusTags`` packet.
    """

    def __init__(self, head: bytes, vendor: str = "dashscope_tts") -> None:
        self._head = head
        name = vendor.encode()
        self._tags = b"OpusTags" + struct.pack("<I", len(name)) + name + struct.pack("<I", 0)
        self._sequence = 0
        self._granule = 0
        self.pre_skip = struct.unpack_from("<H", head, 10)[0]
        """Samples at 48 kHz that a decoder drops at the beginning."""

    def headers(self) -> bytes:
        """The two pages every stream begins with."""
        return self._page([self._head], 0, _BEGIN) + self._page([self._tags], 0, 0)

    def page(self, packets: list[bytes], seconds_per_packet: float, end_granule: int | None = None) -> bytes:
        """A page of audio packets (255 segments at most); with ``end_granule`` (48 kHz samples) the last one."""
        self._granule += round(len(packets) * seconds_per_packet * _GRANULES_PER_SECOND)
        granule = self._granule if end_granule is None else min(self._granule, end_granule)
        return self._page(packets, granule, 0 if end_granule is None else _END)

    def _page(self, packets: list[bytes], granule: int, flags: int) -> bytes:
        lacing = bytearray()
        for packet in packets:
            lacing += b"\xff" * (len(packet) // 255) + bytes((len(packet) % 255,))
        page = bytearray(struct.pack("<4sBBqIIIB", b"OggS", 0, flags, granule, 1, self._sequence, 0, len(lacing)))
        page += lacing
        for packet in packets:
            page += packet
        page[22:26] = struct.pack("<I", _crc(bytes(page)))
        self._sequence += 1
        return bytes(page)
