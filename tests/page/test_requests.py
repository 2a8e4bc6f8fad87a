"""The settings, the file, and the lines that ask for the same."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import pytest
import requests

from ..cli.command import COMMAND, ROOT, posix
from ..local.client import WAIT
from ..operation.asking import ask, speech

TEXT = "It's \"quoted\" \\ 你好 $HOME."


def file_of_the_api(service, text, **given) -> bytes:
    told = speech(service, text, **given).json()
    return requests.get(told["output"]["audio"]["url"], timeout=WAIT).content


@pytest.mark.parametrize("format", ["mp3", "wav", "opus", "pcm"])
def test_the_file_equals_what_the_api_gives(visit, service, format):
    visitor = visit(service)
    visitor.type(TEXT)
    visitor.page.select_option("#format", format)
    name, audio = visitor.download()
    assert name == f"speech.{format}"
    assert len(audio) > 3000
    assert audio == file_of_the_api(service, TEXT, format=format, sample_rate=24000)
    assert visitor.told("status") == f"The file {name} is there, {len(audio) / 1000:.1f} kB."


def choose_everything(visitor) -> dict[str, object]:
    """Sets all there is to set; returns the same for the API."""
    visitor.page.select_option("#model", "cosyvoice-v2")
    visitor.page.select_option("#voice", "longxiaochun_v2")
    visitor.page.select_option("#format", "wav")
    visitor.set_number("rate", 1.25)
    visitor.set_number("pitch", 0.8)
    visitor.set_number("volume", 70)
    visitor.page.fill("#instruction", "speak slowly, it's late")
    visitor.type(TEXT)
    return {
        "voice": "longxiaochun_v2", "format": "wav", "sample_rate": 24000, "rate": 1.25, "pitch": 0.8, "volume": 70,
        "instruction": "speak slowly, it's late",
    }  # fmt: skip


def test_all_settings_reach_the_service(visit, service):
    visitor = visit(service)
    given = choose_everything(visitor)
    audio = visitor.download()[1]
    body = {"model": "cosyvoice-v2", "input": {"text": TEXT, **given}}
    header = {"Authorization": "Bearer any"}
    told = ask(service, "POST", "api/v1/services/audio/tts/SpeechSynthesizer", json=body, headers=header).json()
    assert audio == requests.get(told["output"]["audio"]["url"], timeout=WAIT).content
    for name, other in {"voice": "longwan_v2", "rate": 1.2, "pitch": 0.9, "volume": 71, "instruction": ""}.items():
        assert audio != file_of_the_api(service, TEXT, **{**given, name: other}), name
    # And so they do when it is heard.
    visitor.speak(TEXT)
    assert visitor.samples.tobytes() == audio[44:]


def test_the_voices_are_those_of_the_model(visit, service):
    visitor = visit(service)
    names = "[...document.querySelectorAll('#voice optgroup option')].map((one) => one.value)"
    assert "longanyang" in visitor.page.evaluate(names)
    visitor.page.select_option("#model", "cosyvoice-v1")
    listed = visitor.page.evaluate(names)
    assert "longxiaochun" in listed
    assert not any(name == "longanyang" or name.endswith(("_v2", "_v3")) for name in listed)


@pytest.mark.parametrize("everything", [False, True], ids=["as it is", "all settings"])
def test_the_python_lines_make_the_same_file(visit, service, tmp_path, everything):
    visitor = visit(service)
    visitor.type(TEXT)
    if everything:
        choose_everything(visitor)
        visitor.page.select_option("#format", "mp3")
    code = visitor.page.text_content("#python")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True, timeout=60)
    assert (tmp_path / "speech.mp3").read_bytes() == visitor.download()[1]


@posix
@pytest.mark.parametrize("everything", [False, True], ids=["as it is", "all settings"])
def test_the_shell_lines_make_the_same_file(visit, service, tmp_path, everything):
    visitor = visit(service)
    visitor.type(TEXT)
    if everything:
        choose_everything(visitor)
    lines = visitor.page.text_content("#shell").replace("dashscope-tts", shlex.join(COMMAND), 1)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(["sh", "-c", lines], cwd=tmp_path, env=environment, check=True, timeout=60, capture_output=True)
    name, audio = visitor.download()
    assert (tmp_path / name).read_bytes() == audio


@pytest.mark.parametrize("name", ["python", "shell"])
def test_the_lines_are_copied_with_one_click(visit, service, name):
    visitor = visit(service)
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.type(TEXT)
    visitor.page.click(f"#copy-{name}")
    visitor.page.wait_for_selector(f"#copy-{name} >> text=Copied")
    assert visitor.page.evaluate("navigator.clipboard.readText()") == visitor.page.text_content(f"#{name}")


def test_the_lines_do_not_hold_the_key(visit, start):
    visitor = visit(start(api_key="sk-of-the-page"))
    visitor.page.fill("#key", "sk-of-the-page")
    for name in ("python", "shell"):
        lines = visitor.page.text_content(f"#{name}")
        assert "sk-of-the-page" not in lines
        assert "DASHSCOPE_API_KEY" in lines
