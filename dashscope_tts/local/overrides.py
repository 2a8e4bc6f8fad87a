"""Pointing the package's settings at a service, and putting them back.

Services may start and stop in any order, from any thread: what was set before the first comes back after the last.
"""

from __future__ import annotations

import importlib
import os
import threading
from pathlib import Path
from typing import Any

__all__ = ["Overrides"]

_PLACEHOLDER_KEY = "local"
_lock = threading.Lock()
_active: list[Overrides] = []  # in the order they were applied


class Overrides:
    """The settings of one service, while it runs."""

    def __init__(self) -> None:
        self._ours: dict[str, Any] = {}
        self._before: dict[str, Any] = {}

    def apply(self, url: str, http_url: str, api_key: str | None) -> None:
        """Set the settings of the package's root module.

        Args:
            url: for ``base_websocket_api_url``.
            http_url: for ``base_http_api_url``.
            api_key: for ``api_key`` where no key is set anywhere; None sets a placeholder.
        """
        root = _root()
        with _lock:
            self._ours = {"base_websocket_api_url": url, "base_http_api_url": http_url}
            if not _has_key(root):
                self._ours["api_key"] = api_key or _PLACEHOLDER_KEY
            self._before = {name: getattr(root, name, None) for name in self._ours}
            for name, value in self._ours.items():
                setattr(root, name, value)
            _active.append(self)

    def restore(self) -> None:
        """Put back what was there, unless the program has set something else since."""
        root = _root()
        with _lock:
            if self not in _active:
                return
            later = _active[_active.index(self) + 1 :]
            _active.remove(self)
            for name, ours in self._ours.items():
                heir = next((other for other in later if name in other._before), None)
                if heir is not None and heir._before[name] == ours:
                    heir._before[name] = self._before[name]
                elif getattr(root, name, None) == ours:
                    setattr(root, name, self._before[name])


def _root() -> Any:
    return importlib.import_module(__name__.partition(".")[0])


def _has_key(root: Any) -> bool:
    if getattr(root, "api_key", None) or os.environ.get("DASHSCOPE_API_KEY"):
        return True
    if getattr(root, "api_key_file_path", None) or os.environ.get("DASHSCOPE_API_KEY_FILE_PATH"):
        return True
    try:
        return (Path.home() / ".dashscope" / "api_key").exists()
    except (OSError, RuntimeError):
        return False
