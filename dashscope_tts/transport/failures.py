"""From what websocket-client and the system report to errors that name the cause.

No message made here holds an API key or the credentials of a URL: only host and port of a URL are shown, and what a
server answered is searched for the key first.
"""

from __future__ import annotations

import json
import socket
import ssl
from typing import Any, Optional
from urllib.parse import urlsplit

import websocket

from ..common.error import (
    AuthenticationFailed,
    ConnectFailed,
    ConnectionLost,
    IdleTimeout,
    MalformedFrame,
    RequestFailure,
    TaskCancelled,
    TaskFailed,
    TaskTimeout,
)
from ..protocol.events import ServerEvent
from ..protocol.service_errors import explain, is_idle_timeout, is_retryable
from .frame_reader import BadFrame, PeerClosed

__all__ = [
    "cancelled",
    "closed_wire",
    "connect_failed",
    "connection_lost",
    "ended_under_the_text",
    "hide_key",
    "host_of",
    "malformed",
    "out_of_time",
    "task_failed",
]

# Close codes after which a new connection may well work.
_PASSING_CLOSE_CODES = frozenset((None, 1000, 1001, 1005, 1006, 1011, 1012, 1013, 1015))
_CERTIFICATE_HINT = (
    "Install the system's root certificates (ca-certificates), or give the path of a certificate bundle: "
    'sslopt={"ca_certs": certifi.where()}.'
)


class _ConnectionLost(ConnectionLost, websocket.WebSocketConnectionClosedException):
    """ConnectionLost as it is raised: programs written for older SDKs catch websocket-client's class."""


class _MalformedFrame(MalformedFrame, websocket.WebSocketConnectionClosedException):
    """MalformedFrame as it is raised, for the same reason."""


for _raised, _public in ((_ConnectionLost, ConnectionLost), (_MalformedFrame, MalformedFrame)):
    _raised.__name__ = _raised.__qualname__ = _public.__name__
    _raised.__module__ = _public.__module__


def host_of(url: str) -> str:
    """Host and port of a URL, without its credentials, path and query."""
    try:
        parts = urlsplit(url)
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
    except ValueError:
        return "an unreadable address"


def connect_failed(url: str, seconds: float, cause: Optional[BaseException], key: str = "") -> ConnectFailed:
    """The error of a connection that did not come about within ``seconds``, or failed before.

    Its text begins as the official one does, which programs match, and ends with the cause.
    """
    status: Optional[int] = None
    reason, code, hint = f"no answer in {seconds:g} s", "", ""
    if cause is not None:
        reason, status, code, hint = _reason(cause, key)
    message = (
        f"websocket connection could not established within {seconds:g}s. Please check your network connection, "
        f"firewall settings, or server status. Cause: {reason} ({host_of(url)})"
    )
    kind = AuthenticationFailed if status in (401, 403) else ConnectFailed
    retryable = status is None and not isinstance(cause, (ssl.SSLCertVerificationError, ValueError))
    error = kind(
        message=message,
        name=code or kind.__name__,
        http_code=status,
        retryable=retryable or is_retryable(code, http_code=status),
        hint=hint or explain(code, reason),
    )
    error.__cause__ = cause
    return error


def _reason(cause: BaseException, key: str) -> tuple[str, Optional[int], str, str]:
    """What happened, the HTTP status, the service's code, and a hint."""
    if isinstance(cause, websocket.WebSocketBadStatusException):
        return _refusal(cause, key)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the server's certificate was not accepted: {cause.verify_message}", None, "", _CERTIFICATE_HINT
    if isinstance(cause, ssl.SSLError):
        return f"TLS failed: {cause.reason or cause}", None, "", ""
    if isinstance(cause, ConnectionRefusedError):
        return "connection refused", None, "", "Nothing listens at this address."
    if isinstance(cause, (websocket.WebSocketAddressException, socket.gaierror)):
        return "the host name cannot be resolved", None, "", "Check the URL, and that this machine has a network."
    if isinstance(cause, (websocket.WebSocketTimeoutException, socket.timeout)):
        return "no answer in time", None, "", ""
    if isinstance(cause, websocket.WebSocketProxyException) and "timed out" in str(cause):
        return "no answer of the proxy in time", None, "", ""
    if isinstance(cause, websocket.WebSocketConnectionClosedException):
        return "the server closed the connection during the handshake", None, "", ""
    text = str(cause) or type(cause).__name__
    return _without_key(f"{type(cause).__name__}: {text}", key)[:300], None, "", ""


