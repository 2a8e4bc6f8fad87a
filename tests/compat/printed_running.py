"""Running a printed program through ``python -m dashscope_tts --local``, and listening to what it leaves."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ..local.client import decode, pcm, rms
from .printed_programs import PrintedProgram
from .running import clean_environment

__all__ = ["ABSENT", "WHOSE", "WITHOUT_OFFICIAL", "check_speech", "prepare", "run_locally", "some_or_skipped"]

ABSENT = "the vendor's documents are not here: shared/seeds beside the project"
_STUBS = {
    "pyaudio": """
paInt16 = 8
class _Stream:
    def write(self, data):
        with open(f"played_{self.rate}.pcm", "ab") as file:
            file.write(data)
    def stop_stream(self): pass
    def close(self): pass
class PyAudio:
    def open(self, format, channels, rate, output, frames_per_buffer=0):
        assert (format, channels, output) == (paInt16, 1, True)
        stream = _Stream()
        stream.rate = rate
        return stream
    def terminate(self): pass
""",
    "torch": """
def from_numpy(samples):
    class Tensor:
        def unsqueeze(self, dim): return samples
    return Tensor()
""",
    "torchaudio": """
import wave
def save(path, samples, rate):
    with wave.open(path, "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", "NONE"))
        file.writeframes(samples.tobytes())
""",
}
# The two below are read by the interpreter as it starts. This one tells at the end whose speech modules were used.
WHOSE = """
import atexit, sys
def tell():
    used = [sys.modules.get("dashscope.audio." + name) for name in ("tts_v2", "qwen_tts_realtime")]
    print("speech of", *{module.__name__.partition(".")[0] for module in used if module}, file=sys.stderr)
atexit.register(tell)
"""
# And after this one there is no official package any more.
WITHOUT_OFFICIAL = WHOSE + """
import importlib.abc, sys
class NotInstalled(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "dashscope":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, NotInstalled())
"""


def prepare(folder: Path, first: str = WHOSE) -> Path:
    """Makes the folder a program runs in; beside it, stubs of what it needs from the machine, and an empty home.

    What is given as ``first`` is run as the interpreter starts.
    """
    for name in ("here", "stubs", "home"):
        (folder / name).mkdir()
    for name, text in {**_STUBS, "sitecustomize": first}.items():
        (folder / "stubs" / f"{name}.py").write_text(text, encoding="utf-8")
    return folder / "here"


def run_locally(
    folder: Path, program: str, *arguments: str, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """Runs a program that must do well; no key is set, and the home is empty."""
    (folder / "program.py").write_text(program, encoding="utf-8")
    environment = clean_environment(str(folder.parent / "home"))
    environment["PYTHONPATH"] = os.pathsep.join([str(folder.parent / "stubs"), environment["PYTHONPATH"]])
    environment["PYTHONIOENCODING"] = "utf-8"
    command = [sys.executable, "-m", "dashscope_tts", "--local", "program.py", *arguments]
    result = subprocess.run(
        command, cwd=folder, env=environment, input=typed, capture_output=True, encoding="utf-8", timeout=60,
        check=False,
    )  # fmt: skip
    told = result.stdout + result.stderr
    assert result.returncode == 0, told
    assert "Traceback" not in told
    assert not re.search(r"\[Error\]|\bfailed\b|Error processing|synthesis error", told), told
    return result


def _speech(file: Path) -> tuple[np.ndarray, int]:
    """Samples and rate of what a program left; where it is bare samples, the name of the file tells the rate."""
    if file.suffix != ".pcm":
        return decode(file.read_bytes())
    return pcm(file.read_bytes()), 24000 if "24" in file.stem else 22050


def check_speech(folder: Path, count: int = 1) -> None:
    """So many files of speech are there, each of a length a short text has, none of them silent."""
    files = [file for file in folder.rglob("*") if file.suffix in (".mp3", ".wav", ".pcm")]
    assert len(files) == count, files
    for file in files:
        samples, rate = _speech(file)
        assert 0.5 < len(samples) / rate < 60, file
        assert rms(samples) > 0.02, file


def some_or_skipped(programs: list[PrintedProgram]) -> list[Any]:
    """Parameters of a test; where the documents are absent, one that is skipped."""
    return list(programs) or [pytest.param(None, marks=pytest.mark.skip(reason=ABSENT))]
