"""Runs all scenarios under both packages and collects their traces, with what the server heard."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..compat.running import PACKAGES, ROOT, clean_environment
from .recording_server import Heard, RecordingServer

__all__ = ["traces_of_all"]

_PROCESS_LIMIT = 60.0
_ACCIDENTAL_HEADERS = frozenset(("host", "origin", "sec-websocket-key"))
_REPLACEMENTS = (
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:<port>"),
    (re.compile(r"/(?:official|ours)\.(?=\w)"), "/"),
    (re.compile(r"dashscope(?:_tts)?/[\d.]+\w*; python/[\d.]+; platform/[^;]*; processor/[^;\"]*"), "<user agent>"),
    (re.compile(r"python-sdk/[\d.]+\w*/audio"), "python-sdk/<version>/audio"),
    (re.compile(r"event_[0-9a-f]{32}"), "event_<id>"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "<id>"),
    (re.compile(r" at 0x[0-9a-f]+"), " at <address>"),
    (re.compile(r"\bdashscope_tts\b"), "dashscope"),
)


def traces_of_all() -> dict[str, dict[str, dict[str, Any]]]:
    """Runs everything: scenario -> package -> field -> value."""
    traces: dict[str, dict[str, dict[str, Any]]] = {}
    with RecordingServer() as server:

        def outcome(package: str) -> None:
            for found in map(json.loads, _run(package, server.port).splitlines()):
                traces.setdefault(found["name"], {})[package] = _trace(found, package, server)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(outcome, PACKAGES))
    return traces


def _run(package: str, port: int) -> str:
    command = [sys.executable, "-m", "tests.realtime.runner", package, str(port)]
    with tempfile.TemporaryDirectory(prefix="realtime-home-") as home:
        result = subprocess.run(
            command, capture_output=True, encoding="utf-8", cwd=home, env=clean_environment(home),
            timeout=_PROCESS_LIMIT, check=False,
        )  # fmt: skip
    if result.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{result.stderr}")
    return result.stdout.replace(str(ROOT), "<root>")


def _trace(found: dict[str, Any], package: str, server: RecordingServer) -> dict[str, Any]:
    connections = server.connections_of(f"{package}.{found['name']}")
    trace = {
        "frames": [connection.frames for connection in connections],
        **({"handshake": _handshake(connections[0])} if connections else {}),
        "callbacks": found["callbacks"],
        **found["fields"],
    }
    text = json.dumps(trace)
    for pattern, replacement in _REPLACEMENTS:
        text = pattern.sub(replacement, text)
    made_equal: dict[str, Any] = json.loads(text)
    return made_equal


def _handshake(connection: Heard) -> list[str]:
    """Path and headers; what order the headers have means nothing."""
    told = [f"{name}: {value}" for name, value in connection.headers if name.lower() not in _ACCIDENTAL_HEADERS]
    return [f"GET {connection.path}", *sorted(told)]
