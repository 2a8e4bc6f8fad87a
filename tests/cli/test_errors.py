"""What goes wrong: one line, a status, and nothing left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess

import pytest

from .command import COMMAND, assert_error, posix, wait_until


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["", "-o", "a.mp3"], "there is no text to say"),
        ([" \n", "-o", "a.mp3"], "there is no text to say"),
        (["-", "-o", "a.mp3"], "there is no text to say"),
        (["。。。", "-o", "a.mp3"], "no audio for this text"),
        (["Hello.", "-o", "a.mp3", "--rate", "3"], "--rate is 3.0; it must be a number from 0.5 to 2.0"),
        (["Hello.", "-o", "a.mp3", "--pitch", "0"], "--pitch is 0.0; it must be a number from 0.5 to 2.0"),
        (["Hello.", "-o", "a.mp3", "--volume", "101"], "--volume is 101; it must be a number from 0 to 100"),
        (["Hello.", "-o", "a.mp3", "--seed", "-1"], "--seed is -1; it must be a number from 0 to 65535"),
        (["Hello.", "-o", "a.opus", "--sample-rate", "22050"], "opus comes with 8000, 16000, 24000, 48000 Hz"),
        (["Hello.", "-o", "a.flac"], "the suffix .flac is not known, so give --format, or one of .mp3, .wav, .pcm"),
        (["Hello.", "-o", "a"], "the name has no suffix"),
        (["Hello.", "-o", "a.mp3", "--format", "wav"], "a .mp3 file cannot hold wav"),
        (["Hello.", "-o", "missing/a.mp3"], "missing/a.mp3: No such file or directory"),
        (["Hello.", "-o", "a.mp3", "--voice", "nobody"], "418"),
        (["Hello.", "-o", "a.mp3", "--model", "nothing"], "Model not exist"),
        (["<speak>Hello", "-o", "a.mp3"], "SSML text is invalid"),
        (["Hello.", "-o", "a.mp3", "--api-key", "wrong-key"], "HTTP 401, InvalidApiKey"),
        (["Hello.", "-o", "a.mp3", "--url", "ws://127.0.0.1:{closed_port}/"], "connection refused (127.0.0.1:"),
        (["Hello.", "-o", "a.mp3", "--url", "ws://host.invalid/"], "the host name cannot be resolved (host.invalid)"),
        (["Hello. " * 2000, "-o", "a.mp3", "--timeout", "0.3"], "was not complete within 0.3 s"),
    ],
)
def test_an_error_is_one_line_and_leaves_no_file(run, arguments, text):
    result = run("say", *(argument.replace("{closed_port}", str(closed_port())) for argument in arguments))
    assert_error(result, text)
    assert "wrong-key" not in result.stderr
    assert os.listdir(run.folder) == []


def test_a_file_that_cannot_be_written_is_found_out_before_anything_is_sent(run, strict_service):
    before = strict_service.stats()
    (run.folder / "folder.mp3").mkdir()
    for path in ("folder.mp3", "missing/a.mp3"):
        assert run("say", "Hello.", "-o", path).returncode == 1
    assert strict_service.stats() == before


def test_standard_input_must_be_text(run):
    assert_error(run("say", "-", "-o", "a.mp3", text=b"\xff\xfe\x00"), "not UTF-8")


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["shout"], ["say"], ["say", "a", "b"], ["say", "a", "--rate", "fast"], ["say", "a", "--timeout", "0"],
        ["say", "a", "--local", "--url", "ws://x"], ["say", "a", "--url", "http://x"], ["serve", "--port", "99999"],
        ["say", "a", "--format", "flac"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_wrong_usage_is_explained_with_status_2(run, arguments):
    result = run(*arguments)
    assert (result.returncode, result.stdout) == (2, b"")
    assert result.stderr.startswith("usage: ")


@posix
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_it_leaves_no_half_file(environment, tmp_path, number, status):
    process = subprocess.Popen(
        [*COMMAND, "say", "Hello, and once more. " * 800, "-o", "long.wav"],
        cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    with process:
        wait_until(lambda: any(path.stat().st_size > 1000 for path in tmp_path.glob(".dashscope-tts-*")))
        process.send_signal(number)
        assert process.stderr.read() == b""
        assert process.wait(10) == status
    assert list(tmp_path.iterdir()) == []
