"""The headers of a WebSocket handshake: names and shapes of the official client, values of our own."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from functools import cache
from typing import Callable, Optional, Union

from ..common.error import AuthenticationError, InvalidParameter
from ..common.settings import find_api_key
from ..protocol.messages import new_id
from ..version import __version__

__all__ = ["ApiKey", "user_agent", "websocket_headers"]

ApiKey = Union[str, Callable[[], str]]
"""A key, or a callable that is asked for one at each connect, for tokens that live a minute."""

_BREAK = re.compile("[\r\n\0]")
_session_id = new_id()


@cache
def user_agent() -> str:
    """``dashscope_tts/<version>; python/<version>; platform/<system>; processor/<machine>``"""
    # Not platform.platform() and platform.processor(): they read files and start a program.
    if hasattr(os, "uname"):
        system, machine = "-".join(os.uname()[0:3:2]), os.uname().machine
    else:
        import platform

        system, machine = platform.system(), ""
    python = ".".join(map(str, sys.version_info[:3]))
    return f"dashscope_tts/{__version__}; python/{python}; platform/{system}; processor/{machine}"


def websocket_headers(
    api_key: ApiKey, workspace: Optional[str] = None, extra: Optional[Mapping[str, str]] = None
) -> dict[str, str]:
    """The headers to send. ``extra`` wins, and replaces a header of any spelling rather than standing beside it.

    Raises:
        AuthenticationError: a callable gave no key.
    """
    key = api_key if isinstance(api_key, str) else find_api_key(api_key())
    if not key:
        raise AuthenticationError("The api_key callable returned no key.")
    headers = {"user-agent": user_agent(), "Authorization": f"Bearer {key}"}
    if not os.environ.get("DASHSCOPE_DISABLE_SDK_HEADERS"):
        headers["x-dashscope-sdk-client"] = f"python-sdk/{__version__}/audio"
        headers["x-dashscope-sdk-session-id"] = _session_id
    for name, value in (extra or {}).items():
        headers = {known: kept for known, kept in headers.items() if known.lower() != name.lower()}
        headers[name] = str(value)
    if workspace:
        headers["X-DashScope-WorkSpace"] = workspace
    for name, value in headers.items():
        if _BREAK.search(f"{name}{value}"):
            raise InvalidParameter(f"The header {name!r} has a line break in it.")
    return headers
