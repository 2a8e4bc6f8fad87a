from __future__ import annotations

import pytest

from dashscope_tts.local import serve

from ..cli.conftest import environment, run, start_service, strict_service

__all__ = ["environment", "run", "start_service", "strict_service"]


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
