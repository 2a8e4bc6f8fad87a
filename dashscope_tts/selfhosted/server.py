"""The modes of a self-hosted CosyVoice server.

Source: the usage document of the CosyVoice deployment on Compute Nest, and the HTTP runtime it describes.
"""

from __future__ import annotations

import re
import ssl
from typing import Optional

from ..common.error import InvalidParameter
from .exchange import Address, Exchange
from .form import PromptAudio, encode_form, read_prompt_audio
from .speech import Callback, ServerSpeech
from .time_limits import TimeLimits

__all__ = ["CosyVoiceServer", "model_sample_rate"]

FIRST_GENERATION_RATE = 22050
LATER_RATE = 24000
_FIRST_GENERATION = re.compile(r"300m|cosyvoice[-_ ]?v?1(?!\d)", re.IGNORECASE)


def model_sample_rate(model: str) -> int:
    """The sample rate of a model's audio in Hz, by the model's name.

    22,050 for the first generation (``CosyVoice-300M``, ``CosyVoice-300M-SFT``, ``cosyvoice-v1`` ...), 24,000 for all
    later ones (``CosyVoice2-0.5B``, ``Fun-CosyVoice3-0.5B`` ...).
    """
    return FIRST_GENERATION_RATE if _FIRST_GENERATION.search(model) else LATER_RATE


class CosyVoiceServer:
    """A self-hosted CosyVoice server. Threads may share it; every text has a connection of its own.

    Each method gives a :class:`~dashscope_tts.selfhosted.ServerSpeech`, which asks the server when it is iterated
    over, read, saved or started; with ``callback`` it has been started.

    Args:
        url: ``http://HOST:PORT``, or ``https://``; a path in front of the server's own is kept.
        token: the API key of the deployment, sent as ``X-API-TOKEN`` and as a Bearer token; None where it has none.
        model: the model the server runs, for the sample rate of its audio.
        sample_rate: of its audio in Hz, where the name of the model does not tell. The server's answer does not say
            it, and a wrong one changes pitch and speed. With neither it is 22,050, as in the vendor's document, and
            24,000 for ``instruct2``, which later models alone have.
        method: ``POST``, or ``GET`` with a body, as the vendor's document has it.
        limits: how long the server may take.
        ssl_context: for https; the system's certificates by default.

    Raises:
        InvalidParameter: an argument that cannot be used.
    """

    def __init__(
        self,
        url: str,
        token: Optional[str] = None,
        *,
        model: Optional[str] = None,
        sample_rate: Optional[int] = None,
        method: str = "POST",
        limits: Optional[TimeLimits] = None,
        ssl_context: Optional[ssl.SSLContext] = None,
    ) -> None:
        self._address = Address(url, token, ssl_context)
        if method not in ("GET", "POST"):
            raise InvalidParameter(f"method: {method!r} is neither GET nor POST")
        if sample_rate is not None and not 4000 <= sample_rate <= 192_000:
            raise InvalidParameter(f"sample_rate: {sample_rate!r} is not a number of Hz from 4000 to 192000")
        self._rate = sample_rate or (model_sample_rate(model) if model else None)
        self._method = method
        self._limits = limits or TimeLimits()

    def __repr__(self) -> str:
        return f"<CosyVoiceServer {self._address}>"

    def sft(self, text: str, speaker: str, *, callback: Optional[Callback] = None) -> ServerSpeech:
        """Speak with one of the model's own voices.

        Args:
            text: what to say.
            speaker: the id of the voice, such as ``中文女``.
            callback: hears of it in the background, see :meth:`ServerSpeech.start`.
        """
        return self._speech("sft", {"tts_text": text, "spk_id": speaker}, None, callback)

    def zero_shot(
        self, text: str, prompt_audio: PromptAudio, prompt_text: str, *, callback: Optional[Callback] = None
    ) -> ServerSpeech:
        """Speak with the voice of a recording.

        Args:
            text: what to say.
            prompt_audio: the recording: a path, bytes, or a file object; up to 30 seconds, 16 kHz or more.
            prompt_text: what is said in it.
            callback: as for :meth:`sft`.
        """
        return self._speech("zero_shot", {"tts_text": text, "prompt_text": prompt_text}, prompt_audio, callback)

    def cross_lingual(
        self, text: str, prompt_audio: PromptAudio, *, callback: Optional[Callback] = None
    ) -> ServerSpeech:
        """Speak with the voice of a recording in another language; arguments as for :meth:`zero_shot`."""
        return self._speech("cross_lingual", {"tts_text": text}, prompt_audio, callback)

    def instruct(
        self, text: str, speaker: str, instruction: str, *, callback: Optional[Callback] = None
    ) -> ServerSpeech:
        """Speak with one of the model's own voices in the manner of ``instruction``; first generation only."""
        fields = {"tts_text": text, "spk_id": speaker, "instruct_text": instruction}
        return self._speech("instruct", fields, None, callback)

    def instruct2(
        self, text: str, prompt_audio: PromptAudio, instruction: str, *, callback: Optional[Callback] = None
    ) -> ServerSpeech:
        """Speak with the voice of a recording in the manner of ``instruction``; later generations only."""
        fields = {"tts_text": text, "instruct_text": instruction}
        return self._speech("instruct2", fields, prompt_audio, callback)

    def _speech(
        self, mode: str, fields: dict[str, str], prompt: Optional[PromptAudio], callback: Optional[Callback]
    ) -> ServerSpeech:
        for name, value in fields.items():
            if not isinstance(value, str) or not value.strip():
                raise InvalidParameter(f"{name} is {'empty' if isinstance(value, str) else 'not a text'}")
        content_type, body = encode_form(fields, None if prompt is None else read_prompt_audio(prompt))

        def send(exchange: Exchange) -> None:
            exchange.send(self._method, f"/inference_{mode}", {"Content-Type": content_type}, body)

        rate = self._rate or (LATER_RATE if mode == "instruct2" else FIRST_GENERATION_RATE)
        speech = ServerSpeech(Exchange(self._address, self._limits), send, str(self._address), rate)
        return speech if callback is None else speech.start(callback)
