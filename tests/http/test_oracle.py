"""The same programs under the official package and ours, against one server: the same requests and results."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .differences import DIFFERENCES
from .scripts import SCRIPTS
from .stand_in import StandIn

ROOT = Path(__file__).parent.parent.parent
pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(importlib.util.find_spec("dashscope") is None, reason="needs the official package"),
]


@pytest.fixture(autouse=True)
def nothing_left_behind():
    """The programs run in processes of their own."""


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """Name -> package -> what the program saw and what it sent."""
    home = tmp_path_factory.mktemp("home")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DASHSCOPE_")}
    environment.update(HOME=str(home), PYTHONPATH=str(ROOT), PYTHONIOENCODING="utf-8")
    with StandIn(SCRIPTS) as server:
        running = {
            package: subprocess.Popen(
                [sys.executable, "-m", "tests.http.runner", package, f"http://127.0.0.1:{server.port}"],
                cwd=home, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
            )
            for package in ("official", "ours")
        }  # fmt: skip
        answers = {}
        for package, process in running.items():
            out, err = process.communicate(timeout=60)
            assert process.returncode == 0, err
            answers[package] = json.loads(out)
        sent = _sent(server, answers)
    assert list(answers["official"]) == list(answers["ours"])
    return {
        name: {package: {"result": answers[package][name], "requests": sent[package][name]} for package in answers}
        for name in answers["ours"]
    }


def _sent(server: StandIn, answers: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    keys = {key.rpartition("~")[2]: key for key in server._requests}
    return {
        package: {
            name: [request.comparable() for request in server.requests(keys.get(f"{package}{number}", ""))]
            for number, name in enumerate(results)
        }
        for package, results in answers.items()
    }


def _is_raised(value: Any) -> bool:
    return isinstance(value, dict) and "raised" in value


def same(official: Any, ours: Any) -> bool:
    """Equal; an error of ours may be of more classes, and says more where the official one is the library's."""
    if _is_raised(official) and _is_raised(ours):
        if not set(official["raised"]) <= set(ours["raised"]):
            return False
        is_librarys = official["raised"][0].startswith("requests.")
        return is_librarys or official["text"] == ours["text"]
    if isinstance(official, list) and isinstance(ours, list):
        return len(official) == len(ours) and all(map(same, official, ours))
    if isinstance(official, dict) and isinstance(ours, dict):
        return official.keys() == ours.keys() and all(same(official[name], ours[name]) for name in official)
    return bool(official == ours)


def _names() -> list[str]:
    if importlib.util.find_spec("dashscope") is None:
        return []
    from .programs import PROGRAMS

    return list(PROGRAMS)


@pytest.mark.parametrize("name", _names())
def test_a_program_sends_and_sees_the_same(seen, name):
    official, ours = seen[name]["official"], seen[name]["ours"]
    meant = DIFFERENCES.get(name, {})
    for what in ("requests", "result"):
        if what in meant:
            assert not same(official[what], ours[what]), f"the difference of {what} is gone; take it off the list"
        else:
            assert same(official[what], ours[what]), {"official": official[what], "ours": ours[what]}


def test_the_listed_differences_are_of_programs_that_exist(seen):
    assert set(DIFFERENCES) <= set(seen)


def test_the_official_package_was_asked(seen):
    assert "dashscope.common.error.ModelRequired" in seen["qwen: without a model"]["official"]["result"]["raised"]
    assert len(seen["http: plain"]["official"]["requests"]) == 1
