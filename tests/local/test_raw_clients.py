"""The raw WebSocket clients that the vendor prints in its documents run against the service, but for the URL.

They are taken from the documents at test time, where there is a copy of them beside the checkout.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .client import decode, rms

SEEDS = Path(__file__).resolve().parents[2].parent / "shared" / "seeds"
URL = "wss://dashscope-intl.aliyuncs.com/api-ws/v1/inference/"


def printed(first: str, last: str) -> str:
    """The program that the document prints from its first line to its last."""
    for page in sorted(SEEDS.glob("*.txt")):
        match = re.search(rf"^{re.escape(first)}\n.*?^{re.escape(last)}\n", page.read_text("utf-8"), re.M | re.S)
        if match and URL in match.group():
            return match.group()
    pytest.skip("the vendor's documents are not here")


def run(service, command: list[str], folder: Path, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "DASHSCOPE_API_KEY": "sk-any", **environment},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


def check(folder: Path) -> None:
    """The mp3 the program left speaks for some seconds."""
    (audio,) = folder.glob("output*.mp3")
    samples, rate = decode(audio.read_bytes())
    assert rate == 22050
    assert 5 < len(samples) / rate < 30
    assert rms(samples) > 0.02


def test_the_python_client_of_the_document(service, tmp_path):
    program = printed("import websocket", "    client.run()")
    (tmp_path / "client.py").write_text(program.replace(URL, service.url + "/"), "utf-8")
    assert "Task completed" in run(service, [sys.executable, "client.py"], tmp_path)
    check(tmp_path)


@pytest.mark.slow
def test_the_node_client_of_the_document(service, tmp_path):
    program = printed("const WebSocket = require('ws');", "ws.on('close', () => {") + (
        "  console.log('Disconnected from WebSocket server');\n});\n"
    )
    modules = os.environ.get("NODE_PATH", "")
    has_ws = any((Path(folder) / "ws").is_dir() for folder in modules.split(os.pathsep) if folder)
    if shutil.which("node") is None or not has_ws:
        pytest.skip("needs node, and the packages ws and uuid in NODE_PATH")
    (tmp_path / "client.js").write_text(program.replace(URL, service.url + "/"), "utf-8")
    assert "Task completed" in run(service, ["node", "client.js"], tmp_path)
    check(tmp_path)


@pytest.mark.slow
def test_the_go_client_of_the_document(service, tmp_path):
    program = printed("package main", "}\n\nC#")[: -len("C#\n")]
    sources = Path("/usr/share/gocode")
    if shutil.which("go") is None or not (sources / "src/github.com/gorilla/websocket").is_dir():
        pytest.skip("needs go, and gorilla/websocket and google/uuid in the system's Go path")
    (tmp_path / "main.go").write_text(program.replace(URL, service.url + "/"), "utf-8")
    environment = {"GO111MODULE": "off", "GOPATH": str(sources), "GOCACHE": str(tmp_path / "cache")}
    assert "Task completed" in run(service, ["go", "run", "main.go"], tmp_path, **environment)
    check(tmp_path)
