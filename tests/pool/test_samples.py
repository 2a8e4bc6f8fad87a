"""The samples of the pool do what they say, on the local service."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from .waiting import eventually

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"


def environment() -> dict[str, str]:
    """That of a user without a key or a proxy."""
    kept = {
        name: value for name, value in os.environ.items()
        if not name.startswith("DASHSCOPE_") and not name.lower().endswith("_proxy")
    }  # fmt: skip
    return {**kept, "PYTHONPATH": str(ROOT)}


def run(sample: str, folder: Path) -> str:
    result = subprocess.run(
        [sys.executable, str(SAMPLES / sample), "--local"],
        cwd=folder, env=environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def test_the_pooled_program_speaks_six_texts_on_three_connections(tmp_path: Path) -> None:
    said = run("pooled_synthesis.py", tmp_path)
    assert "6 tasks, 3 connections" in said
    files = sorted(tmp_path.glob("pooled_synthesis_*.mp3"))
    assert len(files) == 6
    assert all(file.stat().st_size > 5000 for file in files)


def test_the_streaming_worker_is_cut_short_and_speaks_on(tmp_path: Path) -> None:
    said = run("streaming_worker.py", tmp_path)
    assert re.search(r"cut short after \d+\.\d s of audio", said)
    assert "2 turns on 2 connections, none lost: True" in said
    with wave.open(str(tmp_path / "streaming_worker.wav")) as file:
        assert file.getnframes() / file.getframerate() > 1


@pytest.fixture(scope="module")
def web_worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the web worker, running."""
    pytest.importorskip("flask", reason="the web worker needs Flask")
    with subprocess.Popen(
        [sys.executable, str(SAMPLES / "web_worker" / "app.py"), "--local", "--port", "0"],
        cwd=tmp_path_factory.mktemp("web"), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        yield process.stdout.readline().partition("/speech")[0]
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


def get(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def speech(web_worker: str, text: str, **more: str) -> tuple[int, bytes]:
    return get(f"{web_worker}/speech?{urllib.parse.urlencode({'text': text, **more})}")


def stats(web_worker: str) -> dict[str, int]:
    figures: dict[str, int] = json.loads(get(f"{web_worker}/stats")[1])
    return figures


def test_the_web_worker_speaks_to_many_at_a_time_on_the_same_connections(web_worker: str) -> None:
    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(lambda number: speech(web_worker, f"This is number {number}."), range(16)))
    assert [status for status, _ in answers] == [200] * 16
    assert all(len(audio) > 3000 for _, audio in answers)
    assert len({audio for _, audio in answers}) == 16
    eventually(lambda: stats(web_worker)["available"] == 20, 5, lambda: stats(web_worker))
    assert stats(web_worker)["opened"] == 20


def test_the_web_worker_tells_of_a_bad_request(web_worker: str) -> None:
    status, answer = speech(web_worker, "")
    assert status == 400
    assert json.loads(answer)["error"]


def test_the_web_worker_tells_of_a_failed_task_and_speaks_on(web_worker: str) -> None:
    status, answer = speech(web_worker, "<speak>Good <b>morning</speak>")
    assert status == 502
    assert json.loads(answer)["error"]
    assert speech(web_worker, "Good morning.")[0] == 200
    eventually(lambda: stats(web_worker)["available"] == 20, 5, lambda: stats(web_worker))


def test_the_web_worker_survives_a_client_that_goes_away(web_worker: str) -> None:
    text = urllib.parse.urlencode({"text": "The sea is calm tonight. " * 60})
    with urllib.request.urlopen(f"{web_worker}/speech?{text}", timeout=30) as answer:
        assert answer.read(100)
    eventually(lambda: stats(web_worker)["available"] == 20, 20, lambda: stats(web_worker))
    assert speech(web_worker, "Good morning.")[0] == 200
