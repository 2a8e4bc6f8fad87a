from __future__ import annotations

import contextlib

import pytest

from dashscope_tts.local import serve

from ..selfhosted.stand_in import StandIn


@pytest.fixture
def start():
    """Starts stand-in servers and gateways in front of them, and stops them all."""
    with contextlib.ExitStack() as stack:

        def start_one(*upstreams, engine="cosyvoice", **settings):
            settings.setdefault("configure", False)
            urls = [upstream.url for upstream in upstreams]
            return stack.enter_context(serve(engine=engine, upstreams=urls, **settings))

        start_one.stand_in = lambda **options: stack.enter_context(StandIn(**options))
        yield start_one


@pytest.fixture
def upstream(start):
    return start.stand_in()
