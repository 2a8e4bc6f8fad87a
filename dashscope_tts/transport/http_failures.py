"""From what requests and urllib3 report to errors that name the cause. Importing this module loads ``requests``.

Each error is of our own class and of the one that requests raises, so ``except requests.exceptions.ReadTimeout``
still fires. No message holds a key or the credentials of a URL.
"""

from __future__ import annotations

import json
import socket
import ssl
from typing import Any, Optional

import requests
import urllib3

from ..common.error import (
    ConnectFailed,
    ConnectionLost,
    DashScopeException,
    MalformedFrame,
    RequestFailure,
    TaskTimeout,
)
from .http import CONNECT_SECONDS, HttpRequest
from .http_text import host_and_port, without_secrets

__all__ = ["broken_off", "ended_before_answer", "ended_early", "not_answered", "not_json", "too_large"]

_CERTIFICATE_HINT = (
    "Install the system's root certificates (ca-certificates), or name a file of certificates with verify=, "
    "REQUESTS_CA_BUNDLE or SSL_CERT_FILE."
)


_classes: dict[tuple[str, str], type[RequestFailure]] = {}


def _both(public: type[RequestFailure], other: type[BaseException]) -> type[RequestFailure]:
    """A class that is our public one and one that programs catch; it shows itself as ours."""
    known = _classes.get((public.__name__, other.__name__))
    if known is not None:
        return known
    names = {"__module__": public.__module__, "__qualname__": public.__name__, "__reduce__": _reduce}
    made: type[RequestFailure] = type(public.__name__, (public, other), names)
    return _classes.setdefault((public.__name__, other.__name__), made)


def _reduce(error: Any) -> tuple[Any, ...]:
    """Errors travel between processes as the public class."""
    public = next(kind for kind in type(error).__mro__[1:] if issubclass(kind, RequestFailure))
    state = {name: value for name, value in error.__dict__.items() if name not in ("request", "response")}
    return _restored, (public, error.args, state)


def _restored(public: type[RequestFailure], arguments: tuple[Any, ...], state: dict[str, Any]) -> RequestFailure:
    error = public(*arguments)
    error.__dict__.update(state)
    return error


