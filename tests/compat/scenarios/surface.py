"""Names, signatures, enum members, texts: what can be seen without speaking."""

from __future__ import annotations

import copy
import importlib
import json
import pickle
from types import ModuleType
from typing import Any

import dashscope
from dashscope.api_entities import dashscope_response
from dashscope.api_entities.dashscope_response import SpeechSynthesisResponse
from dashscope.audio import tts_v2
from dashscope.audio.tts_v2 import AudioFormat, ResultCallback, SpeechSynthesizer
from dashscope.common import error
from dashscope.common.error import DashScopeException, RequestFailure

from ..registry import scenario
from ..trace import Trace

_MODULES = (
    "api_entities.dashscope_response", "audio", "audio.asr", "audio.http_tts", "audio.qwen_omni", "audio.qwen_tts",
    "audio.qwen_tts_realtime", "audio.tts", "audio.tts_v2", "audio.tts_v2.enrollment",
    "audio.tts_v2.speech_synthesizer", "common.api_key", "common.base_type", "common.constants", "common.env",
    "common.error", "common.logging", "common.utils", "version",
)  # fmt: skip

_OF_THE_ROOT = (
    "api_key", "api_key_file_path", "base_compatible_api_url", "base_http_api_url", "base_websocket_api_url",
    "save_api_key", "set_region", "SpeechSynthesizer", "HttpSpeechSynthesizer", "MultiModalConversation",
)  # fmt: skip
_RESPONSES = ("DashScopeAPIResponse", "DictMixin", "SpeechSynthesisResponse")
_EXCEPTIONS = (
    "AssistantError", "AsyncTaskCreateFailed", "AuthenticationError", "DashScopeException", "InputDataRequired",
    "InputRequired", "InvalidFileFormat", "InvalidInput", "InvalidModel", "InvalidParameter", "InvalidTask",
    "ModelRequired", "MultiInputsWithBinaryNotSupported", "NotImplemented", "RequestFailure",
    "ServiceUnavailableError", "TimeoutException", "UnexpectedMessageReceived", "UnknownMessageReceived",
    "UnsupportedApiProtocol", "UnsupportedData", "UnsupportedDataType", "UnsupportedHTTPMethod", "UnsupportedModel",
    "UnsupportedTask", "UploadFileException",
)  # fmt: skip


@scenario()
def modules_that_can_be_imported(t: Trace) -> None:
    for name in _MODULES:
        try:
            importlib.import_module(f"dashscope.{name}")
        except ImportError as failure:
            t.note(name, type(failure).__name__)
        else:
            t.note(name, "imported")


def _names(module: ModuleType) -> dict[str, list[str]]:
    """What is defined in a module, and all that it has."""
    defined = [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", "").endswith(module.__name__.partition(".")[2])
    ]
    return {"at least": sorted(defined), "has": sorted(dir(module))}


def _members(kind: Any) -> dict[str, list[str]]:
    """The public attributes of a class or an object."""
    names = sorted(name for name in dir(kind) if not name.startswith("_"))
    return {"at least": names, "has": names}


@scenario()
def names_of_the_synthesizer_module(t: Trace) -> None:
    from dashscope.audio.tts_v2 import speech_synthesizer

    t.fields["names"] = _names(speech_synthesizer)


@scenario()
def names_of_the_package_tts_v2(t: Trace) -> None:
    t.note("__all__", sorted(tts_v2.__all__))
    starred: dict[str, Any] = {}
    exec("from dashscope.audio.tts_v2 import *", starred)
    t.note("import *", sorted(name for name in starred if name != "__builtins__"))


@scenario()
def names_of_the_error_module(t: Trace) -> None:
    t.fields["names"] = _names(error)


@scenario()
def names_of_the_response_module(t: Trace) -> None:
    speech = [name for name in _names(dashscope_response)["at least"] if name in _RESPONSES]
    t.fields["names"] = {"at least": speech, "has": dir(dashscope_response)}


@scenario()
def names_of_the_root(t: Trace) -> None:
    for name in _OF_THE_ROOT:
        t.note(name, hasattr(dashscope, name))


@scenario()
def classes_reached_by_attribute(t: Trace) -> None:
    t.note("synthesizer", dashscope.audio.tts_v2.SpeechSynthesizer is SpeechSynthesizer)
    t.note("version", isinstance(getattr(dashscope, "__version__", None), str))


@scenario()
def methods_of_the_synthesizer(t: Trace) -> None:
    t.signature("SpeechSynthesizer", SpeechSynthesizer)
    for name in (
        "call", "streaming_call", "streaming_flush", "streaming_complete", "async_streaming_complete",
        "streaming_cancel", "close", "get_last_request_id", "get_first_package_delay", "get_response", "on_message",
        "on_error", "on_close",
    ):  # fmt: skip
        t.signature(name, getattr(SpeechSynthesizer, name))
    t.fields["methods"] = _members(SpeechSynthesizer)


