"""The programs of the vendor's guides, as printed but for the name of the package and the address of the service."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .guide_programs import DOCUMENTS, GuideProgram, programs_in
from .recording_server import RecordingServer
from .running import clean_environment

PROGRAMS = [program for document in sorted(DOCUMENTS.glob("*.txt")) for program in programs_in(document)]
_ABSENT = "the vendor's documents are not here: shared/seeds beside the project"
_PLAYER = '''
paInt16 = 8
class _Stream:
    def write(self, data): open("played.pcm", "ab").write(data)
    def stop_stream(self): pass
    def close(self): pass
class PyAudio:
    def open(self, **kwargs): return _Stream()
    def terminate(self): pass
'''


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    with RecordingServer() as server:
        yield server


def _run(program: GuideProgram, server: RecordingServer, folder: Path) -> subprocess.CompletedProcess[str]:
    url = f"ws://127.0.0.1:{server.port}/two-sentences/guide/api-ws/v1/inference"
    (folder / "pyaudio.py").write_text(_PLAYER, encoding="utf-8")
    (folder / "program.py").write_text(program.for_us(url), encoding="utf-8")
    settings = {"DASHSCOPE_API_KEY": "sk-0123456789", "DASHSCOPE_WEBSOCKET_BASE_URL": url}
    environment = clean_environment(str(folder), settings)
    command = [sys.executable, "program.py"]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=30, check=False
    )


@pytest.mark.skipif(not PROGRAMS, reason=_ABSENT)
def test_the_documents_hold_programs_of_all_three_ways() -> None:
    assert {program.style for program in PROGRAMS} == {"non-streaming", "unidirectional", "bidirectional"}


@pytest.mark.parametrize("program", PROGRAMS or [None], ids=lambda program: program.place if program else "none")
def test_a_program_of_the_guide_runs_and_keeps_the_audio(
    program: GuideProgram | None, server: RecordingServer, tmp_path: Path
) -> None:
    if program is None:
        pytest.skip(_ABSENT)
    result = _run(program, server, tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    kept = "played.pcm" if program.style == "bidirectional" else "output.mp3"
    assert (tmp_path / kept).read_bytes() == b"[audio 0001][audio 0002]"
    assert re.search(r"\b[0-9a-f]{32}\b", result.stdout), "it prints the request id"
    (connection,) = server.connections_of("guide")
    assert "run-task" in connection.frames[0]
    assert "finish-task" in connection.frames[-1]
