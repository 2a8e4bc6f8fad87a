from __future__ import annotations

import pytest

from dashscope_tts.local import serve


@pytest.fixture(scope="package")
def service():
    """A service that lives as long as the tests; it leaves the settings alone."""
    with serve(configure=False, settle_timeout=0.05) as running:
        yield running


@pytest.fixture
def start():
    """Starts services of one's own, and stops them."""
    running = []

    def start_one(**settings):
        settings.setdefault("configure", False)
        service = serve(**settings).start()
        running.append(service)
        return service

    yield start_one
    for service in running:
        service.stop()