@scenario()
def methods_of_the_callback(t: Trace) -> None:
    callback = ResultCallback()
    for name in ("on_open", "on_complete", "on_error", "on_close", "on_event", "on_data"):
        t.signature(name, getattr(ResultCallback, name))
    t.fields["methods"] = _members(ResultCallback)
    t.note("results", [callback.on_open(), callback.on_data(b""), callback.on_event(""), callback.on_error("")])


@scenario()
def methods_of_a_request(t: Trace) -> None:
    from dashscope.audio.tts_v2.speech_synthesizer import Request

    t.fields["methods"] = _members(Request)
    for name in ("get_start_request", "get_continue_request", "get_finish_request", "get_websocket_headers"):
        t.signature(name, getattr(Request, name))


@scenario()
def members_of_the_audio_format(t: Trace) -> None:
    t.note("order", [member.name for member in AudioFormat])
    t.note("aliases", sorted(AudioFormat.__members__))
    for member in AudioFormat:
        parts = [member.format, member.sample_rate, member.channels, member.bit_rate]
        t.note(member.name, [str(member), repr(member), f"{member}", list(member.value), parts])


@scenario()
def audio_format_as_programs_use_it(t: Trace) -> None:
    member = AudioFormat.MP3_22050HZ_MONO_256KBPS
    t.note("pickled", pickle.loads(pickle.dumps(member)) is member)
    t.note("copied", copy.deepcopy(member) is member)
    t.note("by value", AudioFormat(("mp3", 22050, "mono", 256)) is member)
    t.note("by name", AudioFormat["MP3_22050HZ_MONO_256KBPS"] is member)
    t.note("absent", getattr(AudioFormat, "MP3_1HZ_MONO_256KBPS", None))
    t.step("wrong value", AudioFormat, ("mp3", 1, "mono", 256))
    t.note("hashable", len({member: 1, AudioFormat.DEFAULT: 2}))
    t.fields["attributes"] = _members(member)


@scenario()
def exceptions_and_their_bases(t: Trace) -> None:
    for name in _EXCEPTIONS:
        bases = [base.__name__ for base in getattr(error, name).__mro__]
        t.fields[name] = {"at least": bases, "has": bases}


@scenario()
def exceptions_as_programs_make_them(t: Trace) -> None:
    for name in _EXCEPTIONS:
        for arguments in ((), ("text",), ("one", "two")):
            t.step(f"{name}{arguments!r}", _made, getattr(error, name), arguments)


def _made(kind: type, arguments: tuple[str, ...]) -> list[Any]:
    made = kind(*arguments)
    return [str(made), repr(made), list(made.args)]


@scenario()
def request_failure_and_its_fields(t: Trace) -> None:
    by_name = RequestFailure(request_id="r", message="m", name="n", http_code=44)
    by_position = RequestFailure("r", "m", "n", 44)
    empty = RequestFailure()
    for label, failure in (("by name", by_name), ("by position", by_position), ("empty", empty)):
        t.note(f"{label}: fields", [failure.request_id, failure.message, failure.name, failure.http_code])
        t.note(f"{label}: texts", [str(failure), repr(failure)])
        t.note(f"{label}: args", list(failure.args))
    t.note("is one", isinstance(by_name, DashScopeException))
    t.signature("RequestFailure", RequestFailure)


def _response(**kwargs: Any) -> SpeechSynthesisResponse:
    return SpeechSynthesisResponse(status_code=200, request_id="r", output={"a": "文"}, **kwargs)


@scenario()
def speech_synthesis_response(t: Trace) -> None:
    t.signature("SpeechSynthesisResponse", SpeechSynthesisResponse)
    response = t.step("made", _response)
    t.note("str", str(response))
    t.note("repr", repr(response))
    t.note("json", json.dumps(response))
    t.note("keys", list(response))
    t.note("by key", [response["status_code"], response.get("request_id"), "code" in response, len(response)])
    t.note("by attribute", [response.status_code, response.output, response.usage, response.code, response.message])
    t.note("bases", [base.__name__ for base in SpeechSynthesisResponse.__mro__])
    t.step("missing key", lambda: response["missing"])
    t.step("missing attribute", lambda: response.missing)
    t.note("hasattr", hasattr(response, "missing"))
    response.extra = 1
    t.note("set by attribute", [response["extra"], response.extra])
    response["another"] = 2
    t.note("set by key", [response["another"], response.another])
    t.step("del", lambda: delattr(response, "extra"))
    t.note("after del", "extra" in response)
    t.note("equal", _response() == _response())
    t.note("copied", copy.deepcopy(_response()) == _response())
    t.note("copy()", type(_response().copy()).__name__)
    t.step("pickled", lambda: pickle.loads(pickle.dumps(_response())) == _response())
    t.step("with more", lambda: dict(_response(code="c", message="m", usage={"characters": 1})))
    t.step("with unknown", lambda: dict(_response(unknown="u")))
    t.step("without anything", SpeechSynthesisResponse)
