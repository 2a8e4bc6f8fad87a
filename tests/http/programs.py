"""Programs as users of the official package write them; each says what it got.

They import ``dashscope``, whichever package answers to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import dashscope
from dashscope import MultiModalConversation
from dashscope.audio.http_tts import HttpSpeechSynthesizer
from dashscope.audio.qwen_tts import SpeechSynthesizer as QwenTts
from dashscope.audio.tts_v2 import VoiceEnrollmentException, VoiceEnrollmentService

from .looks import look, look_at_all

__all__ = ["PROGRAMS", "Program"]


@dataclass(frozen=True)
class Program:
    script: str
    run: Callable[[], Any]


PROGRAMS: dict[str, Program] = {}
HTTP = {"model": "m", "text": "hi", "voice": "v"}
ERRORS = (
    "bad request", "no key", "too many", "server fault", "no body", "empty error", "other words", "gateway",
    "log-in page", "broken json", "error with 200", "drop", "drop first",
)  # fmt: skip
STREAMS = (
    "stream", "stream with all at the end", "stream of one event", "stream with an error", "stream with a status",
    "stream cut", "stream without end", "stream of nonsense", "stream with spaces", "event of several lines",
    "plain", "bad request", "too many", "gateway", "log-in page", "drop", "drop first",
)  # fmt: skip


def _add(name: str, script: str, run: Callable[[], Any]) -> None:
    assert name not in PROGRAMS
    PROGRAMS[name] = Program(script, run)


def _http(**arguments: Any) -> Callable[[], Any]:
    return lambda: look(lambda: HttpSpeechSynthesizer.call(**{**HTTP, **arguments}))


def _qwen(kind: Any, **arguments: Any) -> Callable[[], Any]:
    return lambda: look(lambda: kind.call(**{**HTTP, **arguments}))


def _streamed(kind: Any) -> Callable[[], Any]:
    return lambda: look_at_all(lambda: kind.call(**HTTP, stream=True))


def _voices(do: Callable[[Any], Any], **made: Any) -> Callable[[], Any]:
    def run() -> Any:
        service = VoiceEnrollmentService(**made)
        return [look(lambda: do(service)), service.get_last_request_id()]

    return run


def _create(service: Any) -> Any:
    return service.create_voice("m", "p", "http://host/a.wav")


def _positional() -> Any:
    arguments = ("m", "中文", "v", "mp3", 16000, False, "ws", "k2")
    return look(lambda: HttpSpeechSynthesizer.call(*arguments, volume=3, rate=None))


def _exception_in_the_hand() -> Any:
    try:
        raise VoiceEnrollmentException("rid", 400, "C", "M")
    except VoiceEnrollmentException as error:
        private = (error._request_id, error._status_code, error._code, error._error_message)
        return [str(error), repr(error), list(error.args), list(private)]


def _names() -> Any:
    audio_format = HttpSpeechSynthesizer.AudioFormat
    return [
        audio_format.WAV, audio_format.PCM, audio_format.MP3, QwenTts.Models.qwen_tts, QwenTts.task_group,
        QwenTts.task, QwenTts.function, MultiModalConversation.task, MultiModalConversation.function,
        VoiceEnrollmentService.MAX_QUERY_TRY_COUNT, VoiceEnrollmentService().model,
        dashscope.HttpSpeechSynthesizer is HttpSpeechSynthesizer,
    ]  # fmt: skip


def _reads_like_a_dict() -> Any:
    response = MultiModalConversation.call(model="m", text="t", voice="v")
    output = response.output
    return [
        str(response), output.audio.url, output["audio"]["url"], output.audio["data"], output.get("nothing"),
        response.status_code == 200, response["request_id"], "usage" in response, str(output), str(output.audio),
        repr(output.audio), look(lambda: output.nothing), look(lambda: output["nothing"]),
    ]  # fmt: skip


_add("names", "plain", _names)
_add("http: plain", "plain", _http())
_add("http: positional", "plain", _positional)
_add("http: a format", "plain", _http(audio_format="pcm", sample_rate=8000, hot_fix={"replace": [{"a": "b"}]}))
_add("http: without text and voice", "plain", _http(text=None, voice=None))
_add("http: without a model", "plain", _http(model=None))
for _script in ERRORS:
    _add(f"http: {_script}", _script, _http())
for _script in STREAMS:
    _add(f"http, streamed: {_script}", _script, _streamed(HttpSpeechSynthesizer))
for _label, _kind in (("qwen", QwenTts), ("conversation", MultiModalConversation)):
    _more = {"language_type": "English", "instructions": "x", "optimize_instructions": True, "nothing": None}
    _add(f"{_label}: plain", "qwen", _qwen(_kind))
    _add(f"{_label}: more", "qwen", _qwen(_kind, workspace="ws", api_key="k2", headers={"X-A": "b"}, **_more))
    _add(f"{_label}: without a voice", "qwen", _qwen(_kind, voice=None))
    _add(f"{_label}: without a model", "qwen", _qwen(_kind, model=None))
    _add(f"{_label}: without text", "qwen", _qwen(_kind, text=None))
    _add(f"{_label}: too slow", "hang", _qwen(_kind, request_timeout=0.2))
    for _script in ERRORS:
        _add(f"{_label}: {_script}", _script, _qwen(_kind))
    for _script in STREAMS:
        _add(f"{_label}, streamed: {_script}", _script, _streamed(_kind))
_add("conversation: reads like a dict", "qwen", _reads_like_a_dict)
_add("conversation: nothing", "qwen", lambda: look(lambda: MultiModalConversation.call(model="m")))
_add("voices: create", "create", _voices(_create))
_add("voices: create with all", "create", _voices(
    lambda service: service.create_voice(
        target_model="m", prefix="p", url="u", language_hints=["zh"], max_prompt_audio_length=12.5,
        enable_preprocess=True, nothing=None,
    )
))  # fmt: skip
_add("voices: design", "create", _voices(
    lambda service: service.create_voice(
        "m", "p", None, voice_prompt="x", preview_text="y", parameters={"sample_rate": 24000}
    )
))  # fmt: skip
_add("voices: a service's own", "create", _voices(
    _create, api_key="k9", workspace="ws", headers={"X-A": "1"}, extra=3
))  # fmt: skip
_add("voices: qwen", "create qwen", _voices(_create, model="qwen-voice-enrollment"))
_add("voices: list", "list", _voices(lambda service: service.list_voices()))
_add("voices: list a page", "list", _voices(lambda service: service.list_voices("p", 2, 5)))
_add("voices: query", "query", _voices(lambda service: service.query_voice("v")))
_add("voices: update", "void", _voices(lambda service: service.update_voice("v", "u")))
_add("voices: delete", "void", _voices(lambda service: service.delete_voice("v")))
_add("voices: an answer without one", "void", _voices(_create))
_add("voices: a list without one", "void", _voices(lambda service: service.list_voices()))
_add("voices: deleted with null", "null", _voices(lambda service: service.delete_voice("v")))
for _script in ERRORS[:-2]:
    _add(f"voices: {_script}", _script, _voices(_create))
_add("voices: an exception in the hand", "plain", _exception_in_the_hand)