def _refusal(cause: Any, key: str) -> tuple[str, Optional[int], str, str]:
    """A handshake that was answered with an HTTP status, often with a JSON body that says why."""
    status = int(cause.status_code)
    body = cause.resp_body or b""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body)
    code = ""
    try:
        answer = json.loads(text)
        code = str(answer.get("code") or "")
        text = str(answer.get("message") or answer.get("msg") or "")
    except (ValueError, AttributeError):
        text = " ".join(text.split())[:200]
    told = ", ".join(part for part in (code, text) if part)
    reason = _without_key(f"HTTP {status}" + (f", {told}" if told else ""), key)
    hint = "The API key is wrong, expired, or belongs to another region than the URL." if status == 401 else ""
    return reason, status, code, hint


def _without_key(text: str, key: str) -> str:
    return text.replace(key, "***") if len(key) > 3 else text


def hide_key(error: Any, key: str) -> None:
    """Take the key out of an exception; some servers repeat it when they refuse it."""
    if len(key) > 3:
        error.args = tuple(_without_key(part, key) if isinstance(part, str) else part for part in error.args)
        body = getattr(error, "resp_body", None)
        if isinstance(body, bytes):
            error.resp_body = body.replace(key.encode(), b"***")


def connection_lost(cause: Optional[BaseException], task_id: Optional[str] = None) -> ConnectionLost:
    """The error of a connection that went away."""
    if isinstance(cause, ConnectionLost):
        return cause
    error: ConnectionLost
    if isinstance(cause, PeerClosed):
        said = f" ({cause.reason})" if cause.reason else ""
        code = "no code" if cause.code is None else f"code {cause.code}"
        text = f"websocket closed by the service with {code}{said} before the task was over"
        error = _ConnectionLost(
            task_id, text, "ConnectionLost", 44, retryable=cause.code in _PASSING_CLOSE_CODES
        )
        error.close_code, error.close_reason = cause.code, cause.reason
    elif isinstance(cause, BadFrame):
        error = _MalformedFrame(task_id, f"websocket closed: {cause}", "MalformedFrame", 44)
    else:
        said = f": {cause}" if cause is not None and str(cause) else ""
        error = _ConnectionLost(
            task_id, f"websocket closed before the task was over{said}", "ConnectionLost", 44, retryable=True
        )
    error.__cause__ = cause
    return error


def closed_wire(failure: Optional[BaseException], task_id: Optional[str] = None) -> ConnectionLost:
    """The error of sending on a connection that is closed; its text begins as the official one does."""
    error = _ConnectionLost(
        task_id,
        "WebSocket connection is not established or has been closed. Please call connect() first and ensure the "
        "connection is active." + (f" Cause: {failure}" if failure is not None else ""),
        "ConnectionLost",
        44,
        retryable=True,
    )
    error.__cause__ = failure
    return error


def ended_under_the_text(failure: Optional[RequestFailure], task_id: str) -> ConnectionLost:
    """What a fragment gets that comes after its task has failed: a lost connection with its text."""
    if isinstance(failure, ConnectionLost):
        return failure
    if failure is None or isinstance(failure, TaskCancelled):
        return closed_wire(failure, task_id)
    error = _ConnectionLost(
        failure.request_id, failure.message, failure.name, 44, retryable=failure.retryable, hint=failure.hint
    )
    error.__cause__ = failure
    return error


def malformed(cause: BaseException, task_id: Optional[str] = None) -> MalformedFrame:
    """The error of a connection that was closed because a frame made no sense."""
    error = _MalformedFrame(task_id, f"websocket closed: {cause}", "MalformedFrame", 44)
    error.__cause__ = cause
    return error


def task_failed(event: ServerEvent) -> TaskFailed:
    """The error that the service reported with a ``task-failed``."""
    code, message = event.error_code, event.error_message
    kind = IdleTimeout if is_idle_timeout(message) else TaskFailed
    return kind(
        event.task_id, message, code, 44, retryable=is_retryable(code, message), hint=explain(code, message)
    )


def cancelled(task_id: Optional[str], text: str) -> TaskCancelled:
    """The failure of a task that the program itself has ended."""
    return TaskCancelled(task_id, text, "TaskCancelled", 44)


def out_of_time(task_id: Optional[str], text: str) -> TaskTimeout:
    """The failure of a task that has been waited for too long."""
    return TaskTimeout(task_id, text, "TaskTimeout", 44, retryable=True)
