"""CosyVoice over WebSocket."""

from .speech_synthesizer import AudioFormat, ResultCallback, SpeechSynthesizer

__all__ = ["AudioFormat", "ResultCallback", "SpeechSynthesizer"]
