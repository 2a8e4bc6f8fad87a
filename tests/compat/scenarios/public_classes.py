"""Every public module of the speech services: its names, and of its classes every member, with its signature."""

from __future__ import annotations

import importlib
import inspect
import pickle
from typing import Any

import dashscope
from dashscope.api_entities import dashscope_response
from dashscope.audio import http_tts, qwen_tts, qwen_tts_realtime, tts, tts_v2
from dashscope.audio.tts_v2.speech_synthesizer import HotFix, Request

from ..registry import scenario
from ..trace import Trace

_PACKAGES = {
    "tts": tts, "tts_v2": tts_v2, "qwen_tts": qwen_tts, "qwen_tts_realtime": qwen_tts_realtime, "http_tts": http_tts
}  # fmt: skip
_SUBMODULES = (
    "aigc", "aigc.multimodal_conversation", "api_entities", "audio.http_tts.http_speech_synthesizer",
    "audio.qwen_tts.speech_synthesizer", "audio.qwen_tts_realtime.qwen_tts_realtime", "audio.tts.speech_synthesizer",
    "audio.tts_v2.enrollment", "audio.tts_v2.speech_synthesizer", "common", "common.error", "common.logging",
)  # fmt: skip
_OF_SPEECH = (
    "Audio", "DashScopeAPIResponse", "DictMixin", "MultiModalConversationOutput", "MultiModalConversationResponse",
    "MultiModalConversationUsage", "SpeechSynthesisOutput", "SpeechSynthesisResponse", "SpeechSynthesisUsage",
    "TextToSpeechAudio", "TextToSpeechOutput", "TextToSpeechResponse",
)  # fmt: skip


@scenario()
def submodules_that_can_be_imported(t: Trace) -> None:
    for name in _SUBMODULES:
        t.step(name, lambda name=name: inspect.ismodule(importlib.import_module(f"dashscope.{name}")))


@scenario()
def names_of_every_package(t: Trace) -> None:
    for name, package in _PACKAGES.items():
        names = sorted(package.__all__)
        t.fields[f"{name}.__all__"] = {"at least": names, "has": names}
        starred: dict[str, Any] = {}
        exec(f"from dashscope.audio.{name} import *", starred)
        t.fields[f"import * of {name}"] = {"at least": sorted(starred), "has": sorted(starred)}
        t.note(f"{name} by attribute", getattr(dashscope.audio, name) is package)


@scenario()
def members_of_every_class(t: Trace) -> None:
    for package, module in _PACKAGES.items():
        for name in sorted(module.__all__):
            if isinstance(getattr(module, name), type):
                t.members(f"{package}.{name}", getattr(module, name))
    t.members("HotFix", HotFix)
    t.members("Request", Request)
    t.members("MultiModalConversation", dashscope.MultiModalConversation)


@scenario()
def nested_classes_of_constants(t: Trace) -> None:
    for owner, kind in (
        ("tts.SpeechSynthesizer", tts.SpeechSynthesizer.AudioFormat),
        ("qwen_tts.SpeechSynthesizer", qwen_tts.SpeechSynthesizer.Models),
        ("http_tts.HttpSpeechSynthesizer", http_tts.HttpSpeechSynthesizer.AudioFormat),
    ):
        t.members(f"{owner} constants", kind)


@scenario()
def classes_of_the_root(t: Trace) -> None:
    t.note("Sambert", dashscope.SpeechSynthesizer is tts.SpeechSynthesizer)
    t.note("HTTP", dashscope.HttpSpeechSynthesizer is http_tts.HttpSpeechSynthesizer)
    t.note("conversation", dashscope.MultiModalConversation is dashscope.aigc.MultiModalConversation)


@scenario()
def classes_of_responses(t: Trace) -> None:
    for name in _OF_SPEECH:
        kind = getattr(dashscope_response, name, None)
        if kind is None:
            t.note(name, "absent")
        else:
            t.members(name, kind)
            t.note(f"{name} bases", [base.__name__ for base in kind.__mro__])


