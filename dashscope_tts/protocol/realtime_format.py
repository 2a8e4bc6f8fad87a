"""The audio format of Qwen-TTS realtime, as the official enum names it."""

from __future__ import annotations

from enum import Enum, unique

__all__ = ["AudioFormat"]


@unique
class AudioFormat(Enum):
    """The audio that is asked for.

    The value is ``(format, sample_rate, channels, bit_rate, format_str)``, and each part is an attribute of the same
    name; ``sample_rate`` in Hz. Other formats and rates are asked for by name in ``update_session``.

    Source: Qwen-TTS realtime Python SDK.
    """

    PCM_24000HZ_MONO_16BIT = ("pcm", 24000, "mono", "16bit", "pcm16")

    def __init__(self, format: str, sample_rate: int, channels: str, bit_rate: str, format_str: str) -> None:
        self.format = format
        self.sample_rate = sample_rate
        self.channels = channels
        self.bit_rate = bit_rate
        self.format_str = format_str

    def __repr__(self) -> str:
        return self.format_str

    def __str__(self) -> str:
        return (
            f"{self.format.upper()} with {self.sample_rate}Hz sample rate, {self.channels} channel, "
            f"{self.bit_rate} bit rate:  {self.format_str}"
        )
