"""``say``: how, and by whom."""

from __future__ import annotations

import os

import pytest

from ..local.client import pcm, rms
from .command import CLOSING_LINE, KEY, ROOT, assert_error, samples_of, seconds_of


def test_options_reach_the_service(run):
    text = "The tide comes in, and the tide goes out."
    normal = run("say", text, "--format", "pcm")
    slow = run("say", text, "--format", "pcm", "--rate", "0.5")
    quiet = run("say", text, "--format", "pcm", "--volume", "10", "--pitch", "1.5", "--seed", "7", "--timeout", "50")
    assert seconds_of(slow) > 1.5 * seconds_of(normal)
    assert rms(pcm(quiet.stdout)) < 0.5 * rms(pcm(normal.stdout))
    other = run("say", text, "--format", "pcm", "--voice", "longxiaochun_v2", "--model", "cosyvoice-v2")
    assert other.stdout != normal.stdout
    instructed = run("say", text, "--format", "pcm", "--instruction", "Speak very slowly.", "--language", "en")
    assert seconds_of(instructed) > 1.1 * seconds_of(normal)
    assert run("say", text, "--workspace", "ws-1").returncode == 0


def test_ssml_is_interpreted_and_plain_text_with_angle_brackets_is_not(run):
    plain = run("say", "One. Two.", "--format", "pcm")
    paused = run("say", '<speak>One.<break time="2s"/>Two.</speak>', "--format", "pcm")
    assert seconds_of(paused) > seconds_of(plain) + 1.5
    assert run("say", "a < b & c", "--format", "pcm").returncode == 0


def test_a_text_longer_than_one_message_is_sent_in_fragments(run):
    # The service refuses a single message of more than 20,000 counted characters.
    result = run("say", "-", "--format", "pcm", "--rate", "2", text=("。" * 20_500 + "好").encode())
    assert 0 < seconds_of(result) < 60


def test_without_a_key_the_local_service_speaks_and_it_is_said(run):
    result = run("say", "Hello.", "-o", "a.mp3", without=("DASHSCOPE_API_KEY", "DASHSCOPE_WEBSOCKET_BASE_URL"))
    first, _, rest = result.stderr.partition("\n")
    assert first == "dashscope-tts: no API key found, so the local service speaks (espeak-ng)."
    assert CLOSING_LINE.fullmatch(rest)
    samples_of(run.folder / "a.mp3")


def test_local_asks_for_no_key_and_goes_through_no_proxy(run):
    result = run("say", "Hello.", "--local", "-o", "a.mp3", without=("DASHSCOPE_API_KEY",),
                 http_proxy="http://127.0.0.1:1", no_proxy="example.com")  # fmt: skip
    assert CLOSING_LINE.fullmatch(result.stderr)


@pytest.mark.parametrize(
    ("more", "text"),
    [((), 'pip install "dashscope_tts[local]"'), (("--local",), "--local needs more packages")],
    ids=["fallback", "asked for"],
)
def test_without_key_and_extra_it_says_what_to_do(run, tmp_path, more, text):
    (tmp_path / "uvicorn.py").write_text("raise ImportError")
    result = run("say", "Hello.", "-o", "a.mp3", *more, PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}",
                 without=("DASHSCOPE_API_KEY", "DASHSCOPE_WEBSOCKET_BASE_URL"))  # fmt: skip
    assert_error(result, text)


def test_a_service_that_was_named_is_not_replaced_by_another(run, strict_service):
    for arguments, without in (((), ()), (("--url", strict_service.url), ("DASHSCOPE_WEBSOCKET_BASE_URL",))):
        result = run("say", "Hello.", "-o", "a.mp3", *arguments, without=("DASHSCOPE_API_KEY", *without))
        assert_error(result, "no API key: set DASHSCOPE_API_KEY")


def test_a_key_may_come_from_the_option_or_a_file(run, tmp_path):
    (tmp_path / "home" / ".dashscope").mkdir(parents=True)
    (tmp_path / "home" / ".dashscope" / "api_key").write_text(KEY)
    assert run("say", "Hello.", without=("DASHSCOPE_API_KEY",)).returncode == 0
    assert run("say", "Hello.", "--api-key", KEY, DASHSCOPE_API_KEY="wrong").returncode == 0
