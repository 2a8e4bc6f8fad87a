"""The client of a self-hosted CosyVoice server: plain HTTP in, raw audio out.

::

    from dashscope_tts.selfhosted import CosyVoiceServer

    server = CosyVoiceServer("http://127.0.0.1:50000", model="CosyVoice2-0.5B")
    server.zero_shot("What a fine day.", "me.wav", "What I say in that recording.").save("fine.wav")
"""

from __future__ import annotations

from .server import CosyVoiceServer, model_sample_rate
from .speech import Callback, ServerSpeech
from .time_limits import TimeLimits

__all__ = ["Callback", "CosyVoiceServer", "ServerSpeech", "TimeLimits", "model_sample_rate"]