@scenario()
def responses_as_programs_make_them(t: Trace) -> None:
    bare = {"status_code": 200, "request_id": "r", "code": "c", "message": "m"}
    for name, output in (
        ("SpeechSynthesisResponse", {"sentence": {"words": []}}),
        ("TextToSpeechResponse", {"finish_reason": "stop", "audio": {"data": "x"}}),
        ("MultiModalConversationResponse", {"finish_reason": "stop", "audio": {"data": "x"}}),
    ):
        made = getattr(dashscope_response, name).from_api_response
        for label, fields in (
            ("full", {**bare, "output": output, "usage": {"characters": 3}}),
            ("empty", bare),
            ("refused", {**bare, "status_code": 400}),
            ("refused with all", {**bare, "status_code": 400, "output": output, "usage": {"characters": 3}}),
        ):
            response = dashscope_response.DashScopeAPIResponse(**fields)
            seen = t.step(f"{name}, {label}", made, response)
            if seen is not None:
                t.note(f"{name}, {label}, in words", [str(seen), repr(seen.output), repr(seen.usage)])
    t.note("audio", repr(dashscope_response.TextToSpeechAudio(1, "i", url="u")))


@scenario()
def responses_by_their_own_methods(t: Trace) -> None:
    audio = dashscope_response.Audio(data="x")
    t.note("getattr", [audio.getattr("data"), audio.getattr("nothing")])
    t.note("setattr", [audio.setattr("more", 1), audio.more, audio["more"]])
    t.note("update", [audio.update(url="u"), audio.url])
    t.note("pop", [audio.pop("url"), audio.pop("url", None)])
    t.step("pop of nothing", audio.pop, "url")
    t.step("attribute of nothing", lambda: audio.url)
    t.note("left", dict(audio))


@scenario()
def realtime_format_as_programs_use_it(t: Trace) -> None:
    member = qwen_tts_realtime.AudioFormat.PCM_24000HZ_MONO_16BIT
    t.note("pickled", pickle.loads(pickle.dumps(member)) is member)
    t.note("by value", qwen_tts_realtime.AudioFormat(member.value) is member)
    t.note("by name", qwen_tts_realtime.AudioFormat["PCM_24000HZ_MONO_16BIT"] is member)
    t.note("members", sorted(qwen_tts_realtime.AudioFormat.__members__))
    t.step("wrong value", qwen_tts_realtime.AudioFormat, ("pcm", 1, "mono", "16bit", "pcm16"))


@scenario()
def callbacks_that_do_nothing(t: Trace) -> None:
    sambert = tts.ResultCallback()
    t.note("sambert", [sambert.on_open(), sambert.on_complete(), sambert.on_error(None), sambert.on_event(None)])
    t.note("sambert at the end", sambert.on_close())
    realtime = qwen_tts_realtime.QwenTtsRealtimeCallback()
    t.note("realtime", [realtime.on_open(), realtime.on_event({}), realtime.on_close(1000, "bye")])


@scenario()
def results_as_programs_make_them(t: Trace) -> None:
    made = t.step("sambert", tts.SpeechSynthesisResult, b"f", b"d", {"a": 1}, [{"a": 1}], "response")
    t.note("sambert getters", [made.get_audio_frame(), made.get_audio_data(), made.get_timestamp(),
                               made.get_timestamps(), made.get_response()])  # fmt: skip
    t.step("http", http_tts.HttpSpeechSynthesisResult)
    t.step("constructed", tts.SpeechSynthesizer)
    t.note("hot fix", HotFix(pronunciation=[{"a": "b"}], replace=None).to_dict())
    t.note("empty hot fix", HotFix().to_dict())
    t.note("hot fixes are equal", HotFix() == HotFix())
    t.note("hot fix as text", repr(HotFix(replace=[{"a": "b"}])))
