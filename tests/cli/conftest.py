from __future__ import annotations

import os
import subprocess

import pytest

from dashscope_tts.local import serve

from .command import COMMAND, KEY, ROOT


@pytest.fixture(scope="package")
def strict_service():
    with serve(configure=False, api_key=KEY, strict=True) as running:
        yield running


@pytest.fixture
def environment(tmp_path, strict_service):
    """Of a user with a key, whose service is the local one."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DASHSCOPE_")}
    environment.update(
        HOME=str(tmp_path / "home"), PYTHONPATH=str(ROOT), PYTHONIOENCODING="utf-8", COLUMNS="120",
        DASHSCOPE_API_KEY=KEY, DASHSCOPE_WEBSOCKET_BASE_URL=strict_service.url,
    )  # fmt: skip
    return environment


@pytest.fixture
def run(tmp_path, environment):
    """Runs the command in an empty folder; standard error is checked for keys and tracebacks each time."""
    folder = tmp_path / "folder"
    folder.mkdir()

    def run_one(*arguments, text=None, without=(), **more):
        kept = {name: value for name, value in {**environment, **more}.items() if name not in without}
        result = subprocess.run(
            [*COMMAND, *arguments],
            cwd=folder, env=kept, input=b"" if text is None else text, capture_output=True, timeout=60,
        )  # fmt: skip
        result.stderr = result.stderr.decode("utf-8").replace("\r\n", "\n")
        assert KEY not in result.stderr
        assert "Traceback" not in result.stderr
        return result

    run_one.folder, run_one.environment = folder, environment
    return run_one


@pytest.fixture
def start_service(environment):
    """Starts ``dashscope-tts serve`` on a free port; gives the process and what it printed."""
    running = []

    def start(*arguments):
        process = subprocess.Popen(
            [*COMMAND, "serve", "--port", "0", *arguments],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        )  # fmt: skip
        running.append(process)
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "official package" in line:
                break
        return process, "".join(lines)

    yield start
    for process in running:
        process.kill()
        process.communicate()
