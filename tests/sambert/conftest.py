from __future__ import annotations

import socket
import threading
import time

import pytest

import dashscope_tts
from dashscope_tts.local import serve

from .recording_server import listening


@pytest.fixture(scope="package")
def recording():
    with listening() as running:
        yield running


@pytest.fixture(scope="package")
def service():
    """A local service that leaves the settings alone."""
    with serve(configure=False) as running:
        yield running


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setattr(dashscope_tts, "api_key", "sk-test")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _no_thread_is_left():
    yield
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        left = [thread.name for thread in threading.enumerate() if thread.name.startswith("dashscope-tts-sambert")]
        if not left:
            return
        time.sleep(0.01)
    raise AssertionError(left)


@pytest.fixture
def unused_port():
    """A port where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: it refuses
        yield taken.getsockname()[1]
