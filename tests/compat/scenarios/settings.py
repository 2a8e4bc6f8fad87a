"""The settings of the package: attributes, environment, key files, regions, logging."""

from __future__ import annotations

import logging
import os
from typing import Any

import dashscope
from dashscope.audio.tts_v2 import SpeechSynthesizer

from ..registry import scenario
from ..speaking import KEY, recorder, speaker
from ..trace import Trace

_SETTINGS = (
    "api_key", "api_key_file_path", "base_http_api_url", "base_websocket_api_url", "base_compatible_api_url",
)  # fmt: skip
_WORKSPACE_HOST = {"DASHSCOPE_API_REGION": "ap-southeast-1"}


def _note_settings(t: Trace, when: str = "") -> None:
    for name in _SETTINGS:
        t.note(f"{when}{name}", getattr(dashscope, name, "(missing)"))


def _speak(t: Trace, label: str, **kwargs: Any) -> None:
    t.step(label, lambda: SpeechSynthesizer(model="cosyvoice-v3-flash", voice="longanyang", **kwargs).call("text"))


@scenario(alone=True)
def settings_by_default(t: Trace) -> None:
    _note_settings(t)
    _speak(t, "without a key", url=t.url)


@scenario(environment={"DASHSCOPE_API_KEY": KEY})
def key_from_the_environment(t: Trace) -> None:
    _note_settings(t)
    _speak(t, "call", url=t.url)


@scenario(environment={"DASHSCOPE_API_KEY": ""})
def empty_key_in_the_environment(t: Trace) -> None:
    t.note("api_key", dashscope.api_key)
    _speak(t, "call", url=t.url)


@scenario(environment={"DASHSCOPE_API_KEY": KEY, "DASHSCOPE_API_KEY_FILE_PATH": "<home>/key-file"})
def environment_with_everything(t: Trace) -> None:
    _note_settings(t)


@scenario(
    environment={
        "DASHSCOPE_HTTP_BASE_URL": "https://http.example/api",
        "DASHSCOPE_WEBSOCKET_BASE_URL": "<server>/plain/by-environment/inference",
        "DASHSCOPE_COMPATIBLE_BASE_URL": "https://compatible.example/v1",
    }
)
def base_urls_from_the_environment(t: Trace) -> None:
    _note_settings(t)
    dashscope.api_key = KEY
    synthesizer = SpeechSynthesizer(model="cosyvoice-v3-flash", voice="longanyang")
    t.step("call", synthesizer.call, "text")
    t.note("url", synthesizer.url)


@scenario(environment=_WORKSPACE_HOST)
def region_from_the_environment(t: Trace) -> None:
    _note_settings(t)
    dashscope.api_key = KEY
    _speak(t, "without a workspace")
    t.step("with a workspace", lambda: SpeechSynthesizer("m", "v", workspace="ws-1").url)
    t.step("with a bad workspace", lambda: SpeechSynthesizer("m", "v", workspace="a b").url)


@scenario(environment={**_WORKSPACE_HOST, "DASHSCOPE_WORKSPACE_ID": "ws-env", "DASHSCOPE_API_VERSION": "v9"})
def region_workspace_and_version_from_the_environment(t: Trace) -> None:
    _note_settings(t)
    dashscope.api_key = KEY
    t.step("url", lambda: SpeechSynthesizer("m", "v").url)
    t.step("url with another workspace", lambda: SpeechSynthesizer("m", "v", workspace="ws-1").url)


@scenario(environment={"DASHSCOPE_API_REGION": "mars-1", "DASHSCOPE_WORKSPACE_ID": "ws-env"})
def unknown_region_from_the_environment(t: Trace) -> None:
    _note_settings(t)


@scenario(environment={"DASHSCOPE_API_REGION": "cn-beijing", "DASHSCOPE_WORKSPACE_ID": "ws-env"})
def home_region_from_the_environment(t: Trace) -> None:
    _note_settings(t)


@scenario(alone=True)
def base_url_set_by_the_program(t: Trace) -> None:
    dashscope.api_key = KEY
    dashscope.base_websocket_api_url = t.url
    _speak(t, "call")
    dashscope.base_websocket_api_url = "wss://{workspace_id}.example/inference"
    t.step("with a workspace", lambda: SpeechSynthesizer("m", "v", workspace="ws-1").url)
    t.step("without a workspace", lambda: SpeechSynthesizer("m", "v").url)
    with_a_field = "wss://{workspace_id}/x"
    t.step("url with a field", lambda: SpeechSynthesizer("m", "v", url=with_a_field, workspace="ws-1").url)


@scenario(alone=True)
def key_changed_after_construction(t: Trace) -> None:
    first = speaker(t)
    dashscope.api_key = "sk-another"
    t.step("call", first.call, "text")


