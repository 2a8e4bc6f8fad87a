"""A real browser in front of a real service."""

from __future__ import annotations

import shutil

import pytest

from dashscope_tts.local import serve

from .visitor import Visitor

_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required",
)  # fmt: skip


@pytest.fixture(scope="package")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="needs the package playwright")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    # It has an event loop running on this thread until it is left, so it lives no longer than these tests.
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=chromium, args=_FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="package")
def service():
    with serve(configure=False) as running:
        yield running


@pytest.fixture
def start():
    """Starts services of one's own, and stops them."""
    running = []

    def start_one(**settings):
        started = serve(configure=False, **settings).start()
        running.append(started)
        return started

    yield start_one
    for started in running:
        started.stop()


@pytest.fixture
def visit(browser):
    """Opens the page of a service; ``visit(service, locale=..., viewport=...)``."""
    visitors = []

    def one(service, **options):
        visitor = Visitor(browser, service, options)
        visitors.append(visitor)
        return visitor

    yield one
    for visitor in visitors:
        visitor.leave()
