"""HTTP: one session for the whole process, with the time-outs, the second chance and the care the family needs.

``requests`` is imported when the first request is sent. Connections are kept and used again by all threads; one
that has been idle for long is opened anew, because a silent death of it would cost the whole read time-out.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional
from urllib.parse import urlsplit

from ..common.error import InvalidParameter
from ..common.logging import logger

if TYPE_CHECKING:
    import requests

__all__ = [
    "CONNECT_SECONDS",
    "READ_SECONDS",
    "HttpAnswer",
    "HttpRequest",
    "HttpSession",
    "checked_timeout",
    "session",
]

CONNECT_SECONDS = 10.0
READ_SECONDS = 300.0
_CHUNK_BYTES = 65536
_MOST_BODY_BYTES = 64 * 1024 * 1024
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class HttpRequest:
    """One POST.

    Attributes:
        url: the whole of it.
        headers: all of our own.
        body: JSON, already encoded; None for no body.
        secrets: what must not appear in any error: the key.
        timeout: seconds between two pieces of the answer; connecting has no more than ten of them.
        may_repeat: whether it does no harm to send it twice; it is then sent again when the connection ended
            before a byte came. One that must not be repeated is sent again only where that connection had been
            kept from an earlier request, so that the service had closed it before the request came.
        proxies: as ``requests`` takes them; the environment's by default.
        verify: False, or a file of certificates; the environment's by default.
    """

    url: str
    headers: Mapping[str, str]
    body: Optional[bytes]
    secrets: tuple[str, ...] = ()
    timeout: float = READ_SECONDS
    may_repeat: bool = True
    proxies: Optional[Mapping[str, str]] = None
    verify: Optional[Any] = None

    def __repr__(self) -> str:
        return f"<HttpRequest {urlsplit(self.url).path}>"  # the headers hold the key


class HttpAnswer:
    """An answer whose body has not been read; use it as a context manager, or call ``close``."""

    def __init__(self, response: requests.Response, request: HttpRequest) -> None:
        self.status = int(response.status_code)
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._request = request

    def pieces(self) -> Iterator[bytes]:
        """The body in the pieces in which it comes.

        Raises:
            ConnectionLost: it ended before its end.
            TaskTimeout: nothing came for ``timeout`` seconds.
        """
        from . import http_failures

        try:
            yield from _pieces(self._response)
        except GeneratorExit:
            raise
        except Exception as error:
            raise http_failures.broken_off(error, self._request) from error
        finally:
            self.close()

    def read(self) -> bytes:
        """The whole body."""
        body = bytearray()
        for piece in self.pieces():
            body += piece
            if len(body) > _MOST_BODY_BYTES:
                from . import http_failures

                raise http_failures.too_large(self._request)
        return bytes(body)

    def close(self) -> None:
        """Give the connection back, or close it where the body has not been read to its end."""
        self._response.close()

    def __enter__(self) -> HttpAnswer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _pieces(response: requests.Response) -> Iterator[bytes]:
    raw: Any = response.raw
    read1 = getattr(raw, "read1", None)
    if getattr(raw, "chunked", False) or read1 is None:
        # Without read1 the length of a piece is all there is to say how long to wait.
        yield from raw.stream(_CHUNK_BYTES if getattr(raw, "chunked", False) else 1, decode_content=True)
        return
    while True:
        piece = read1(_CHUNK_BYTES, decode_content=True)
        if not piece:
            return
        yield piece


class HttpSession:
    """Sends requests. Thread-safe; made once for a process, and anew in a forked child."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._session: Optional[requests.Session] = None

    def post(self, request: HttpRequest) -> HttpAnswer:
        """Send it, and return when the head of the answer is there, whatever its status.

        Raises:
            ConnectFailed: no connection came about: refused, timed out, TLS, proxy.
            ConnectionLost: it ended before an answer came.
            TaskTimeout: no answer came in time.
            InvalidParameter: the URL is none.
        """
        from . import http_failures
        from .http_connections import was_kept

        started = time.monotonic()
        for attempt in (1, 2):
            try:
                response = self._send(request)
                break
            except Exception as error:
                again = http_failures.ended_before_answer(error) and (request.may_repeat or was_kept())
                if attempt == 2 or not again:
                    raise http_failures.not_answered(error, request) from error
                logger.debug("the connection ended before an answer came; sending the request once more")
        millis = (time.monotonic() - started) * 1000
        logger.debug("POST %s: HTTP %s after %.0f ms", urlsplit(request.url).path, response.status_code, millis)
        return HttpAnswer(response, request)

    def close(self) -> None:
        """Close the connections that are kept; the next request opens new ones."""
        with self._lock:
            closing, self._session = self._session, None
        if closing is not None:
            closing.close()

    def _send(self, request: HttpRequest) -> requests.Response:
        scheme, host = _checked(request.url)
        return self._ready().post(
            request.url,
            data=request.body,
            headers=dict(request.headers),
            timeout=(min(CONNECT_SECONDS, request.timeout), request.timeout),
            stream=True,
            proxies=_proxies(request, host),
            verify=_certificates(request.verify) if scheme == "https" else None,
            # Without it an entry in ~/.netrc replaces the Authorization header.
            auth=_leave_as_it_is,
        )

    def _ready(self) -> requests.Session:
        with self._lock:
            if self._session is None:
                from .http_connections import make_session

                self._session = make_session()
            return self._session


def _leave_as_it_is(prepared: Any) -> Any:
    return prepared


def _checked(url: str) -> tuple[str, str]:
    """Scheme and host of a URL."""
    try:
        parts = urlsplit(url)
        scheme, host = parts.scheme.lower(), parts.hostname
        _ = parts.port
    except ValueError:
        scheme, host = "", None
    if scheme not in ("http", "https") or not host:
        raise InvalidParameter("The base URL of the HTTP APIs must begin with https:// or http://, and name a host.")
    return scheme, host


def _proxies(request: HttpRequest, host: str) -> Optional[dict[str, str]]:
    if request.proxies is not None:
        return dict(request.proxies)
    # A service on this machine is never behind a proxy, whatever the environment says of all the others.
    return {"no_proxy": host} if host in _LOOPBACK else None


def _certificates(verify: Optional[Any]) -> Optional[Any]:
    """What ``requests`` is given; None leaves it to the environment."""
    if verify is not None:
        return verify
    environment = os.environ
    if environment.get("REQUESTS_CA_BUNDLE") or environment.get("CURL_CA_BUNDLE"):
        return None
    # The vendor's guide sets this one; requests does not look at it.
    bundle = environment.get("SSL_CERT_FILE")
    return bundle if bundle and os.path.exists(bundle) else None


def checked_timeout(seconds: Optional[float]) -> float:
    """``request_timeout`` as it was given, in seconds; None is the default."""
    if seconds is None:
        return READ_SECONDS
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds < 1e7:
        raise InvalidParameter(f"request_timeout is {seconds!r}; it must be a number of seconds above 0.")
    return float(seconds)


_session = HttpSession()


def session() -> HttpSession:
    """The process's session."""
    return _session


def _after_fork() -> None:
    # The parent's connections are the parent's: two processes that write to one would mix their requests.
    global _session
    _session = HttpSession()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
