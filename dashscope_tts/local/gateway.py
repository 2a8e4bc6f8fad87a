"""An engine that has other servers speak: what self-hosted CosyVoice and OpenAI-compatible servers share.

A sentence is a request. It goes to the least busy server; as long as it has produced no audio it moves on to another
when one fails. There are no word times, and the pitch is the voice's own.
"""

from __future__ import annotations

import logging
import re
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from ..common.error import (
    AuthenticationFailed,
    ConnectFailed,
    ConnectionLost,
    RequestFailure,
    TaskCancelled,
    TaskTimeout,
)
from ..selfhosted import ServerSpeech
from .engine import Chunk, Emit, Engine, Prosody, Stop, Utterance
from .made_voices import made_voice
from .refusals import Refusal
from .upstreams import Upstream, Upstreams
from .voice_map import MappedVoice, VoiceMap
from .wav_intake import NotSupportedAudio, pcm_of

__all__ = ["GatewayEngine", "Passage"]

_logger = logging.getLogger("dashscope_tts.local")

Server = TypeVar("Server")

_NORMAL_VOLUME = 50.0
_MOST_AHEAD_SECONDS = 20.0
_RATE_OF_SILENCE = 24000
_REQUESTS_OWN_FAULT = frozenset((400, 413, 422))  # another server would say the same
_NOT_SERVING = frozenset((401, 403, 404, 405, 502, 503, 504))


@dataclass(frozen=True)
class Passage:
    """A stretch of a sentence that one request speaks."""

    text: str
    prosody: Prosody
    silence: float = 0.0

    @property
    def is_spoken(self) -> bool:
        """Whether there is anything in it to say; servers answer bare punctuation with nothing, or a failure."""
        return any(character.isalnum() for character in self.text)


class GatewayEngine(Engine, Generic[Server]):
    """Speaks through other servers.

    Args:
        servers: the clients of the servers.
        voices: what stands behind the names of voices.
        streams: how many sentences are asked for at the same time.
    """

    most_ahead = _MOST_AHEAD_SECONDS

    def __init__(self, servers: Sequence[Server], voices: VoiceMap, streams: int) -> None:
        self.workers = streams
        self.upstreams = Upstreams(servers)
        self._voices = voices
        self.voice_names = voices.names

    def speak(self, utterance: Utterance, emit: Emit) -> None:
        self.perform(utterance, emit, Stop())

    def perform(self, utterance: Utterance, emit: Emit, stop: Stop) -> None:
        for passage in passages_of(utterance):
            voice, asked = self._voice(passage.prosody.voice, utterance)
            if passage.is_spoken and not self._say(passage, voice, asked, emit, stop):
                return
            if passage.silence:
                samples = round(passage.silence * _RATE_OF_SILENCE)
                if not emit(Chunk(bytes(2 * samples), _RATE_OF_SILENCE)):
                    return

    def _voice(self, name: str, utterance: Utterance) -> tuple[MappedVoice, Utterance]:
        """The voice behind a name, and the utterance as that voice is to be asked for it.

        What the file says of a name goes before a voice of that name that was created here, and that before ``*``.
        """
        made = made_voice(name) if self.takes_samples and name not in self._voices.names else None
        if utterance.sample is not None or made is None:
            voice = self._voices.find(name)
            if voice is None and utterance.sample is None:
                raise Refusal.engine(418)
            return voice or MappedVoice(), utterance
        if made.is_deleted:
            raise Refusal.engine(418)
        sample = made.sample()
        if sample is not None:
            return MappedVoice(sample=sample), utterance
        if not made.description:
            raise Refusal("The recording of this voice was not kept; update the voice with it.", "InvalidParameter")
        if self._voices.others is None:
            raise Refusal(
                "This voice was designed from a description. The speech server speaks with such a voice only where "
                "the file of voices has an entry '*', whose voice the description then instructs.",
                "InvalidParameter",
            )
        instruction = " ".join(filter(None, (made.description, utterance.instruction.strip())))
        return self._voices.others, replace(utterance, instruction=instruction)

    @abstractmethod
    def _ask(self, server: Server, passage: Passage, voice: MappedVoice, utterance: Utterance) -> ServerSpeech:
        """The request; it has not been sent."""

    def _say(self, passage: Passage, voice: MappedVoice, utterance: Utterance, emit: Emit, stop: Stop) -> bool:
        """Have it spoken by one server after the other; False when nobody wants to hear more."""
        tried: list[Upstream[Server]] = []
        failure: Exception | None = None
        while not stop.is_set:
            upstream = self.upstreams.take(tried)
            if upstream is None:
                assert failure is not None
                raise _refusal(failure, has_audio=False)
            tried.append(upstream)
            is_well: bool | None = None
            has_audio = False
            speech = self._ask(upstream.server, passage, voice, utterance)
            stop.on_set(speech.cancel)
            try:
                with speech:
                    for chunk in _chunks(speech, passage, voice):
                        is_well = has_audio = True
                        if not emit(chunk):
                            return False
                return True
            except TaskCancelled:
                return False
            except (RequestFailure, NotSupportedAudio) as error:
                _logger.warning("an upstream server failed: %s", _told(error))
                if _is_unwell(error, speech):
                    is_well = False
                if has_audio or getattr(error, "http_code", None) in _REQUESTS_OWN_FAULT:
                    raise _refusal(error, has_audio) from error
                failure = error
            finally:
                self.upstreams.give_back(upstream, is_well)
        return False


