"""An engine that has self-hosted CosyVoice servers speak."""

from __future__ import annotations

from ..selfhosted import CosyVoiceServer, ServerSpeech
from .engine import Utterance
from .gateway import GatewayEngine, Passage
from .voice_map import MappedVoice

__all__ = ["CosyVoiceEngine"]


class CosyVoiceEngine(GatewayEngine[CosyVoiceServer]):
    """Speaks through the HTTP interface of CosyVoice. Rate and pitch are the voice's own."""

    takes_samples = True

    def _ask(
        self, server: CosyVoiceServer, passage: Passage, voice: MappedVoice, utterance: Utterance
    ) -> ServerSpeech:
        text = passage.text
        sample = utterance.sample or voice.sample
        instruction = utterance.instruction.strip() or voice.instruction
        if sample is None:
            if instruction:
                return server.instruct(text, voice.speaker, instruction)
            return server.sft(text, voice.speaker)
        if instruction:
            return server.instruct2(text, sample.audio, instruction)
        if sample.text.strip():
            return server.zero_shot(text, sample.audio, sample.text)
        return server.cross_lingual(text, sample.audio)
