"""Sambert over WebSocket."""

from .speech_synthesizer import ResultCallback, SpeechSynthesisResult, SpeechSynthesizer

__all__ = ["ResultCallback", "SpeechSynthesisResult", "SpeechSynthesizer"]
