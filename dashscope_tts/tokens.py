"""Temporary tokens: keys that live a minute, to be handed to devices and browsers in place of the real one.

::

    synthesizer = SpeechSynthesizer(model, voice, api_key=TokenProvider())

Source: "Temporary authentication token".
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timezone
from email.utils import parsedate_to_datetime
from typing import Any, Optional

from .common.error import AuthenticationFailed, InvalidParameter, MalformedFrame, RequestFailure
from .common.logging import logger
from .protocol.service_errors import explain, is_retryable
from .transport.headers import ApiKey
from .transport.http_api import ApiCall, raw_call

__all__ = ["Token", "TokenProvider", "get_token"]

_PATH = "/tokens"
_REQUEST_SECONDS = 15.0
_MOST_SECONDS = 1800
_PAUSE_AFTER_FAILURE = 1.0


@dataclass(frozen=True)
class Token:
    """A temporary token.

    Attributes:
        token: what is given as ``api_key``. It does not appear in ``repr()``.
        expires_at: when it ends, in Unix seconds by the service's clock.
        lifetime: how long it lives from the moment it was asked for, in seconds.
    """

    token: str = field(repr=False)
    expires_at: int
    lifetime: float

    def __str__(self) -> str:
        return repr(self)


def get_token(
    expire_in_seconds: int = 60,
    *,
    api_key: Optional[ApiKey] = None,
    workspace: Optional[str] = None,
    url: Optional[str] = None,
    headers: Optional[Mapping[str, str]] = None,
    request_timeout: float = _REQUEST_SECONDS,
    proxies: Optional[Mapping[str, str]] = None,
    verify: Optional[Any] = None,
) -> Token:
    """Get a temporary token. It has all rights of the key, and cannot be revoked.

    Args:
        expire_in_seconds: how long it lives, 1 to 1800.
        api_key: the real key; what the settings say by default.
        workspace: the workspace the key belongs to.
        url: the base URL, in place of ``dashscope_tts.base_http_api_url``.
        headers: more headers.
        request_timeout: seconds without an answer.
        proxies: as ``requests`` takes them; the environment's by default.
        verify: False, or a file of certificates; the environment's by default.

    Raises:
        InvalidParameter: ``expire_in_seconds`` is out of its range.
        AuthenticationError: no key is known; ``AuthenticationFailed``: the service refused it.
        RequestFailure: any other error of the service.
        ConnectFailed, ConnectionLost, TaskTimeout: the network. Errors of ``requests`` too.
    """
    _check_seconds(expire_in_seconds)
    what = ApiCall(
        f"{_PATH}?expire_in_seconds={expire_in_seconds}", None, api_key=api_key, workspace=workspace, url=url,
        headers=headers, timeout=request_timeout, proxies=proxies, verify=verify,
    )  # fmt: skip
    status, answer, answer_headers = raw_call(what)
    document = answer if isinstance(answer, dict) else {}
    if status != 200:
        raise _refusal(status, document)
    token, expires_at = document.get("token"), document.get("expires_at")
    if not isinstance(token, str) or not token or not isinstance(expires_at, (int, float)):
        raise MalformedFrame(message="the service's answer holds no token", name="MalformedFrame", http_code=status)
    return Token(token, int(expires_at), _lifetime(expires_at, expire_in_seconds, answer_headers))


def _check_seconds(seconds: Any) -> None:
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 1 <= seconds <= _MOST_SECONDS:
        allowed = f"a whole number from 1 to {_MOST_SECONDS}"
        raise InvalidParameter(f"expire_in_seconds is {seconds!r}; it must be {allowed}.")


def _lifetime(expires_at: float, asked: int, headers: Mapping[str, str]) -> float:
    """By the service's own clock, as this machine's may be wrong; never more than was asked for."""
    for name, value in headers.items():
        if name.lower() == "date":
            try:
                moment = parsedate_to_datetime(value)
            except (TypeError, ValueError):
                break
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=timezone.utc)
            return max(0.0, min(float(asked), expires_at - moment.timestamp()))
    return float(asked)


def _refusal(status: int, document: Mapping[str, Any]) -> RequestFailure:
    code, message = str(document.get("code") or ""), str(document.get("message") or document.get("msg") or "")
    kind = AuthenticationFailed if status in (401, 403) else RequestFailure
    message = message or f"HTTP {status}"
    return kind(
        document.get("request_id"), message, code or kind.__name__, status,
        retryable=is_retryable(code, message, status), hint=explain(code, message),
    )  # fmt: skip


class TokenProvider:
    """Gives a temporary token that is valid now, and gets a new one before it ends. To be given as ``api_key=``.

    Any number of threads may call it; one of them at a time asks the service, the others go on with the present
    token where it is still valid. A failed renewal is not an error until the present token has ended.

    Args:
        api_key: the real key; what the settings say by default.
        expire_in_seconds: how long each token lives, 1 to 1800.
        renew_before: seconds before its end at which a token is replaced; a quarter of its life, and at most 15 s,
            by default.
        **options: ``workspace``, ``url``, ``headers``, ``request_timeout``, ``proxies``, ``verify``, as for
            :func:`get_token`.

    Raises (when it is called):
        As :func:`get_token`.
    """

    def __init__(
        self,
        api_key: Optional[ApiKey] = None,
        expire_in_seconds: int = 60,
        renew_before: Optional[float] = None,
        **options: Any,
    ) -> None:
        _check_seconds(expire_in_seconds)
        if renew_before is not None and not 0 <= renew_before < expire_in_seconds:
            raise InvalidParameter(f"renew_before is {renew_before!r}; it must be less than expire_in_seconds.")
        unknown = set(options) - {"workspace", "url", "headers", "request_timeout", "proxies", "verify"}
        if unknown:
            raise TypeError(f"TokenProvider() got an unexpected keyword argument {sorted(unknown)[0]!r}")
        self._api_key = api_key
        self._seconds = expire_in_seconds
        self._renew_before = renew_before
        self._options = options
        self._pid = os.getpid()
        self._asking = threading.Lock()
        self._present: Optional[tuple[Token, float, float]] = None  # token, when to renew it, when it ends
        self._not_before = 0.0

    def __call__(self) -> str:
        """A token that is valid now. May ask the service, and then blocks."""
        if self._pid != os.getpid():  # in a forked child a thread of the parent may hold the lock for ever
            self._pid, self._asking = os.getpid(), threading.Lock()
        present = self._present
        now = time.monotonic()
        if present is not None and now < max(present[1], min(self._not_before, present[2])):
            return present[0].token
        is_valid = present is not None and now < present[2]
        if not self._asking.acquire(blocking=not is_valid):
            assert present is not None
            return present[0].token
        try:
            return self._renewed(present)
        finally:
            self._asking.release()

    @property
    def token(self) -> Optional[Token]:
        """The present token; None before the first call."""
        present = self._present
        return None if present is None else present[0]

    def __repr__(self) -> str:
        return f"<TokenProvider expire_in_seconds={self._seconds}>"

    def _renewed(self, seen: Optional[tuple[Token, float, float]]) -> str:
        """Get a new token, unless another thread has just done so; the lock is held."""
        present, asked = self._present, time.monotonic()
        if present is not None and present is not seen and asked < present[1]:
            return present[0].token
        try:
            token = get_token(self._seconds, api_key=self._api_key, **self._options)
        except Exception as error:
            now = time.monotonic()
            if present is None or now >= present[2]:
                raise
            logger.warning("the temporary token could not be renewed: %s", error)
            self._not_before = now + _PAUSE_AFTER_FAILURE
            return present[0].token
        early = self._renew_before if self._renew_before is not None else min(15.0, token.lifetime / 4)
        end = asked + token.lifetime
        self._present = (token, end - min(early, token.lifetime), end)
        return token.token
