"""Raw bytes to whole samples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

__all__ = ["SampleJoiner", "whole_samples"]


class SampleJoiner:
    """Takes bytes cut anywhere, gives 16-bit samples; keeps an odd byte for the next time."""

    def __init__(self) -> None:
        self.rest = b""
        """The first half of a sample, or nothing."""

    def take(self, data: bytes) -> bytes:
        """The whole samples there are now."""
        if self.rest:
            data = self.rest + data
        whole = len(data) & ~1
        self.rest = data[whole:]
        return data[:whole] if self.rest else data


def whole_samples(pieces: Iterable[bytes], joiner: SampleJoiner) -> Iterator[bytes]:
    """The pieces, none of which cuts a sample in two, and none of which is empty."""
    for piece in pieces:
        data = joiner.take(piece)
        if data:
            yield data
