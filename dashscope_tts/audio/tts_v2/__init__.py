"""CosyVoice over WebSocket."""

from .object_pool import SpeechSynthesizerObjectPool
from .speech_synthesizer import AudioFormat, ResultCallback, SpeechSynthesizer

__all__ = ["AudioFormat", "ResultCallback", "SpeechSynthesizer", "SpeechSynthesizerObjectPool"]
