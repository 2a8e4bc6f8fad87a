"""Running cases with several packages in turn, so that what disturbs the machine disturbs all of them."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

__all__ = ["BARE", "OFFICIAL", "OURS", "WEBSOCKETS", "medians", "run_once", "self_signed"]

OFFICIAL, OURS, WEBSOCKETS, BARE = "dashscope", "dashscope_tts", "websockets", "bare"
_WORKER = Path(__file__).with_name("worker.py")
_ROOT = _WORKER.parents[2]


def run_once(package: str, case: str, url: str, certificate: str = "", limit: float = 120.0) -> dict[str, float]:
    """One case in a process of its own; no figures if it takes longer than ``limit`` seconds."""
    environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
    if certificate:
        environment["WEBSOCKET_CLIENT_CA_BUNDLE"] = certificate
    for proxy in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        environment.pop(proxy, None)
    command = [sys.executable, str(_WORKER), package, case, url]
    try:
        result = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return {}
    if result.returncode:
        raise RuntimeError(f"{case} with {package} failed:\n{result.stderr}")
    figures: dict[str, float] = json.loads(result.stdout.splitlines()[-1])
    return figures


def medians(
    case: str,
    url: str,
    rounds: int,
    packages: tuple[str, ...] = (OFFICIAL, OURS),
    certificate: str = "",
    once: tuple[str, ...] = (),
    limit: float = 120.0,
) -> dict[str, dict[str, float]]:
    """The medians of ``rounds`` runs A B A B ...: package -> figure -> value.

    Those in ``once`` run in the first round only.
    """
    runs: dict[str, list[dict[str, float]]] = {package: [] for package in packages}
    for number in range(rounds):
        for package in packages:
            if number == 0 or package not in once:
                runs[package].append(run_once(package, case, url, certificate, limit))
    return {
        package: {figure: statistics.median(run[figure] for run in found if run) for figure in found[0]}
        for package, found in runs.items()
    }


def self_signed(folder: str) -> str:
    """A certificate for 127.0.0.1 and its key in one file, made by the openssl command; "" where there is none."""
    certificate = str(Path(folder, "benchmark.pem"))
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", certificate + ".key", "-out", certificate]
    try:
        subprocess.run(command, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    with open(certificate, "a", encoding="ascii") as file:
        file.write(Path(certificate + ".key").read_text(encoding="ascii"))
    return certificate
