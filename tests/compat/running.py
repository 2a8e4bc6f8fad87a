"""Runs scenarios under both packages and collects their traces, with what the services heard."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .families import FAMILIES
from .normalise import normalised
from .services import Service, services

__all__ = ["PACKAGES", "ROOT", "clean_environment", "listed_scenarios", "official_is_missing", "traces_of"]

OFFICIAL_VERSION = "2.0.2"
PACKAGES = ("official", "ours")
ROOT = Path(__file__).parents[2]
PROCESS_LIMIT = 60.0
AT_ONCE = 6


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
        return result.stdout.replace(home, "<home>").replace(str(ROOT), "<root>")


@cache
def listed_scenarios() -> dict[str, dict[str, Any]]:
    """Name -> family and conditions. Asked of a process, so that this one imports neither package."""
    listed: dict[str, dict[str, Any]] = json.loads(_run("ours", "list"))
    return listed


@dataclass(frozen=True)
class _Process:
    """One process and the scenarios that run in it; all of one family."""

    package: str
    names: list[str]

    def run(self, service: Service) -> list[tuple[str, str, dict[str, Any]]]:
        """Name, package and trace of each."""
        listed = listed_scenarios()[self.names[0]]
        address = f"ws://{service.address}"
        environment = {name: value.replace("<server>", address) for name, value in listed["environment"].items()}
        lines = _run(self.package, service.address, *self.names, environment=environment).splitlines()
        return [(found["name"], self.package, self._trace(found, service)) for found in map(json.loads, lines)]

    def _trace(self, found: dict[str, Any], service: Service) -> dict[str, Any]:
        heard = service.heard(f"{self.package}.{found['name']}")
        made_equal: dict[str, Any] = normalised({**heard, "callbacks": found["callbacks"], **found["fields"]})
        return made_equal


def _processes(names: Collection[str]) -> list[_Process]:
    """For each family one that its scenarios share, and one for each that needs its own; all that twice.

    The long ones come first.
    """
    listed = listed_scenarios()
    shared = [
        [name for name in names if listed[name]["family"] == family and not listed[name]["alone"]]
        for family in FAMILIES
    ]
    alone = [[name] for name in names if listed[name]["alone"]]
    return [_Process(package, group) for group in (*shared, *alone) if group for package in PACKAGES]


def traces_of(names: Collection[str]) -> dict[str, dict[str, dict[str, Any]]]:
    """Runs these: scenario -> package -> field -> value."""
    traces: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in names}
    with services() as running, ThreadPoolExecutor(AT_ONCE) as pool:

        def outcome(process: _Process) -> list[tuple[str, str, dict[str, Any]]]:
            return process.run(running[listed_scenarios()[process.names[0]]["family"]])

        for outcomes in pool.map(outcome, _processes(names)):
            for name, package, trace in outcomes:
                traces[name][package] = trace
    return traces
