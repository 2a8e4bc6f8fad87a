"""The certificates of the system, loaded once for many connections: 16 ms of the processor's time each time."""

from __future__ import annotations

import os
import ssl
import threading
import time
from typing import Optional

__all__ = ["shared_context"]

_SECONDS = 3600.0  # after which they are looked at again, as they may have been renewed
_shared: dict[tuple[Optional[str], ...], tuple[float, ssl.SSLContext]] = {}
_lock = threading.Lock()  # a pool that opens waits for one to load them, rather than have all do it


def shared_context() -> Optional[ssl.SSLContext]:
    """What websocket-client would make for each connection that is given no TLS options; None to have it do that.

    It does where the environment names certificates that only websocket-client looks for.
    """
    if os.environ.get("WEBSOCKET_CLIENT_CA_BUNDLE"):
        return None
    sources = tuple(os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"))
    with _lock:
        made_at, context = _shared.get(sources, (0.0, None))
        if context is None or time.monotonic() - made_at > _SECONDS:
            context = _new_context()
            _shared[sources] = time.monotonic(), context
        return context


def _new_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # which checks certificates and host names
    context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    key_log = os.environ.get("SSLKEYLOGFILE")
    if key_log:
        context.keylog_filename = key_log
    return context


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
