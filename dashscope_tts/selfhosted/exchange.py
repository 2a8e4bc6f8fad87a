"""One HTTP request whose answer is audio that comes while it is made.

It is built on ``http.client``: the socket is in our hands, so that a request can be given up from another thread
even before it is answered, and the first byte and the pauses between the others have time limits of their own.
Every request has a connection of its own.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, Optional
from urllib.parse import SplitResult, urlsplit

from ..common.error import InvalidParameter, RequestFailure, TaskCancelled
from . import failures
from .time_limits import TimeLimits

__all__ = ["Address", "Exchange"]

_READ_BYTES = 64 * 1024
_MOST_ERROR_BYTES = 64 * 1024
_WORDS_NOT_AUDIO = ("application/json", "text/html")


class Address:
    """Where a server is, and the token it wants.

    Args:
        url: ``http://`` or ``https://``, host, port, and the path in front of the server's own, if any.
        token: sent as ``X-API-TOKEN`` and as ``Authorization: Bearer``; None sends neither.
        ssl_context: for https; the system's certificates by default.

    Raises:
        InvalidParameter: the URL or the token cannot be used; the message does not repeat them.
    """

    def __init__(
        self, url: str, token: Optional[str] = None, ssl_context: Optional[ssl.SSLContext] = None
    ) -> None:
        parts = _split(url)
        self.is_secure = parts.scheme == "https"
        self.host = str(parts.hostname)
        self.port = parts.port or (443 if self.is_secure else 80)
        self.path = parts.path.rstrip("/")
        self.token = token or None
        self.ssl_context = ssl_context
        if self.token is not None and not (self.token.isascii() and self.token.isprintable()):
            raise InvalidParameter("token contains a line break or a character that no header can carry")

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown."""
        return (self.token,) if self.token else ()

    def headers(self) -> dict[str, str]:
        """The headers that carry the token."""
        if self.token is None:
            return {}
        return {"X-API-TOKEN": self.token, "Authorization": f"Bearer {self.token}"}

    def connection(self, seconds: float) -> http.client.HTTPConnection:
        """A connection that is still to be opened."""
        if self.is_secure:
            context = self.ssl_context or ssl.create_default_context()
            return http.client.HTTPSConnection(self.host, self.port, timeout=seconds, context=context)
        return http.client.HTTPConnection(self.host, self.port, timeout=seconds)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except (ValueError, AttributeError):
        known = False
    if not known:
        raise InvalidParameter("url is not of the form http://HOST:PORT or https://HOST:PORT")
    if parts.username or parts.password:
        raise InvalidParameter("url has a user or a password in it; give the key as token")
    if parts.query or parts.fragment or not url.isascii() or not url.isprintable() or " " in url:
        raise InvalidParameter("url has more in it than host, port and path")
    return parts


class Exchange:
    """A request and its answer. ``close`` may be called from any thread, all else from one."""

    def __init__(self, address: Address, limits: TimeLimits) -> None:
        self._address = address
        self._limits = limits
        self._lock = threading.Lock()  # guards the two below
        self._socket: Optional[socket.socket] = None
        self._is_closed = False
        self._connection: Optional[http.client.HTTPConnection] = None
        self._response: Optional[http.client.HTTPResponse] = None
        self._first_byte_by = 0.0
        self.received = 0
        """Bytes of the body so far."""

    @property
    def is_closed(self) -> bool:
        """Whether it has been given up, or is over."""
        return self._is_closed

    @property
    def is_answered(self) -> bool:
        """Whether the server has answered with a 200."""
        return self._response is not None

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> None:
        """Send the request, and wait for an answer with audio in it.

        Raises:
            ConnectFailed, AuthenticationFailed, TaskFailed, TaskTimeout, ConnectionLost: there is none.
            TaskCancelled: it was closed meanwhile.
        """
        connection = self._connect()
        try:
            self._set_time_limit(self._limits.first_byte)
            self._first_byte_by = time.monotonic() + self._limits.first_byte
            try:
                connection.request(
                    method,
                    self._address.path + path,
                    body,
                    {**self._address.headers(), "Connection": "close", **headers},
                )
            except (BrokenPipeError, ConnectionResetError):
                pass  # who refuses a request need not read all of it; what was said of it may be there
            response = connection.getresponse()
            self._check(response)
            self._response = response
        except RequestFailure:
            raise  # some of them are an OSError too
        except (OSError, http.client.HTTPException) as error:
            raise self._failure(error) from error
        finally:
            if self._response is None:
                self._hang_up(connection)
            else:
                self._connection = connection

    def __iter__(self) -> Iterator[bytes]:
        """The body as it comes.

        Raises:
            TaskTimeout, ConnectionLost: the rest does not come.
            TaskCancelled: it was closed.
        """
        response = self._response
        assert response is not None, "nothing has been sent"
        try:
            self._set_time_limit(max(0.001, self._first_byte_by - time.monotonic()))
            while True:
                data = response.read1(_READ_BYTES)
                if not data or self._is_closed:
                    break
                if not self.received:
                    self._set_time_limit(self._limits.between_chunks)
                self.received += len(data)
                yield data
            if self._is_closed or response.length:  # with a length of its own the end of the body is not checked
                raise self._failure(None)
        except (OSError, ValueError, AttributeError, http.client.HTTPException) as error:
            # A socket that is closed while it is read fails in more ways than these, and in no other.
            raise self._failure(error) from error
        finally:
            response.close()
            if self._connection is not None:
                self._hang_up(self._connection)

    def close(self) -> None:
        """Give it up: the connection is shut down, and a thread that waits for it is woken."""
        with self._lock:
            self._is_closed = True
            opened, self._socket = self._socket, None
        if opened is not None:
            try:
                # Not SSLSocket's own: that takes the TLS object away from under the thread that reads.
                socket.socket.shutdown(opened, socket.SHUT_RDWR)
            except OSError:
                pass  # the other side was first

    def _hang_up(self, connection: http.client.HTTPConnection) -> None:
        """To be called by the thread that reads."""
        self.close()
        connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        connection = self._address.connection(self._limits.connect)
        try:
            connection.connect()
        except (OSError, ValueError) as error:
            connection.close()
            raise failures.connect_failed(str(self._address), self._limits.connect, error) from error
        with self._lock:
            if not self._is_closed:
                self._socket = connection.sock
        if self._socket is None:
            connection.close()
            raise self._failure(None)
        return connection

    def _set_time_limit(self, seconds: float) -> None:
        with self._lock:
            if self._socket is not None:
                self._socket.settimeout(seconds)

    def _check(self, response: http.client.HTTPResponse) -> None:
        where, secrets = str(self._address), self._address.secrets
        kind = response.headers.get_content_type() if "content-type" in response.headers else ""
        if response.status == 200 and not kind.startswith(_WORDS_NOT_AUDIO):
            return
        body = b""
        try:
            body = response.read(_MOST_ERROR_BYTES)
        except (OSError, http.client.HTTPException):
            pass  # the status tells enough
        response.close()
        if response.status == 200:
            raise failures.without_audio(where, kind, body, secrets)
        raise failures.refused(where, response.status, body, response.headers.get("x-request-id"), secrets)

    def _failure(self, cause: Optional[BaseException]) -> Any:
        where = str(self._address)
        if self._is_closed:
            return TaskCancelled(message="the speech was cancelled", name="TaskCancelled")
        if isinstance(cause, socket.timeout):
            limits = self._limits
            seconds = limits.between_chunks if self.received else limits.first_byte
            return failures.timed_out(where, seconds, bool(self.received))
        return failures.broken_off(where, self.received, cause)
