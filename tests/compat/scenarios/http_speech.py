"""Speech asked for by HTTP: HttpSpeechSynthesizer, the Qwen class, MultiModalConversation; whole, and as a stream."""

from __future__ import annotations

import dashscope
from dashscope import MultiModalConversation
from dashscope.audio.http_tts import HttpSpeechSynthesizer
from dashscope.audio.qwen_tts import SpeechSynthesizer as QwenTts

from ..http_client import ERRORS, SPOKEN, STREAMS, add, asked, streamed
from ..trace import Trace


def _positional(t: Trace) -> None:
    arguments = ("m", "中文", "v", "mp3", 16000, False, "ws", "k2")
    asked(lambda: HttpSpeechSynthesizer.call(*arguments, volume=3, rate=None))(t)


def _names(t: Trace) -> None:
    audio_format = HttpSpeechSynthesizer.AudioFormat
    t.note("formats", [audio_format.WAV, audio_format.PCM, audio_format.MP3])
    t.note("qwen", [QwenTts.Models.qwen_tts, QwenTts.task_group, QwenTts.task, QwenTts.function])
    t.note("conversation", [MultiModalConversation.task, MultiModalConversation.function])
    t.note("at the root", dashscope.HttpSpeechSynthesizer is HttpSpeechSynthesizer)


def _reads_like_a_dict(t: Trace) -> None:
    response = MultiModalConversation.call(model="m", text="t", voice="v")
    output = response.output
    t.note("texts", [str(response), str(output), str(output.audio), repr(output.audio)])
    t.note("audio", [output.audio.url, output["audio"]["url"], output.audio["data"]])
    t.note("response", [response.status_code == 200, response["request_id"], "usage" in response])
    t.note("absent", output.get("nothing"))
    t.step("absent attribute", lambda: output.nothing)
    t.step("absent key", lambda: output["nothing"])


_HTTP = {"function": HttpSpeechSynthesizer.call, **SPOKEN}
_FORMAT = {"audio_format": "pcm", "sample_rate": 8000, "hot_fix": {"replace": [{"a": "b"}]}}
add("names", "plain", _names)
add("plain", "plain", asked(**_HTTP))
add("positional", "plain", _positional)
add("a format", "plain", asked(**{**_HTTP, **_FORMAT}))
add("limit and headers", "plain", asked(**_HTTP, headers={"X-A": "b"}, request_timeout=5))
add("url", "qwen", lambda t: asked(**_HTTP, url=t.url)(t))
add("without text and voice", "plain", asked(**{**_HTTP, "text": None, "voice": None}))
add("without a model", "plain", asked(**{**_HTTP, "model": None}))
for _script in ERRORS:
    add(_script, _script, asked(**_HTTP))
for _script in STREAMS:
    add(f"streamed {_script}", _script, streamed(**_HTTP))

for _label, _kind in (("qwen", QwenTts), ("conversation", MultiModalConversation)):
    _call = {"function": _kind.call, **SPOKEN}
    _more = {"language_type": "English", "instructions": "x", "optimize_instructions": True, "nothing": None}
    _whose = {"workspace": "ws", "api_key": "k2", "headers": {"X-A": "b"}}
    add(f"{_label} plain", "qwen", asked(**_call))
    add(f"{_label} more", "qwen", asked(**_call, **_whose, **_more))
    add(f"{_label} without a voice", "qwen", asked(**{**_call, "voice": None}))
    add(f"{_label} without a model", "qwen", asked(**{**_call, "model": None}))
    add(f"{_label} without text", "qwen", asked(**{**_call, "text": None}))
    add(f"{_label} too slow", "hang", asked(**_call, request_timeout=0.2))
    for _script in ERRORS:
        add(f"{_label} {_script}", _script, asked(**_call))
    for _script in STREAMS:
        add(f"{_label} streamed {_script}", _script, streamed(**_call))
add("conversation reads like a dict", "qwen", _reads_like_a_dict)
add("conversation nothing", "qwen", asked(MultiModalConversation.call, model="m"))
add("conversation with messages", "qwen", asked(
    MultiModalConversation.call, model="m", messages=[{"role": "user", "content": [{"text": "hi"}]}]
))  # fmt: skip
