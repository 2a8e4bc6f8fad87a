"""The connections of the HTTP session. Importing this module loads ``requests``."""

from __future__ import annotations

import socket
import threading
import time
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

__all__ = ["make_session", "was_kept"]

# Gateways drop connections that are idle for a minute, and some do not tell.
_MOST_IDLE_SECONDS = 50.0
_POOL_CONNECTIONS, _POOL_SIZE = 16, 32

_last = threading.local()


def was_kept() -> bool:
    """Whether this thread's last request went out on a connection that had been kept from an earlier one."""
    return bool(getattr(_last, "kept", False))


def make_session() -> requests.Session:
    """A session without cookies that keeps connections for all threads."""
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = _Adapter(pool_connections=_POOL_CONNECTIONS, pool_maxsize=_POOL_SIZE, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


class _KeptConnections:
    """What the pools of both schemes have in common: they know a connection's age, and whether it is new."""

    def _get_conn(self, timeout: Any = None) -> Any:
        connection = super()._get_conn(timeout=timeout)  # type: ignore[misc]
        idle_since = getattr(connection, "idle_since", None)
        if idle_since is not None and time.monotonic() - idle_since > _MOST_IDLE_SECONDS:
            connection.close()
        _last.kept = getattr(connection, "sock", None) is not None
        return connection

    def _put_conn(self, connection: Any) -> None:
        if connection is not None:
            connection.idle_since = time.monotonic()
        super()._put_conn(connection)  # type: ignore[misc]


class _Pool(_KeptConnections, urllib3.HTTPConnectionPool):
    pass


class _SecurePool(_KeptConnections, urllib3.HTTPSConnectionPool):
    pass


_POOLS = {"http": _Pool, "https": _SecurePool}


class _Adapter(HTTPAdapter):
    """requests' own, with our pools and with probes that find a peer that has silently gone."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, socket_options=_socket_options(), **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, socket_options=_socket_options(), **kwargs)
        if manager.pool_classes_by_scheme.get("http") is urllib3.HTTPConnectionPool:  # a SOCKS proxy has its own
            manager.pool_classes_by_scheme = _POOLS
        return manager


def _socket_options() -> list[tuple[int, int, int]]:
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):
            options.append((socket.IPPROTO_TCP, getattr(socket, name), value))
    return options