def _error(
    public: type[RequestFailure],
    other: type[BaseException],
    text: str,
    *,
    retryable: bool,
    hint: str = "",
) -> RequestFailure:
    return _both(public, other)(message=text, name=public.__name__, retryable=retryable, hint=hint)


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what lies behind it, as requests and urllib3 pack them into one another."""
    found: list[BaseException] = []
    waiting: list[Any] = [error]
    while waiting and len(found) < 12:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            waiting += [getattr(one, "reason", None), *one.args, one.__cause__, one.__context__]
    return found


def _is_any(error: BaseException, *kinds: type[BaseException]) -> bool:
    return any(isinstance(cause, kinds) for cause in _causes(error))


def ended_before_answer(error: BaseException) -> bool:
    """Whether the connection had been there, and ended before a byte of the answer came."""
    if isinstance(error, (requests.exceptions.Timeout, requests.exceptions.SSLError, requests.exceptions.ProxyError)):
        return False
    if not isinstance(error, requests.exceptions.ConnectionError) or _is_no_connection(error):
        return False
    return _is_any(error, ConnectionResetError, ConnectionAbortedError, BrokenPipeError)


def _is_no_connection(error: BaseException) -> bool:
    return _is_any(error, urllib3.exceptions.NewConnectionError, ConnectionRefusedError, socket.gaierror)


def not_answered(error: BaseException, request: HttpRequest) -> BaseException:
    """The error of a request to which no answer came."""
    failed = requests.exceptions
    where = host_and_port(request.url)
    if isinstance(error, DashScopeException):
        return error
    if isinstance(error, failed.ConnectTimeout):
        seconds = min(CONNECT_SECONDS, request.timeout)
        text = f"no connection to {where} within {seconds:g} s"
        return _error(ConnectFailed, failed.ConnectTimeout, text, retryable=True)
    if isinstance(error, failed.ReadTimeout):
        return _timed_out(request, failed.ReadTimeout)
    if isinstance(error, failed.SSLError):
        return _tls_failed(error, where)
    if isinstance(error, failed.ProxyError):
        text = f"the proxy on the way to {where} did not connect: {_short(error, request)}"
        hint = "Check the proxy's address and password."
        return _error(ConnectFailed, failed.ProxyError, text, retryable=True, hint=hint)
    if isinstance(error, failed.ConnectionError) and _is_no_connection(error):
        reason, hint = _no_connection(error, request)
        text = f"no connection to {where}: {reason}"
        return _error(ConnectFailed, failed.ConnectionError, text, retryable=True, hint=hint)
    if isinstance(error, failed.ConnectionError):
        text = f"the connection to {where} ended before an answer came: {_short(error, request)}"
        return _error(ConnectionLost, failed.ConnectionError, text, retryable=True)
    if isinstance(error, failed.RequestException):
        return _error(ConnectFailed, type(error), f"{type(error).__name__} ({where})", retryable=False)
    return error


def _timed_out(request: HttpRequest, kind: type[BaseException]) -> RequestFailure:
    text = f"{host_and_port(request.url)} sent nothing for {request.timeout:g} s. Read timed out."
    return _error(TaskTimeout, kind, text, retryable=request.may_repeat)


def _tls_failed(error: BaseException, where: str) -> RequestFailure:
    refused = [cause for cause in _causes(error) if isinstance(cause, ssl.SSLCertVerificationError)]
    if refused:
        text = f"the certificate of {where} was not accepted: {refused[0].verify_message}"
        return _error(ConnectFailed, requests.exceptions.SSLError, text, retryable=False, hint=_CERTIFICATE_HINT)
    reasons = [cause.reason for cause in _causes(error) if isinstance(cause, ssl.SSLError) and cause.reason]
    text = f"TLS with {where} failed" + (f": {reasons[0]}" if reasons else "")
    return _error(ConnectFailed, requests.exceptions.SSLError, text, retryable=True)


def _no_connection(error: BaseException, request: HttpRequest) -> tuple[str, str]:
    if _is_any(error, ConnectionRefusedError):
        return "connection refused", "Nothing listens at this address."
    if _is_any(error, socket.gaierror):
        return "the host name cannot be resolved", "Check the URL, and that this machine has a network."
    return _short(error, request), ""


def _short(error: BaseException, request: HttpRequest) -> str:
    """The innermost cause in a few words."""
    wrapping = requests.exceptions.RequestException
    system = [cause for cause in _causes(error) if isinstance(cause, OSError) and not isinstance(cause, wrapping)]
    cause = system[-1] if system else error
    return without_secrets(f"{type(cause).__name__}: {cause}", request.secrets)[:200]


def broken_off(error: BaseException, request: HttpRequest) -> BaseException:
    """The error of an answer that broke off."""
    where = host_and_port(request.url)
    if isinstance(error, DashScopeException):
        return error
    if _is_any(error, urllib3.exceptions.ReadTimeoutError, socket.timeout):
        return _timed_out(request, requests.exceptions.ReadTimeout)
    if isinstance(error, (urllib3.exceptions.HTTPError, requests.exceptions.RequestException, OSError)):
        text = f"the answer of {where} broke off: {_short(error, request)}"
        return _error(ConnectionLost, requests.exceptions.ChunkedEncodingError, text, retryable=True)
    return error


def ended_early(request: HttpRequest) -> RequestFailure:
    """The error of a stream that ended in good order but without its last event."""
    text = f"the stream of {host_and_port(request.url)} ended without its last event"
    return _error(ConnectionLost, requests.exceptions.ChunkedEncodingError, text, retryable=True)


def too_large(request: HttpRequest) -> RequestFailure:
    text = f"the answer of {host_and_port(request.url)} is too large to be one"
    return _error(MalformedFrame, requests.exceptions.InvalidJSONError, text, retryable=False)


class _NotJson(MalformedFrame, requests.exceptions.JSONDecodeError):
    """MalformedFrame as it is raised for an answer that is not JSON."""

    def __init__(self, text: str, cause: Optional[ValueError] = None) -> None:
        MalformedFrame.__init__(self, message=text, name="MalformedFrame")
        where = cause if isinstance(cause, json.JSONDecodeError) else None
        self.msg, self.doc, self.pos = (where.msg, "", where.pos) if where else (text, "", 0)
        self.lineno, self.colno = (where.lineno, where.colno) if where else (1, 1)

    def __reduce__(self) -> Any:
        return _restored, (MalformedFrame, (None, self.message, self.name), {"http_code": self.http_code})


_NotJson.__name__ = _NotJson.__qualname__ = MalformedFrame.__name__
_NotJson.__module__ = MalformedFrame.__module__


def not_json(body: bytes, request: HttpRequest, cause: Optional[ValueError]) -> RequestFailure:
    """The error of an answer with status 200 that is not JSON, such as a log-in page."""
    begin = without_secrets(" ".join(body[:200].decode("utf-8", "replace").split()), request.secrets)
    error = _NotJson(f"{host_and_port(request.url)} answered with something that is not JSON: {begin!r}", cause)
    error.http_code = 200
    return error
