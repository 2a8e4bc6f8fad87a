"""Every sample runs as it stands, and what it writes is speech; so do the programs printed in the README."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .local.client import decode, rms

ROOT = Path(__file__).parent.parent
SAMPLES = sorted((ROOT / "samples").glob("*.py"))
README_PROGRAMS = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
IN_THE_LOCAL_SERVICE = """\
import dashscope_tts.local
with dashscope_tts.local.serve():
    exec(compile({program!r}, "README.md", "exec"), {{"__name__": "__main__"}})
"""


@pytest.fixture
def run(tmp_path):
    """Runs a program in an empty folder of its own, for a user without a key."""

    def run_one(*arguments):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DASHSCOPE_")}
        environment.update(HOME=str(tmp_path / "home"), PYTHONPATH=str(ROOT), PYTHONIOENCODING="utf-8", PATH="")
        folder = tmp_path / "folder"
        folder.mkdir(exist_ok=True)
        return folder, subprocess.run(
            [sys.executable, *arguments],
            cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=60,
        )  # fmt: skip

    return run_one


def assert_speech(path: Path) -> None:
    samples, rate = decode(path.read_bytes())
    assert len(samples) / rate > 0.5
    assert rms(samples) > 0.01


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_a_sample_speaks(run, sample):
    folder, result = run(str(sample), "--local")
    assert (result.returncode, result.stderr) == (0, "")
    files = [path for path in folder.iterdir() if path.suffix in (".mp3", ".wav")]
    assert files
    for path in files:
        assert path.stem.startswith(sample.stem)
        assert_speech(path)


def test_the_samples_readme_lists_every_sample():
    listed = re.findall(r"^\| \[`(\w+\.py)`\]", (ROOT / "samples" / "README.md").read_text(encoding="utf-8"), re.M)
    assert sorted(listed) == [sample.name for sample in SAMPLES]


def test_word_timestamps_are_in_order_and_inside_the_audio(run):
    folder, _ = run(str(ROOT / "samples" / "word_timestamps.py"), "--local")
    entries = (folder / "word_timestamps.srt").read_text(encoding="utf-8").strip().split("\n\n")
    assert [entry.splitlines()[2] for entry in entries[:2]] == ["Turn", "left"]
    assert entries[-1].splitlines()[2] == "走"
    times = [moment for entry in entries for moment in _moments(entry)]
    assert times == sorted(times)
    samples, rate = decode((folder / "word_timestamps.mp3").read_bytes())
    assert times[-1] <= len(samples) / rate


def _moments(entry: str) -> list[float]:
    return [
        int(hours) * 3600 + int(minutes) * 60 + int(seconds) + int(millis) / 1000
        for hours, minutes, seconds, millis in re.findall(r"(\d+):(\d+):(\d+),(\d+)", entry)
    ]


@pytest.mark.parametrize(
    "program", README_PROGRAMS, ids=[str(number) for number, _ in enumerate(README_PROGRAMS, 1)]
)
def test_a_program_of_the_readme_runs_as_it_stands(run, program):
    folder, result = run("-c", IN_THE_LOCAL_SERVICE.format(program=program))
    assert (result.returncode, result.stderr) == (0, "")
    for path in folder.glob("*.mp3"):
        assert_speech(path)
