"""The command under test, and what it may print."""

from __future__ import annotations

import os
import re
import shutil
import sys
import threading
from pathlib import Path

import pytest

from ..local.client import decode, rms

ROOT = Path(__file__).parent.parent.parent
SCRIPT = shutil.which("dashscope-tts", path=str(Path(sys.executable).parent))
COMMAND = [SCRIPT] if SCRIPT else [sys.executable, "-m", "dashscope_tts"]
KEY = "sk-of-the-command-line-tests"
CLOSING_LINE = re.compile(
    r"dashscope-tts: (?:(?P<path>.+): )?(?P<seconds>\d+\.\d\d) s of audio, first package after \d+ ms, "
    r"real-time factor \d+\.\d{3}, request [0-9a-f]{32}\n"
)
posix = pytest.mark.skipif(os.name != "posix", reason="signals and file modes of POSIX")


def assert_error(result, text: str) -> None:
    """One line on standard error, which has ``text`` in it, and nothing else anywhere."""
    assert (result.returncode, result.stdout) == (1, b"")
    assert result.stderr.startswith("dashscope-tts: ")
    assert result.stderr.count("\n") == 1
    assert text in result.stderr


def seconds_of(result) -> float:
    """The length of the audio that the closing line tells."""
    return float(CLOSING_LINE.fullmatch(result.stderr)["seconds"])


def samples_of(path: Path):
    """Samples and sample rate of a file, which is not silent."""
    samples, rate = decode(path.read_bytes())
    assert rms(samples) > 0.01
    return samples, rate


def wait_until(condition) -> None:
    pause = threading.Event()
    for _ in range(1000):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("it did not come about within 10 s")
