"""CosyVoice over WebSocket, and voices of one's own."""

from .enrollment import VoiceEnrollmentException, VoiceEnrollmentService
from .object_pool import SpeechSynthesizerObjectPool
from .speech_synthesizer import AudioFormat, ResultCallback, SpeechSynthesizer

__all__ = [
    "AudioFormat",
    "ResultCallback",
    "SpeechSynthesizer",
    "SpeechSynthesizerObjectPool",
    "VoiceEnrollmentException",
    "VoiceEnrollmentService",
]
