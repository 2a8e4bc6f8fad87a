"""Where the settings come from: the attributes of the package, the environment, the key file.

The attributes of ``dashscope_tts`` are the one place where a program sets them; the functions here read them at
the moment of use, so an environment variable or a key file that appears after the import counts.
"""

from __future__ import annotations

import os
import re
import sys
from typing import Any, Callable, NamedTuple, Optional

from .error import AuthenticationError, InputRequired

__all__ = [
    "Settings",
    "default_key_file",
    "find_api_key",
    "from_environment",
    "http_url",
    "redirect_urls",
    "save_api_key",
    "set_region",
    "websocket_url",
    "with_workspace",
]

REGIONS = ("ap-northeast-1", "ap-southeast-1", "cn-beijing", "cn-hongkong", "eu-central-1", "us-east-1")
_DEFAULT_HOST = "dashscope.aliyuncs.com"
_WORKSPACE_FIELD = "{workspace_id}"
_CONTROL_CHARACTER = re.compile("[\0-\x1f\x7f]")
_WORKSPACE_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_ROOT = __package__.partition(".")[0]
_redirect: Optional[Callable[[str], str]] = None


class Settings(NamedTuple):
    """The settings as the environment alone gives them."""

    api_key: Optional[str]
    api_key_file_path: Optional[str]
    http_url: str
    websocket_url: str
    compatible_url: str


def from_environment() -> Settings:
    """Read the environment: key, key file, region, workspace, API version, base URLs."""
    env = os.environ
    region = env.get("DASHSCOPE_API_REGION", "cn-beijing")
    host = _DEFAULT_HOST
    if region in REGIONS and region != "cn-beijing":
        host = f"{env.get('DASHSCOPE_WORKSPACE_ID') or _WORKSPACE_FIELD}.{region}.maas.aliyuncs.com"
    http, websocket, compatible = _urls(host)
    return Settings(
        api_key=env.get("DASHSCOPE_API_KEY"),
        api_key_file_path=env.get("DASHSCOPE_API_KEY_FILE_PATH"),
        http_url=env.get("DASHSCOPE_HTTP_BASE_URL") or http,
        websocket_url=env.get("DASHSCOPE_WEBSOCKET_BASE_URL") or websocket,
        compatible_url=env.get("DASHSCOPE_COMPATIBLE_BASE_URL") or compatible,
    )


def _urls(host: str) -> tuple[str, str, str]:
    version = os.environ.get("DASHSCOPE_API_VERSION") or "v1"
    return (
        f"https://{host}/api/{version}",
        f"wss://{host}/api-ws/{version}/inference",
        f"https://{host}/compatible-mode/{version}",
    )


def set_region(region: str, workspace_id: Optional[str] = None) -> None:
    """Send everything to the domain of a workspace in one region: sets the three base URLs.

    Args:
        region: one of ``ap-northeast-1``, ``ap-southeast-1``, ``cn-beijing``, ``cn-hongkong``,
            ``eu-central-1``, ``us-east-1``.
        workspace_id: the workspace; a letter or digit, then up to 63 letters, digits, ``_`` or ``-``.

    Raises:
        ValueError: an unknown region; no workspace id, or an ill-formed one.
    """
    if region not in REGIONS:
        raise ValueError(f"Unsupported region {region!r}. Supported regions: {list(REGIONS)}")
    if not workspace_id:
        raise ValueError("workspace_id is required")
    root = sys.modules[_ROOT]
    urls = _urls(f"{_checked_workspace(workspace_id)}.{region}.maas.aliyuncs.com")
    root.base_http_api_url, root.base_websocket_api_url, root.base_compatible_api_url = urls  # type: ignore[attr-defined]


def websocket_url(url: Optional[str] = None, workspace: Optional[str] = None) -> str:
    """The URL of the WebSocket API: ``url`` where given, otherwise the setting as it is now."""
    return with_workspace(url or _current("base_websocket_api_url", "websocket_url"), workspace)


def http_url(url: Optional[str] = None, workspace: Optional[str] = None) -> str:
    """The base URL of the HTTP APIs: ``url`` where given, otherwise the setting as it is now."""
    return with_workspace(url or _current("base_http_api_url", "http_url"), workspace)


def _current(attribute: str, field: str) -> str:
    """The package's attribute; the environment's value of now where the program has left it alone."""
    root: Any = sys.modules[_ROOT]
    value = getattr(root, attribute)
    if value == getattr(root._imported, field):
        value = getattr(from_environment(), field)
    return str(value)


def redirect_urls(redirect: Optional[Callable[[str], str]]) -> None:
    """Pass every URL of the service through ``redirect`` before it is used; None: no longer.

    For running a program against the local service, whatever address it sets itself.
    """
    global _redirect
    _redirect = redirect


def with_workspace(url: str, workspace: Optional[str] = None) -> str:
    """Fill ``{workspace_id}`` in a URL.

    Raises:
        InputRequired: the URL asks for a workspace id and none is known.
        ValueError: the workspace id is ill-formed.
    """
    if _redirect is not None:
        url = _redirect(url)
    if _WORKSPACE_FIELD not in url:
        return url
    workspace = workspace or os.environ.get("DASHSCOPE_WORKSPACE_ID")
    if not workspace:
        raise InputRequired(
            f"The base URL contains '{_WORKSPACE_FIELD}' and no workspace id is known: give workspace=, set "
            f"DASHSCOPE_WORKSPACE_ID, or call {_ROOT}.set_region(region, workspace_id)."
        )
    return url.replace(_WORKSPACE_FIELD, _checked_workspace(workspace))


def _checked_workspace(workspace: str) -> str:
    if not _WORKSPACE_PATTERN.fullmatch(workspace):
        raise ValueError(f"Invalid workspace_id {workspace!r}: must match ^{_WORKSPACE_PATTERN.pattern}$")
    return workspace


def default_key_file() -> str:
    """``~/.dashscope/api_key``"""
    return os.path.join(os.path.expanduser("~"), ".dashscope", "api_key")


def find_api_key(api_key: Optional[str] = None) -> Optional[str]:
    """The API key to use now, or None.

    Looked for in this order: the argument, ``dashscope_tts.api_key``, ``DASHSCOPE_API_KEY``, the file at
    ``dashscope_tts.api_key_file_path`` or ``DASHSCOPE_API_KEY_FILE_PATH``, ``~/.dashscope/api_key``.

    Raises:
        AuthenticationError: the key has a line break or another control character in it, or the file that was
            named cannot be read.
    """
    root: Any = sys.modules[_ROOT]
    key = api_key or root.api_key or os.environ.get("DASHSCOPE_API_KEY") or _key_from_file(root.api_key_file_path)
    if not key:
        return None
    key = key.strip()
    if _CONTROL_CHARACTER.search(key):
        raise AuthenticationError("The API key contains a line break or another control character.")
    return key or None


def _key_from_file(path: Optional[str]) -> Optional[str]:
    named = path or os.environ.get("DASHSCOPE_API_KEY_FILE_PATH")
    try:
        with open(named or default_key_file(), encoding="utf-8") as file:
            return file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        if named:
            raise AuthenticationError(f"The API key file {named} cannot be read: {error}") from error
        return None


def save_api_key(api_key: str, api_key_file_path: Optional[str] = None) -> None:
    """Write the key to a file that only its owner can read; the folder is made where it is missing.

    Args:
        api_key: the key.
        api_key_file_path: where to; ``~/.dashscope/api_key`` by default.
    """
    path = api_key_file_path or default_key_file()
    folder = os.path.dirname(path)
    if folder:
        os.makedirs(folder, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(api_key)
