"""What every test gets: settings of its own, and a look at what it leaves behind."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import weakref
from typing import Any, Optional

import pytest

import dashscope_tts
from dashscope_tts.audio.tts_v2 import SpeechSynthesizer
from dashscope_tts.common import settings

from .support import KEY
from .support.footprint import Footprint
from .support.service import Service
from .support.steps import Step

_SETTINGS = ("api_key", "api_key_file_path", "base_http_api_url", "base_websocket_api_url", "base_compatible_api_url")


@pytest.fixture(autouse=True)
def nothing_left_behind():
    """Fails a test after which a thread of the client or a socket is still there."""
    before = Footprint()
    yield
    left = before.left_behind()
    if left:
        pytest.fail(f"left behind: {', '.join(left)}")


@pytest.fixture(autouse=True)
def isolated_settings(monkeypatch, tmp_path_factory):
    """No key, no proxy, no settings of the machine; what a test sets is gone after it."""
    for name in list(os.environ):
        if name.startswith("DASHSCOPE_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.getbasetemp() / "home"))
    fresh = settings.from_environment()
    monkeypatch.setattr(dashscope_tts, "_imported", fresh)
    values = (None, None, fresh.http_url, fresh.websocket_url, fresh.compatible_url)
    for name, value in zip(_SETTINGS, values):
        monkeypatch.setattr(dashscope_tts, name, value)


@pytest.fixture
def key(monkeypatch):
    """The API key, set as a program sets it."""
    monkeypatch.setattr(dashscope_tts, "api_key", KEY)
    return KEY


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A self-signed certificate for 127.0.0.1: a context that serves with it, and the path of its file."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    folder = tmp_path_factory.mktemp("certificate")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, str(cert)


@pytest.fixture
def serve():
    """Starts services: ``serve(accepts, speaks)``; with ``then=`` for the connections after the first."""
    services: list[Service] = []

    def start(*steps: Step, then: Optional[tuple[Step, ...]] = None, tls: Any = None) -> Service:
        service = Service(steps, *([then] if then is not None else []), tls=tls)
        services.append(service)
        return service

    yield start
    for service in services:
        service.stop()


@pytest.fixture
def speaker(serve):
    """Makes synthesizers that speak to a service (or a URL), and closes those that are still there at the end."""
    made: list[weakref.ref[SpeechSynthesizer]] = []

    def make(to: Any, callback: Any = None, **keywords: Any) -> SpeechSynthesizer:
        url = to.url if isinstance(to, Service) else to
        keywords.setdefault("api_key", KEY)
        synthesizer = SpeechSynthesizer("cosyvoice-v3-flash", "longanyang", callback=callback, url=url, **keywords)
        made.append(weakref.ref(synthesizer))
        return synthesizer

    yield make
    for reference in made:
        synthesizer = reference()
        if synthesizer is not None:
            synthesizer.close()


@pytest.fixture
def free_port():
    """A port on which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]  # bound and not listening: nobody else gets it meanwhile


@pytest.fixture
def swallowing_address():
    """Where a connect is never answered: a listener whose backlog is full drops further SYNs, as a firewall would."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = []
        for _ in range(3):
            waiting.append(socket.socket())
            waiting[-1].setblocking(False)
            waiting[-1].connect_ex(full.getsockname())
        yield f"ws://127.0.0.1:{full.getsockname()[1]}"
        for sock in waiting:
            sock.close()
