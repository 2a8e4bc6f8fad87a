"""The audio formats of CosyVoice, as the official enum names them."""

from __future__ import annotations

from enum import Enum, unique

__all__ = ["SERVICE_DEFAULT_FORMAT", "SERVICE_DEFAULT_SAMPLE_RATE", "AudioFormat"]

# What the service makes of a request that names no format ("Default") and no rate (0).
SERVICE_DEFAULT_FORMAT = "mp3"
SERVICE_DEFAULT_SAMPLE_RATE = 22050


@unique
class AudioFormat(Enum):
    """Container or codec, sample rate, channels and bit rate of the audio that is asked for.

    Each member's value is ``(format, sample_rate, channels, bit_rate)`` and each part is an attribute of
    the same name: ``sample_rate`` in Hz; ``bit_rate`` in kbit/s for mp3 and opus, bits per sample otherwise.
    ``DEFAULT`` leaves the choice to the service, which answers with mp3 at 22,050 Hz.

    Source: CosyVoice Python SDK, "Format reference".
    """

    DEFAULT = ("Default", 0, "0", 0)

    WAV_8000HZ_MONO_16BIT = ("wav", 8000, "mono", 0)  # the official tuple has 0 here, 16 in all the others
    WAV_16000HZ_MONO_16BIT = ("wav", 16000, "mono", 16)
    WAV_22050HZ_MONO_16BIT = ("wav", 22050, "mono", 16)
    WAV_24000HZ_MONO_16BIT = ("wav", 24000, "mono", 16)
    WAV_44100HZ_MONO_16BIT = ("wav", 44100, "mono", 16)
    WAV_48000HZ_MONO_16BIT = ("wav", 48000, "mono", 16)

    MP3_8000HZ_MONO_128KBPS = ("mp3", 8000, "mono", 128)
    MP3_16000HZ_MONO_128KBPS = ("mp3", 16000, "mono", 128)
    MP3_22050HZ_MONO_256KBPS = ("mp3", 22050, "mono", 256)
    MP3_24000HZ_MONO_256KBPS = ("mp3", 24000, "mono", 256)
    MP3_44100HZ_MONO_256KBPS = ("mp3", 44100, "mono", 256)
    MP3_48000HZ_MONO_256KBPS = ("mp3", 48000, "mono", 256)

    PCM_8000HZ_MONO_16BIT = ("pcm", 8000, "mono", 16)
    PCM_16000HZ_MONO_16BIT = ("pcm", 16000, "mono", 16)
    PCM_22050HZ_MONO_16BIT = ("pcm", 22050, "mono", 16)
    PCM_24000HZ_MONO_16BIT = ("pcm", 24000, "mono", 16)
    PCM_44100HZ_MONO_16BIT = ("pcm", 44100, "mono", 16)
    PCM_48000HZ_MONO_16BIT = ("pcm", 48000, "mono", 16)

    OGG_OPUS_8KHZ_MONO_32KBPS = ("opus", 8000, "mono", 32)
    OGG_OPUS_8KHZ_MONO_16KBPS = ("opus", 8000, "mono", 16)
    OGG_OPUS_16KHZ_MONO_16KBPS = ("opus", 16000, "mono", 16)
    OGG_OPUS_16KHZ_MONO_32KBPS = ("opus", 16000, "mono", 32)
    OGG_OPUS_16KHZ_MONO_64KBPS = ("opus", 16000, "mono", 64)
    OGG_OPUS_24KHZ_MONO_16KBPS = ("opus", 24000, "mono", 16)
    OGG_OPUS_24KHZ_MONO_32KBPS = ("opus", 24000, "mono", 32)
    OGG_OPUS_24KHZ_MONO_64KBPS = ("opus", 24000, "mono", 64)
    OGG_OPUS_48KHZ_MONO_16KBPS = ("opus", 48000, "mono", 16)
    OGG_OPUS_48KHZ_MONO_32KBPS = ("opus", 48000, "mono", 32)
    OGG_OPUS_48KHZ_MONO_64KBPS = ("opus", 48000, "mono", 64)

    def __init__(self, format: str, sample_rate: int, channels: str, bit_rate: int) -> None:
        self.format = format
        self.sample_rate = sample_rate
        self.channels = channels
        self.bit_rate = bit_rate

    def __str__(self) -> str:
        return (
            f"{self.format.upper()} with {self.sample_rate}Hz sample rate, "
            f"{self.channels} channel, {self.bit_rate}"
        )

    def resolved(self) -> tuple[str, int]:
        """The format and the sample rate (Hz) the audio really has, with the service's defaults filled in."""
        if self is AudioFormat.DEFAULT:
            return SERVICE_DEFAULT_FORMAT, SERVICE_DEFAULT_SAMPLE_RATE
        return self.format, self.sample_rate
