"""Qwen-TTS over HTTP."""

from .speech_synthesizer import SpeechSynthesizer

__all__ = ["SpeechSynthesizer"]
