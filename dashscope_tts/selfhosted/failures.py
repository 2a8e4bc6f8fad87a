"""From what the socket and the server report to errors that name the cause, in the server's own words.

No message made here holds the token, or more of a URL than host and port.
"""

from __future__ import annotations

import json
import socket
import ssl
from typing import Any, Optional

from ..common.error import (
    AuthenticationFailed,
    ConnectFailed,
    ConnectionLost,
    RequestFailure,
    TaskFailed,
    TaskTimeout,
)
from ..protocol.service_errors import explain, is_retryable

__all__ = ["broken_off", "connect_failed", "no_audio", "refused", "timed_out", "without_audio"]

_MOST_WORDS = 500  # characters of what a server says


def connect_failed(where: str, seconds: float, cause: BaseException) -> ConnectFailed:
    """No connection to ``where``, which is host and port."""
    hint, retryable = "", True
    if isinstance(cause, ssl.SSLCertVerificationError):
        reason, retryable = f"the server's certificate was not accepted: {cause.verify_message}", False
    elif isinstance(cause, ssl.SSLError):
        reason, retryable = f"TLS failed: {cause.reason or type(cause).__name__}", False
        hint = "Does the server speak https at this port?"
    elif isinstance(cause, ConnectionRefusedError):
        reason, hint = "connection refused", "Nothing listens at this address."
    elif isinstance(cause, socket.gaierror):
        reason, hint = "the host name cannot be resolved", "Check the URL."
    elif isinstance(cause, socket.timeout):
        reason = f"no answer in {seconds:g} s"
    else:
        reason = getattr(cause, "strerror", None) or type(cause).__name__
    error = ConnectFailed(
        message=f"no connection to the server {where}: {reason}",
        name="ConnectFailed",
        retryable=retryable,
        hint=hint,
    )
    error.__cause__ = cause
    return error


def timed_out(where: str, seconds: float, has_audio: bool) -> TaskTimeout:
    """The server fell silent, before its first byte or under the audio."""
    what = "no more audio" if has_audio else "no audio"
    return TaskTimeout(
        message=f"{what} from the server {where} in {seconds:g} s", name="TaskTimeout", retryable=True
    )


def broken_off(where: str, received: int, cause: Optional[BaseException]) -> ConnectionLost:
    """The body, or what should have come before it, broke off."""
    if received:
        text = f"the audio from the server {where} broke off after {received} bytes"
        hint = ""
    else:
        text = f"the server {where} closed the connection before any audio"
        hint = "Servers do so when the synthesis fails, for instance because they do not know the speaker."
    error = ConnectionLost(message=text, name="ConnectionLost", retryable=True, hint=hint)
    error.__cause__ = cause
    return error


def no_audio(where: str) -> TaskFailed:
    """An answer that was complete, and empty."""
    return TaskFailed(None, f"the server {where} sent no audio", "NoAudio", 200, retryable=False)


def without_audio(where: str, content_type: str, body: bytes, secrets: tuple[str, ...]) -> TaskFailed:
    """A 200 with something in it that is no audio."""
    code, words = _words(body, secrets)
    message = f"the server {where} answered with {content_type}, no audio: {words}"
    return TaskFailed(None, message, code or "NoAudio", 200, retryable=False)


def refused(
    where: str, status: int, body: bytes, request_id: Optional[str], secrets: tuple[str, ...]
) -> RequestFailure:
    """An answer with another status than 200."""
    code, words = _words(body, secrets)
    if status in (401, 403):
        told = f": {words}" if words else ""
        return AuthenticationFailed(
            request_id,
            f"the server {where} refused the token, HTTP {status}{told}",
            code or "AuthenticationFailed",
            status,
            hint="Give the server's API key as token.",
        )
    message = words or f"the server {where} answered HTTP {status} without a word"
    return TaskFailed(
        request_id,
        message,
        code or f"HTTP{status}",
        status,
        retryable=is_retryable(code, message, status),
        hint=explain(code, message) or ("There is no such server here; check the URL." if status == 404 else ""),
    )


def _words(body: bytes, secrets: tuple[str, ...]) -> tuple[str, str]:
    """A code, where there is one, and what the server says."""
    text = body.decode("utf-8", "replace")
    code = ""
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    if isinstance(answer, dict):
        inner = answer.get("error")
        said = inner if isinstance(inner, dict) else answer
        code = str(said.get("code") or said.get("type") or "") if isinstance(said, dict) else ""
        told = said.get("detail") or said.get("message") or said.get("msg") or inner
        text = _detail(told) if told else text
    for secret in secrets:
        text, code = text.replace(secret, "***"), code.replace(secret, "***")
    return code[:80], " ".join(text.split())[:_MOST_WORDS]


def _detail(told: Any) -> str:
    """The ``detail`` of a validation error as a line: which field, and what is wrong with it."""
    if not isinstance(told, list):
        return told if isinstance(told, str) else json.dumps(told, ensure_ascii=False)
    lines = []
    for item in told:
        if isinstance(item, dict) and "msg" in item:
            place = item.get("loc")
            fields = [str(part) for part in place if part != "body"] if isinstance(place, list) else []
            lines.append(": ".join([".".join(fields), str(item["msg"])]) if fields else str(item["msg"]))
        else:
            lines.append(_detail(item))
    return "; ".join(lines)