@scenario(alone=True)
def regions_set_by_the_program(t: Trace) -> None:
    regions = ("cn-beijing", "ap-southeast-1", "us-east-1", "cn-hongkong", "eu-central-1", "ap-northeast-1")
    for region in regions:
        t.step(f"set {region}", dashscope.set_region, region, "ws-1")
        _note_settings(t, f"{region}: ")
    t.step("by name", dashscope.set_region, region="us-east-1", workspace_id="Ab_9-x")
    _note_settings(t, "by name: ")


@scenario(alone=True)
def regions_that_are_refused(t: Trace) -> None:
    t.step("unknown", dashscope.set_region, "mars-1", "ws-1")
    t.step("empty", dashscope.set_region, "", "ws-1")
    t.step("no workspace", dashscope.set_region, "us-east-1")
    t.step("empty workspace", dashscope.set_region, "us-east-1", "")
    t.step("bad workspace", dashscope.set_region, "us-east-1", "a b")
    t.step("workspace that begins badly", dashscope.set_region, "us-east-1", "-a")
    t.step("long workspace", dashscope.set_region, "us-east-1", "a" * 65)
    _note_settings(t)
    t.signature("set_region", dashscope.set_region)


@scenario(environment={"DASHSCOPE_WORKSPACE_ID": "ws-env"})
def region_with_the_workspace_of_the_environment(t: Trace) -> None:
    t.step("set", dashscope.set_region, "us-east-1")
    _note_settings(t)


@scenario(alone=True)
def key_saved_to_the_home(t: Trace) -> None:
    t.step("save", dashscope.save_api_key, " sk-saved\n")
    path = os.path.expanduser("~/.dashscope/api_key")
    with open(path, encoding="utf-8") as file:
        t.note("content", file.read())
    t.step("save over it", dashscope.save_api_key, "sk-2")
    with open(path, encoding="utf-8") as file:
        t.note("content afterwards", file.read())
    t.note("readable by others", bool(os.stat(path).st_mode & 0o077))
    t.note("api_key", dashscope.api_key)
    _speak(t, "call", url=t.url)


@scenario(alone=True)
def key_saved_to_a_path(t: Trace) -> None:
    path = os.path.join(os.path.expanduser("~"), "folder", "key")
    t.step("save", dashscope.save_api_key, "sk-saved", path)
    with open(path, encoding="utf-8") as file:
        t.note("content", file.read())
    dashscope.api_key_file_path = path
    _speak(t, "call", url=t.url)
    t.signature("save_api_key", dashscope.save_api_key)


@scenario(alone=True)
def key_set_in_the_environment_after_the_import(t: Trace) -> None:
    os.environ["DASHSCOPE_API_KEY"] = KEY
    _speak(t, "call", url=t.url)


# -- logging


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name} {record.levelname} {record.getMessage()}")


def _handlers(logger: logging.Logger) -> list[Any]:
    return [
        [type(handler).__name__, getattr(handler.formatter, "_fmt", None)]
        for handler in logger.handlers
        if not isinstance(handler, (_Lines, logging.NullHandler))
    ]


def _log_of_a_call(t: Trace) -> None:
    lines = _Lines()
    logger = logging.getLogger("dashscope")
    t.note("level", logging.getLevelName(logger.level))
    t.note("handlers", _handlers(logger))
    logger.addHandler(lines)
    t.step("call", speaker(t, recorder(t)).call, "text")
    t.wait_for_close()
    found = [line for line in lines.lines if ">>>send" in line or "<<<recv" in line]
    t.note("lines of the wire", found)
    delays = [line for line in lines.lines if "first package delay" in line]
    t.note("lines of the delay", [" ".join(line.split()[:-1]) for line in delays])
    t.note("errors", [line for line in lines.lines if " ERROR TaskFailed" in line])


@scenario(environment={"DASHSCOPE_LOGGING_LEVEL": "debug"})
def log_at_level_debug(t: Trace) -> None:
    _log_of_a_call(t)


@scenario(environment={"DASHSCOPE_LOGGING_LEVEL": "info"})
def log_at_level_info(t: Trace) -> None:
    _log_of_a_call(t)


@scenario(environment={"DASHSCOPE_LOGGING_LEVEL": "nonsense"})
def log_at_an_unknown_level(t: Trace) -> None:
    logger = logging.getLogger("dashscope")
    t.note("level", logging.getLevelName(logger.level))
    t.note("handlers", _handlers(logger))


@scenario(alone=True)
def log_without_a_level(t: Trace) -> None:
    _log_of_a_call(t)


@scenario("failed-at-finish", environment={"DASHSCOPE_LOGGING_LEVEL": "debug"})
def log_of_a_failure(t: Trace) -> None:
    _log_of_a_call(t)
