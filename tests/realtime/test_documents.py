"""The programs that the vendor prints in its documents run against the local service, but for URL and player.

They are taken from the documents at test time, where there is a copy of them beside the checkout. The two that use
the package run under this one and under the official one.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from ..compat.running import ROOT, official_is_missing
from ..local.client import decode, pcm, rms

SEEDS = Path(__file__).resolve().parents[2].parent / "shared" / "seeds"
URL = "wss://dashscope-intl.aliyuncs.com/api-ws/v1/realtime"
PLAYER = """\
paInt16 = 8
class _Stream:
    def write(self, data): open("played.pcm", "ab").write(data)
    def stop_stream(self): pass
    def close(self): pass
class PyAudio:
    def open(self, **how):
        assert (how["format"], how["channels"], how["rate"], how["output"]) == (paInt16, 1, 24000, True)
        return _Stream()
    def terminate(self): pass
"""


def printed(first: str, last: str, containing: str) -> str:
    """The program that the document prints from its first line to its last, without the page's indentation."""
    for page in sorted(SEEDS.glob("*.txt")):
        text = page.read_text("utf-8")
        for match in re.finditer(rf"^( *){re.escape(first)}$", text, re.M):
            end = re.compile(rf"^{match.group(1)}{re.escape(last)}$", re.M).search(text, match.end())
            program = text[match.start() : end.end()] if end else ""
            if containing in program and program.count(first) == 1:
                return textwrap.dedent("\n".join(line or match.group(1) for line in program.split("\n"))) + "\n"
    pytest.skip("the vendor's documents are not here")


def run(service, folder: Path, program: str, typed: str = "") -> str:
    assert URL in program or "tts_realtime_client" in program
    (folder / "program.py").write_text(program.replace(URL, service.url.replace("inference", "realtime")), "utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environment.update(DASHSCOPE_API_KEY="sk-any", PYTHONPATH=str(ROOT), PYTHONIOENCODING="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "program.py"], cwd=folder, env=environment, input=typed,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "[Error]" not in done.stdout, done.stdout
    return done.stdout


def seconds_of_speech(path: Path) -> float:
    samples = pcm(path.read_bytes())
    assert rms(samples) > 0.02
    return len(samples) / 24000


@pytest.fixture(params=["ours", pytest.param("official", marks=pytest.mark.oracle)])
def under(request):
    """Makes a program run under one of the packages."""
    if request.param == "ours":
        return lambda program: program.replace("import dashscope\n", "import dashscope_tts as dashscope\n").replace(
            "from dashscope.", "from dashscope_tts."
        )
    missing = official_is_missing()
    if missing:
        pytest.skip(missing)
    return lambda program: program


def test_the_server_commit_program_of_the_package(local, tmp_path, under):
    program = printed("import os", "                    ))", "mode = 'server_commit'        ")
    told = run(local, tmp_path, under(program))
    assert "connection opened" in told
    assert re.search(r"response resp_\w+ done", told)
    assert re.search(r"session: sess_\w+, first audio delay: [\d.]+", told)
    assert 6 < seconds_of_speech(tmp_path / "result_24k.pcm") < 20


def test_the_commit_program_of_the_package(local, tmp_path, under):
    program = printed("import base64", "                    ))", "mode = 'commit'        ")
    told = run(local, tmp_path, under(program))
    assert len(set(re.findall(r"response (resp_\w+) done", told))) == 3
    lengths = [seconds_of_speech(tmp_path / f"result_{number}_24k.pcm") for number in range(3)]
    assert all(1 < seconds < 4 for seconds in lengths)


def raw_client(folder: Path) -> None:
    client = printed("# -- coding: utf-8 --", "            await self.ws.close()", "class TTSRealtimeClient")
    (folder / "tts_realtime_client.py").write_text(client, "utf-8")
    (folder / "pyaudio.py").write_text(PLAYER, "utf-8")


def check_raw(folder: Path, least: float, most: float) -> None:
    samples, rate = decode((folder / "outputs" / "qwen_tts_output.wav").read_bytes())
    assert rate == 24000
    assert least < len(samples) / rate < most
    assert rms(samples) > 0.02
    assert (folder / "played.pcm").stat().st_size == 2 * len(samples)


def test_the_raw_server_commit_client(local, tmp_path):
    raw_client(tmp_path)
    told = run(local, tmp_path, printed("import os", "    main()", "SessionMode.SERVER_COMMIT"))
    for event in ("session.created", "session.updated", "response.created", "response.done"):
        assert f"Received event: {event}" in told
    assert "Error:" not in told
    check_raw(tmp_path, 20, 60)


def test_the_raw_commit_client(local, tmp_path):
    raw_client(tmp_path)
    program = printed("import os", "    main()", "mode=SessionMode.COMMIT,")
    told = run(local, tmp_path, program, typed="Good morning.\nHow do you do?\n\n")
    assert "Text buffer committed" in told
    check_raw(tmp_path, 1, 6)
