from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import dashscope_tts
from dashscope_tts.audio.tts_v2 import SpeechSynthesizerObjectPool
from dashscope_tts.audio.tts_v2.speech_synthesizer import SpeechSynthesizer

from .server import Server
from .waiting import eventually, own_threads

KEY = "sk-the-key-of-the-pool-tests"
WHAT = {"model": "cosyvoice-v3-flash", "voice": "longanyang"}


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(dashscope_tts, "api_key", KEY)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    """The pool of a test is shut down after it, and a test fails if it leaves a thread behind."""
    before = frozenset(own_threads())
    yield
    live = SpeechSynthesizerObjectPool._instance
    if live is not None and hasattr(live, "_pool"):
        live.shutdown()
    eventually(lambda: not own_threads(before), 5, lambda: f"threads left: {own_threads(before)}")


MakePool = Callable[..., SpeechSynthesizerObjectPool]
Borrow = Callable[..., SpeechSynthesizer]


@pytest.fixture
def make(server: Server) -> MakePool:
    """Makes the pool, on the server of the test."""

    def make_pool(max_size: int = 2, **keywords: Any) -> SpeechSynthesizerObjectPool:
        keywords.setdefault("url", server.url)
        return SpeechSynthesizerObjectPool(max_size, **keywords)

    return make_pool


def borrow(pool: SpeechSynthesizerObjectPool, callback: Any = None, **keywords: Any) -> SpeechSynthesizer:
    return pool.borrow_synthesizer(callback=callback, **{**WHAT, **keywords})


def wait_full(pool: SpeechSynthesizerObjectPool, seconds: float = 2.0) -> float:
    """Wait until all connections are there and at rest; the seconds that took."""
    return eventually(lambda: pool.stats()["available"] == pool.stats()["size"], seconds, pool.stats)


def assert_books_add_up(pool: SpeechSynthesizerObjectPool) -> None:
    now = pool.stats()
    assert now["opened"] - now["closed"] == now["available"] + now["borrowed"], now
    assert now["available"] + now["borrowed"] <= now["size"], now
    assert now["lost"] + now["renewed"] + now["dropped"] <= now["closed"], now
    assert now["returned"] + now["returned_bad"] + now["borrowed"] <= now["borrowed_in_all"] + now["overflow"], now
    assert now["opening"] >= 0, now
