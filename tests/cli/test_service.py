"""``serve``, ``voices``, ``--version`` and ``--help``."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys

import pytest

import dashscope_tts

from .command import CLOSING_LINE, KEY, assert_error, posix


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_tells_how_to_use_it_and_ends_cleanly(start_service, run, number):
    process, printed = start_service()
    url = re.search(r"export DASHSCOPE_WEBSOCKET_BASE_URL=(ws://127\.0\.0\.1:\d+/\S+)", printed)[1]
    assert f'dashscope_tts.base_websocket_api_url = "{url}"' in printed
    result = run("say", "Hello.", "-o", "a.mp3", DASHSCOPE_WEBSOCKET_BASE_URL=url, DASHSCOPE_API_KEY="any")
    assert CLOSING_LINE.fullmatch(result.stderr)
    process.send_signal(number)
    assert process.communicate(timeout=20) == ("", "")
    assert process.returncode == 0


def test_serve_with_a_key_lets_in_nobody_else_and_does_not_print_it(start_service, run):
    _, printed = start_service("--host", "0.0.0.0", "--api-key", KEY, "--strict")
    assert KEY not in printed
    url = re.search(r"ws://\S+", printed)[0]
    assert run("say", "Hello.", "-o", "a.mp3", "--url", url).returncode == 0
    assert_error(run("say", "Hello.", "-o", "a.mp3", "--url", url, DASHSCOPE_API_KEY="other"), "HTTP 401")
    assert_error(run("say", "Hello.", "-o", "a.mp3", "--url", url, "--voice", "nobody"), "418")


def test_serve_to_other_machines_demands_a_key(run):
    for host in ("0.0.0.0", "::", "", "example.com"):
        assert_error(run("serve", "--host", host), "needs --api-key")


def test_serve_on_a_port_in_use_says_so(run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert_error(run("serve", "--port", str(port)), f"127.0.0.1:{port}: Address already in use")


def test_voices_are_listed_and_filtered(run):
    everything = run("voices").stdout.decode().splitlines()
    assert everything[0].startswith("longanyang ")
    of_model = run("voices", "--model", "cosyvoice-v2").stdout.decode().splitlines()
    assert 0 < len(of_model) < len(everything)
    assert all(line.split()[0].endswith("_v2") for line in of_model)
    english = json.loads(run("voices", "--model", "cosyvoice-v3-flash", "--language", "EN", "--json").stdout)
    assert {"name", "family", "sex", "languages", "description"} == set(english[0])
    assert all(any(code.startswith("en") for code in voice["languages"]) for voice in english)
    assert_error(run("voices", "--model", "nothing"), "no voice is listed for model nothing")


def test_version_and_help(run):
    assert run("--version").stdout.decode().split() == ["dashscope-tts", dashscope_tts.__version__]
    assert b"examples:" in run("--help").stdout
    assert b"examples:" in run("say", "--help").stdout
    for command in ("serve", "voices"):
        assert run(command, "--help").stdout.startswith(b"usage: dashscope-tts " + command.encode())


def test_the_module_is_the_same_command(environment):
    result = subprocess.run(
        [sys.executable, "-m", "dashscope_tts", "--version"], env=environment, capture_output=True, timeout=60
    )
    assert result.stdout.decode().split() == ["dashscope-tts", dashscope_tts.__version__]


def test_version_loads_nothing_heavy(environment):
    program = (
        "import sys\nfrom dashscope_tts.cli import main\n"
        "try: main(['--version'])\nexcept SystemExit: pass\nprint(*sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, timeout=60)
    loaded = set(result.stdout.decode().split())
    heavy = {"websocket", "requests", "ssl", "asyncio", "av", "uvicorn", "dashscope_tts.audio", "dashscope_tts.local"}
    assert loaded & heavy == set()
