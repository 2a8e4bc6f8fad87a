"""Keys, addresses, workspaces and headers of the calls by HTTP."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import dashscope
from dashscope import MultiModalConversation
from dashscope.audio.http_tts import HttpSpeechSynthesizer
from dashscope.audio.qwen_tts import SpeechSynthesizer as QwenTts
from dashscope.audio.tts_v2 import VoiceEnrollmentService

from ..http_client import SPOKEN, add
from ..trace import Trace

_CALLS: dict[str, Callable[[], Any]] = {
    "http": lambda: HttpSpeechSynthesizer.call(**SPOKEN).status_code,
    "qwen": lambda: QwenTts.call(**SPOKEN).status_code,
    "conversation": lambda: MultiModalConversation.call(**SPOKEN).status_code,
    "voices": lambda: VoiceEnrollmentService().delete_voice("v"),
}


def _all(t: Trace, label: str = "") -> None:
    for name, call in _CALLS.items():
        t.step(f"{name}{label}", call)


def _without_a_key(t: Trace) -> None:
    dashscope.api_key = None
    _all(t)


def _empty_key(t: Trace) -> None:
    dashscope.api_key = ""
    _all(t)


def _keys_of_files(t: Trace) -> None:
    path = os.path.join(os.path.expanduser("~"), "key-of-http")
    with open(path, "w", encoding="utf-8") as file:
        file.write(" sk-of-a-file\n")
    dashscope.api_key, dashscope.api_key_file_path = None, path
    try:
        _all(t)
        dashscope.api_key_file_path = None
        dashscope.save_api_key("sk-of-the-home")
        _all(t, " with the home")
    finally:
        dashscope.api_key_file_path = None
        os.remove(os.path.expanduser("~/.dashscope/api_key"))


def _with(variable: str, value: str) -> Callable[[Trace], None]:
    def program(t: Trace) -> None:
        os.environ[variable] = value
        try:
            _all(t)
        finally:
            del os.environ[variable]

    return program


def _a_workspace_is_missing(t: Trace) -> None:
    dashscope.base_http_api_url = "http://{workspace_id}.example/api/v1"
    _all(t)


def _workspaces(t: Trace) -> None:
    t.step("http", lambda: HttpSpeechSynthesizer.call(**SPOKEN, workspace="ws-1").status_code)
    t.step("qwen", lambda: QwenTts.call(**SPOKEN, workspace="ws-1").status_code)
    t.step("conversation", lambda: MultiModalConversation.call(**SPOKEN, workspace="ws-1").status_code)
    t.step("voices", lambda: VoiceEnrollmentService(workspace="ws-1").delete_voice("v"))


def _headers_that_override(t: Trace) -> None:
    headers = {"user-agent": "mine", "Accept": "x/y", "authorization": "bearer mine", "X-DashScope-WorkSpace": "w"}
    t.step("qwen", lambda: QwenTts.call(**SPOKEN, headers=headers).status_code)
    t.step("conversation", lambda: MultiModalConversation.call(**SPOKEN, headers=headers).status_code)
    t.step("voices", lambda: VoiceEnrollmentService(headers=headers).delete_voice("v"))
    t.note("headers are unchanged", headers)


def _slash_behind_the_address(t: Trace) -> None:
    dashscope.base_http_api_url += "/"
    _all(t)


def _a_generator_left_early(t: Trace) -> None:
    for name, function in (("http", HttpSpeechSynthesizer.call), ("qwen", QwenTts.call)):
        results = function(**SPOKEN, stream=True)
        t.note(f"{name} kind", type(results).__name__)
        t.step(f"{name} first", lambda results=results: type(next(results)).__name__)
        t.step(f"{name} closed", results.close)
        t.step(f"{name} next", lambda results=results: next(results, "over"))


add("without a key", "qwen", _without_a_key)
add("empty key", "qwen", _empty_key)
add("keys of files", "qwen", _keys_of_files)
add("without the sdk headers", "qwen", _with("DASHSCOPE_DISABLE_SDK_HEADERS", "1"))
add("data inspection", "qwen", _with("DASHSCOPE_DISABLE_DATA_INSPECTION", "false"))
add("a workspace is missing", "qwen", _a_workspace_is_missing)
add("workspaces", "qwen", _workspaces)
add("headers that override", "qwen", _headers_that_override)
add("slash behind the address", "qwen", _slash_behind_the_address)
add("a generator left early", "stream", _a_generator_left_early)
