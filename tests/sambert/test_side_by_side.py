"""The official package and ours play the same scenarios; what differs is listed here, with the reason."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .scenarios import SCENARIOS

pytestmark = pytest.mark.oracle

_FAILS = "callbacks, told, response, result, raised"
_CAUSE = "the message names the cause, the code is our error's name, and request_id is the task's"
_CLOSE_COMES = "a callback that raises takes no other callback with it: on_close comes, then the exception"
_NO_CRASH = "the official package raises KeyError('sentence') into the caller"
_NEWER = "a client must outlive a service that says more, or less, than it did"

# scenario -> the fields that differ, and why.
DIFFERENCES: dict[str, tuple[str, str]] = {
    "http_401_with_a_reason": ("told, response", "the service's own reason stands behind the official text"),
    "http_429": ("told, response", "the service's own reason and its request_id are kept"),
    "nobody_listens": ("told, response", "the message names the cause, and no TLS where there is none"),
    "dropped": ("told, response", _CAUSE),
    "closed": ("told, response", _CAUSE + "; the close code and reason are in the message"),
    "not_json": ("told, response", _CAUSE),
    "audio_too_early": ("told, response", _CAUSE),
    "finished_at_once": ("callbacks, told, response", _NEWER + ": a task that is over is over"),
    "an_unknown_event": ("callbacks, told, response", _NEWER),
    "output_is_empty": (_FAILS, _NO_CRASH),
    "result_without_a_sentence": (_FAILS, _NO_CRASH),
    "output_has_a_sentence": ("response", "the official package has no response then"),
    "payload_is_empty": ("response", "the official package has no response then"),
    "half_a_surrogate": (_FAILS + ", requests", "sent as the escape that JSON has for it"),
    "on_open_raises": ("callbacks, told", _CLOSE_COMES),
    "on_event_raises": ("callbacks, told", _CLOSE_COMES),
    "on_complete_raises": ("callbacks, told", _CLOSE_COMES),
    "on_error_raises": ("callbacks, told", _CLOSE_COMES),
}
_OWN_HEADERS = {"accept", "accept-encoding", "user-agent", "x-dashscope-sdk-client", "x-dashscope-sdk-session-id"}


@pytest.fixture(scope="module")
def traces(recording, tmp_path_factory):
    """package -> scenario -> trace."""
    found = {}
    for package in ("dashscope", "dashscope_tts"):
        for name, scenario in SCENARIOS.items():
            if isinstance(scenario.script, int):
                recording.refuse(scenario.script, scenario.body, at=f"{package}-{name}")
            else:
                recording.play(*scenario.script, at=f"{package}-{name}")
        unwanted = ("DASHSCOPE", "HTTP_PROXY", "ALL_PROXY")
        environment = {key: value for key, value in os.environ.items() if not key.upper().startswith(unwanted)}
        environment["HOME"] = str(tmp_path_factory.mktemp("home"))  # no key file there
        done = subprocess.run(
            [sys.executable, "-m", "tests.sambert.runner", package, recording.address],
            cwd=Path(__file__).parents[2], env=environment, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        if package == "dashscope" and "No module named 'dashscope'" in done.stderr:
            pytest.skip("the official package is not installed")
        assert done.returncode == 0, done.stderr
        found[package] = json.loads(done.stdout)
        for name in SCENARIOS:
            route = recording.routes[f"{package}-{name}"]
            found[package][name]["requests"] = [without_ids(text) for text in route.requests]
            found[package][name]["headers"] = [header_names(headers) for headers in route.headers]
    return found


def without_ids(text: str) -> str:
    task_id = json.loads(text)["header"]["task_id"]
    assert len(task_id) == 32
    return text.replace(task_id, "<id>")


def header_names(headers: dict[str, str]) -> dict[str, str]:
    known = {name.lower(): value for name, value in headers.items()}
    kept = {name: value for name, value in known.items() if not name.startswith("sec-")}
    # Their values name the package and its process; that they are there, or not, is to be the same.
    same = {name: "<own>" if name in _OWN_HEADERS else value for name, value in kept.items()}
    for name in ("accept", "accept-encoding", "origin", "host"):
        same.pop(name, None)  # of the WebSocket library
    same["connection"] = same.get("connection", "").lower()
    return same


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_same_as_the_official_package(traces, name):
    official, ours = traces["dashscope"][name], traces["dashscope_tts"][name]
    differs = {field for field in official if official[field] != ours[field]}
    listed = set(DIFFERENCES[name][0].split(", ")) if name in DIFFERENCES else set()
    for field in differs - listed:
        pytest.fail(f"{field}\n  official: {official[field]}\n  ours:     {ours[field]}")
    if listed:
        assert differs, "listed as different, and the same"


def test_every_callback_comes_on_the_callers_thread(traces):
    for package in traces.values():
        for name, trace in package.items():
            assert trace["threads"] in (["C"], []), name


def test_ours_closes_in_every_scenario_that_opened(traces):
    for name, trace in traces["dashscope_tts"].items():
        if "on_open" in trace["callbacks"]:
            assert trace["callbacks"][-1] == "on_close", name
            assert trace["callbacks"].count("on_close") == 1, name
            assert trace["callbacks"].count("on_error") <= 1, name


def test_both_speak_with_the_local_service_alike(service):
    program = """
import sys, json, importlib
package = importlib.import_module(sys.argv[1])
tts = importlib.import_module(sys.argv[1] + ".audio.tts")
result = tts.SpeechSynthesizer.call(model="sambert-zhijia-v1", text="今天天气怎么样。Hello there!", api_key="k",
    base_address=sys.argv[2], sample_rate=16000, word_timestamp_enabled=True, phoneme_timestamp_enabled=True)
response = result.get_response()
print(json.dumps([result.get_audio_data().hex(), result.get_timestamps(), response.status_code, response.usage]))
"""
    heard: list[Any] = []
    for package in ("dashscope", "dashscope_tts"):
        done = subprocess.run(
            [sys.executable, "-c", program, package, service.url],
            cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        if "No module named 'dashscope'" in done.stderr:
            pytest.skip("the official package is not installed")
        assert done.returncode == 0, done.stderr
        heard.append(json.loads(done.stdout))
    official, ours = heard
    assert official == ours
    assert len(ours[0]) > 2 * 32_000
    assert ours[2:] == [200, {"characters": 20}]