def passages_of(utterance: Utterance) -> list[Passage]:
    """The sentence in as few requests as its voices, volumes and silences allow."""
    passages: list[Passage] = []
    for span in utterance.spans:
        # Other engines know neither pinyin nor phonemes; what is written must do.
        said = span.text if span.kind in ("pinyin", "arpabet") else span.said
        last = passages[-1] if passages else None
        if last is not None and not last.silence and last.prosody == span.prosody:
            passages[-1] = Passage(last.text + said, span.prosody, span.silence)
        else:
            passages.append(Passage(said, span.prosody, span.silence))
    return [replace(passage, text=passage.text.strip()) for passage in passages]


def _chunks(speech: ServerSpeech, passage: Passage, voice: MappedVoice) -> Iterator[Chunk]:
    gain = passage.prosody.volume / _NORMAL_VOLUME
    for pcm, rate in pcm_of(speech, voice.sample_rate or speech.sample_rate):
        yield Chunk(pcm, rate, gain)


def _is_unwell(error: Exception, speech: ServerSpeech) -> bool:
    """Whether the failure is the server's rather than the request's.

    A body that breaks off is no sign of it: that is how these servers report that they do not know a speaker.
    """
    if isinstance(error, RequestFailure) and error.http_code is not None:
        return error.http_code in _NOT_SERVING
    if isinstance(error, ConnectionLost):
        return not speech.is_answered
    return isinstance(error, (ConnectFailed, TaskTimeout))


def _told(error: Exception) -> str:
    return str(error.message) if isinstance(error, RequestFailure) else str(error)


def _refusal(error: Exception, has_audio: bool) -> Refusal:
    """What the client of the gateway is told: no addresses, and of the upstream's words those about the request."""
    if isinstance(error, AuthenticationFailed):
        return Refusal("The speech server refused the key of this gateway.", "UpstreamRefused")
    if isinstance(error, ConnectFailed):
        return Refusal("No speech server can be reached.", "ServiceUnavailable")
    if isinstance(error, TaskTimeout):
        what = "sent no more audio" if has_audio else "sent no audio"
        return Refusal(f"The speech server {what} in time.", "GatewayTimeout")
    if isinstance(error, ConnectionLost):
        if has_audio:
            return Refusal("The audio of the speech server broke off.", "InternalError")
        return Refusal(
            "The speech server broke off before any audio; perhaps it does not know the voice.", "InternalError"
        )
    if isinstance(error, NotSupportedAudio):
        return Refusal(f"The speech server sent audio that cannot be used: {error}.", "InternalError")
    status = getattr(error, "http_code", None)
    code = "InvalidParameter" if status in _REQUESTS_OWN_FAULT else "UpstreamRefused"
    if status == 429:
        code = "Throttling"
    elif status is None or status >= 500 or status == 200:
        code = "InternalError"
    words = re.sub(r"^the server \S+ ", "it ", _told(error))  # its address is nobody's business
    return Refusal(f"The speech server refused: {words}", code)
