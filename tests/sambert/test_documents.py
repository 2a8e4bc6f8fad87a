"""The raw Sambert clients that the vendor prints in its documents run against the local service, but for the URL.

They are taken from the documents at test time, where there is a copy of them beside the checkout.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from ..local.client import decode, rms
from ..local.test_raw_clients import SEEDS, run

URL = "wss://dashscope.aliyuncs.com/api-ws/v1/inference/"


def printed(language: str, first: str, last: str) -> str:
    """The program that the document prints for Sambert in a language, from the start of a line to that of another."""
    for page in sorted(SEEDS.glob("*.txt")):
        _, heading, text = page.read_text("utf-8").partition("\n\nSambert\n\nGo\n\n")
        _, _, program = ("\n\nGo\n\n" + text).partition(f"\n\n{language}\n\n")
        begin = program.find(first)
        end = program.find(f"\n{last}", begin)
        if heading and min(begin, end) >= 0:
            return program[begin:end] + "\n"
    pytest.skip("the vendor's documents are not here")


def check(folder: Path, rate: int = 16000) -> None:
    samples, decoded = decode((folder / "output.mp3").read_bytes())
    assert decoded == rate
    assert 5 < len(samples) / rate < 30
    assert rms(samples) > 0.02


def node_modules() -> str:
    """A folder that holds the packages ws and uuid; "" where there is none."""
    folders = os.environ.get("NODE_PATH", "").split(os.pathsep)
    return next((folder for folder in folders if folder and (Path(folder) / "ws").is_dir()), "")


def test_the_node_client_of_the_document(service, tmp_path):
    program = printed("Node.js", "const WebSocket = require('ws');", "main().catch")
    program += "main().catch(console.error);\n"
    if shutil.which("node") is None or not node_modules():
        pytest.skip("needs node, and the packages ws and uuid in NODE_PATH")
    (tmp_path / "client.js").write_text(program.replace(URL, service.url + "/"), "utf-8")
    said = run(service, ["node", "client.js"], tmp_path)
    assert "Task started" in said
    assert "Result generated" in said
    assert "Task completed" in said
    check(tmp_path)


@pytest.mark.slow
def test_the_go_client_of_the_document(service, tmp_path):
    program = printed("Go", "package main", "\nC#\n")
    sources = Path("/usr/share/gocode")
    if shutil.which("go") is None or not (sources / "src/github.com/gorilla/websocket").is_dir():
        pytest.skip("needs go, and gorilla/websocket and google/uuid in the system's Go path")
    (tmp_path / "main.go").write_text(program.replace(URL, service.url + "/"), "utf-8")
    environment = {"GO111MODULE": "off", "GOPATH": str(sources), "GOCACHE": str(tmp_path / "cache")}
    said = run(service, ["go", "run", "main.go"], tmp_path, **environment)
    assert "Task completed" in said
    assert "Unexpected event" not in said
    check(tmp_path)
