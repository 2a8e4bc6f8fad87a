"""Certificates are loaded once, and again when there is a reason to."""

from __future__ import annotations

import ssl
import threading

import pytest

from dashscope_tts.common.error import ConnectFailed
from dashscope_tts.transport import tls

from .support.steps import accepts, speaks


@pytest.fixture(autouse=True)
def nothing_loaded(monkeypatch):
    monkeypatch.setattr(tls, "_shared", {})
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE", "WEBSOCKET_CLIENT_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def loads(monkeypatch):
    """How often certificates have been loaded."""
    counted = []
    real = tls._new_context
    monkeypatch.setattr(tls, "_new_context", lambda: counted.append(1) or real())
    return counted


def test_connections_share_what_has_been_loaded(serve, speaker, certificate, monkeypatch, loads):
    monkeypatch.setenv("SSL_CERT_FILE", certificate[1])
    service = serve(accepts, speaks, tls=certificate[0])
    for _ in range(3):
        assert speaker(service).call("text") == b"text"
    assert service.connections == 3
    assert len(loads) == 1


def test_another_file_is_looked_at_at_once(serve, speaker, certificate, monkeypatch):
    service = serve(accepts, speaks, tls=certificate[0])
    with pytest.raises(ConnectFailed, match="certificate was not accepted"):
        speaker(service).call("text")
    monkeypatch.setenv("SSL_CERT_FILE", certificate[1])
    assert speaker(service).call("text") == b"text"


def test_the_variable_of_websocket_client_is_honoured(serve, speaker, certificate, monkeypatch, loads):
    monkeypatch.setenv("WEBSOCKET_CLIENT_CA_BUNDLE", certificate[1])
    assert speaker(serve(accepts, speaks, tls=certificate[0])).call("text") == b"text"
    assert not loads


def test_options_of_the_program_are_used_alone(serve, speaker, certificate, loads):
    service = serve(accepts, speaks, tls=certificate[0])
    assert speaker(service, sslopt={"ca_certs": certificate[1]}).call("text") == b"text"
    assert not loads


def test_without_tls_nothing_is_loaded(serve, speaker, loads):
    assert speaker(serve(accepts, speaks)).call("text") == b"text"
    assert not loads


def test_they_are_looked_at_again_after_an_hour(monkeypatch, loads):
    first = tls.shared_context()
    assert tls.shared_context() is first
    monkeypatch.setattr(tls, "_SECONDS", -1.0)
    assert tls.shared_context() is not first
    assert len(loads) == 2


def test_many_that_begin_at_once_load_them_once(loads):
    together, found = threading.Barrier(8), []

    def ask():
        together.wait(5)
        found.append(tls.shared_context())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert len(set(found)) == len(loads) == 1
    assert found[0].verify_mode is ssl.CERT_REQUIRED
    assert found[0].check_hostname
