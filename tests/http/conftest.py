from __future__ import annotations

import gc

import pytest

import dashscope_tts
from dashscope_tts.local import serve as serve_local
from dashscope_tts.transport.http import session

from .scripts import SCRIPTS
from .stand_in import StandIn


@pytest.fixture(autouse=True, scope="package")
def quick_collections():
    """After each test garbage is collected; what the imports have left need not be looked through each time."""
    import av  # noqa: F401
    import numpy as np  # noqa: F401

    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def no_kept_connections():
    """Connections that are kept are no leak; they end with the test."""
    yield
    session().close()


@pytest.fixture
def stand_in():
    with StandIn(dict(SCRIPTS)) as server:
        yield server


@pytest.fixture
def point_at(stand_in, monkeypatch):
    """Points the package at a script of the stand-in; gives the stand-in."""

    def point(script: str, key: str = "sk-0123456789"):
        monkeypatch.setattr(dashscope_tts, "api_key", key)
        monkeypatch.setattr(dashscope_tts, "base_http_api_url", stand_in.url(script).replace(" ", "%20"))
        return stand_in

    return point


@pytest.fixture(scope="module")
def shared_local():
    with serve_local(configure=False, deploy_seconds=0.2) as service:
        yield service


@pytest.fixture
def start_local(shared_local, monkeypatch):
    """Gives a local service, one of its own where settings are given, and points the package at it."""
    running = []

    def start(**settings):
        service = shared_local
        if settings:
            settings.setdefault("deploy_seconds", 0.2)
            service = serve_local(configure=False, **settings).start()
            running.append(service)
        monkeypatch.setattr(dashscope_tts, "api_key", settings.get("api_key") or "any-key")
        monkeypatch.setattr(dashscope_tts, "base_http_api_url", service.http_url)
        monkeypatch.setattr(dashscope_tts, "base_websocket_api_url", service.url)
        return service

    yield start
    session().close()
    for service in running:
        service.stop()
