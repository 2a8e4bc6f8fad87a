"""CosyVoice over HTTP: one request, and the audio as a URL or as a stream."""

from .http_speech_synthesizer import HttpSpeechSynthesisResult, HttpSpeechSynthesizer, new_audio

__all__ = ["HttpSpeechSynthesisResult", "HttpSpeechSynthesizer", "new_audio"]
