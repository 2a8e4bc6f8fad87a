"""Running cases with several packages in turn, so that what disturbs the machine disturbs all of them."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

__all__ = ["OFFICIAL", "OURS", "medians", "run_once"]

OFFICIAL, OURS = "dashscope", "dashscope_tts"
_WORKER = Path(__file__).with_name("worker.py")
_ROOT = _WORKER.parents[2]


def run_once(package: str, case: str, url: str) -> dict[str, float]:
    """One case in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
    for proxy in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        environment.pop(proxy, None)
    command = [sys.executable, str(_WORKER), package, case, url]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)
    if result.returncode:
        raise RuntimeError(f"{case} with {package} failed:\n{result.stderr}")
    figures: dict[str, float] = json.loads(result.stdout.splitlines()[-1])
    return figures


def medians(
    case: str, url: str, rounds: int, packages: tuple[str, ...] = (OFFICIAL, OURS)
) -> dict[str, dict[str, float]]:
    """The medians of ``rounds`` runs A B A B ...: package -> figure -> value."""
    runs: dict[str, list[dict[str, float]]] = {package: [] for package in packages}
    for _ in range(rounds):
        for package in packages:
            runs[package].append(run_once(package, case, url))
    return {
        package: {figure: statistics.median(run[figure] for run in found) for figure in found[0]}
        for package, found in runs.items()
    }
