"""Runs all scenarios under both packages and collects their traces, with what the server heard."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from .normalise import normalised
from .recording_server import Connected, RecordingServer

__all__ = ["PACKAGES", "clean_environment", "listed_scenarios", "official_is_missing", "traces_of_all"]

OFFICIAL_VERSION = "2.0.2"
PACKAGES = ("official", "ours")
ROOT = Path(__file__).parents[2]
PROCESS_LIMIT = 60.0
_ACCIDENTAL_HEADERS = frozenset(("host", "origin", "sec-websocket-key"))


def official_is_missing() -> str | None:
    """Why the official package cannot be run here; None if it can."""
    wanted = f'pip install "dashscope=={OFFICIAL_VERSION}"'
    if importlib.util.find_spec("dashscope") is None:
        return f"the official package is not installed: {wanted}"
    found = importlib.metadata.version("dashscope")
    return None if found == OFFICIAL_VERSION else f"the official package is version {found}: {wanted}"


def clean_environment(home: str, extra: dict[str, str] | None = None) -> dict[str, str]:
    """The environment without settings of the packages, without proxies, and with an empty home."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith("DASHSCOPE") and not name.upper().endswith("_PROXY")
    }
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore", "HOME": home, **(extra or {})}


def _run(package: str, *arguments: str, environment: dict[str, str] | None = None) -> str:
    command = [sys.executable, "-m", "tests.compat.runner", package, *arguments]
    with tempfile.TemporaryDirectory(prefix="compat-home-") as home:
        extra = {name: value.replace("<home>", home) for name, value in (environment or {}).items()}
        result = subprocess.run(
            command, capture_output=True, encoding="utf-8", cwd=home, env=clean_environment(home, extra),
            timeout=PROCESS_LIMIT, check=False,
        )  # fmt: skip
        if result.returncode:
            raise RuntimeError(f"{' '.join(command)} failed:\n{result.stderr}")
        return result.stdout.replace(home, "<home>")


@cache
def listed_scenarios() -> dict[str, dict[str, Any]]:
    """Name -> conditions. Asked of a process, so that this one imports neither package."""
    listed: dict[str, dict[str, Any]] = json.loads(_run("ours", "list"))
    return listed


def traces_of_all() -> dict[str, dict[str, dict[str, Any]]]:
    """Runs everything: scenario -> package -> field -> value."""
    listed = listed_scenarios()
    together = [name for name, conditions in listed.items() if not conditions["alone"]]
    alone = [[name] for name, conditions in listed.items() if conditions["alone"]]
    runs = [(package, names) for names in (together, *alone) for package in PACKAGES]
    with RecordingServer() as server:
        address = f"ws://127.0.0.1:{server.port}"

        def outcome(task: tuple[str, list[str]]) -> list[tuple[str, str, dict[str, Any]]]:
            package, names = task
            environment = listed[names[0]]["environment"] if len(names) == 1 else {}
            environment = {name: value.replace("<server>", address) for name, value in environment.items()}
            lines = _run(package, address, *names, environment=environment).splitlines()
            return [(found["name"], package, _trace(found, package, server)) for found in map(json.loads, lines)]

        traces: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in listed}
        with ThreadPoolExecutor(4) as pool:
            for outcomes in pool.map(outcome, runs):
                for name, package, trace in outcomes:
                    traces[name][package] = trace
    return traces


def _trace(found: dict[str, Any], package: str, server: RecordingServer) -> dict[str, Any]:
    connections = server.connections_of(f"{package}.{found['name']}")
    trace = {
        # A pool opens connections ahead, more or fewer.
        "frames": [connection.frames for connection in connections if connection.frames],
        **({"handshake": _handshake(connections[0])} if connections else {}),
        "pongs": sum(connection.pongs for connection in connections),
        "callbacks": found["callbacks"],
        **found["fields"],
    }
    made_equal: dict[str, Any] = normalised(trace)
    return made_equal


def _handshake(connection: Connected) -> list[str]:
    """Path and headers; what order the headers have means nothing."""
    told = [f"{name}: {value}" for name, value in connection.headers if name.lower() not in _ACCIDENTAL_HEADERS]
    return [f"GET {connection.path}", *sorted(told)]
