"""``dashscope-tts run``: unmodified programs, and what is redirected."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dashscope_tts.cli.run import Redirect

_ROOT = Path(__file__).parents[1]
_PROGRAM = """\
import os, sys
import dashscope
from dashscope.audio.tts_v2 import *
dashscope.api_key = os.environ.get('DASHSCOPE_API_KEY')
dashscope.base_websocket_api_url = 'wss://dashscope-intl.aliyuncs.com/api-ws/v1/inference'
synthesizer = SpeechSynthesizer(model='cosyvoice-v3-flash', voice='longanyang')
audio = synthesizer.call('Hello from the local service.')
with open('output.mp3', 'wb') as f:
    f.write(audio)
print(sys.argv[1:], __name__)
"""


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DASHSCOPE_")}
    environment.update(HOME=str(folder), PYTHONPATH=str(_ROOT))  # a home where no key is saved
    command = [sys.executable, "-m", "dashscope_tts", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, cwd=folder, env=environment, check=False
    )

# As the guide's program does, it ends right after the call; and a thread of its own begins to speak later still.
_UNTIL_THE_END = """\
import threading, time
from dashscope.audio.tts_v2 import SpeechSynthesizer, ResultCallback
class Callback(ResultCallback):
    length = 0
    def on_data(self, data):
        self.length += len(data)
        time.sleep(0.005)
    def on_error(self, message): print(message)
    def on_complete(self): print('complete', self.length > 50_000)
def later():
    time.sleep(0.3)
    print('later', len(SpeechSynthesizer('cosyvoice-v3-flash', 'longanyang').call('Good evening.')) > 5000)
threading.Thread(target=later).start()
SpeechSynthesizer('cosyvoice-v3-flash', 'longanyang', callback=Callback()).call('It takes a while to say. ' * 10)
%s
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "speak.py").write_text(_PROGRAM, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("first", [["run", "--local"], ["--local"]], ids=["command", "module"])
def test_a_program_that_names_the_vendors_host_speaks_locally(program: Path, first: list[str]) -> None:
    result = _run(program, *first, "speak.py", "one", "--two")
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "['one', '--two'] __main__"
    assert "dashscope-intl.aliyuncs.com is answered by the local service" in result.stderr
    assert (program / "output.mp3").stat().st_size > 5000


def test_a_module_runs_too(program: Path) -> None:
    result = _run(program, "run", "--local", "-m", "speak", "x")
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "['x'] __main__"


@pytest.mark.parametrize(("end", "status"), [("", 0), ("raise SystemExit(3)", 3), ("raise KeyError", 1)])
def test_the_local_service_stays_until_all_that_the_program_began_is_over(
    tmp_path: Path, end: str, status: int
) -> None:
    (tmp_path / "ends.py").write_text(_UNTIL_THE_END % end, encoding="utf-8")
    result = _run(tmp_path, "--local", "ends.py")
    assert (result.returncode, sorted(result.stdout.splitlines())) == (status, ["complete True", "later True"])


def test_a_programs_own_error_is_told_as_python_tells_it(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("raise KeyError('mine')\n", encoding="utf-8")
    result = _run(tmp_path, "broken.py")
    assert result.returncode == 1
    assert result.stderr.startswith("Traceback")
    assert "KeyError: 'mine'" in result.stderr


def test_a_programs_exit_status_is_kept(tmp_path: Path) -> None:
    (tmp_path / "leaves.py").write_text("import sys; sys.exit(7)\n", encoding="utf-8")
    assert _run(tmp_path, "run", "leaves.py").returncode == 7


def test_a_missing_program_is_one_clear_line(tmp_path: Path) -> None:
    result = _run(tmp_path, "run", "nowhere.py")
    assert (result.returncode, result.stderr) == (1, "dashscope-tts: nowhere.py: no such program\n")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("wss://dashscope.aliyuncs.com/api-ws/v1/inference/", "ws://127.0.0.1:9/api-ws/v1/inference/"),
        ("wss://dashscope-intl.aliyuncs.com/api-ws/v1/realtime?model=m", "ws://127.0.0.1:9/api-ws/v1/realtime?model=m"),
        ("https://cn-hongkong.dashscope.aliyuncs.com/api/v1", "http://127.0.0.1:9/api/v1"),
        ("wss://{workspace_id}.us-east-1.maas.aliyuncs.com/api-ws/v1/inference", "ws://127.0.0.1:9/api-ws/v1/inference"),
        ("wss://example.com/api-ws/v1/inference", "wss://example.com/api-ws/v1/inference"),
        ("ws://127.0.0.1:8765/api-ws/v1/inference", "ws://127.0.0.1:8765/api-ws/v1/inference"),
        ("https://aliyuncs.com.example.org/x", "https://aliyuncs.com.example.org/x"),
    ],
)
def test_only_the_vendors_hosts_are_redirected(
    url: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    redirect = Redirect("http://127.0.0.1:9/api/v1")
    assert redirect(url) == expected
    assert redirect(url) == expected
    assert len(capsys.readouterr().err.splitlines()) == (expected != url)
