"""Speech synthesis for Alibaba's DashScope: CosyVoice and its family, drop-in for the official package.

This module holds the settings a program sets, under their official names, and loads nothing heavy; the rest of
the package is loaded when it is first touched. The settings are read at the moment they are used, so they may be
set before or after the classes are imported.

Attributes:
    api_key: the API key; None to take ``DASHSCOPE_API_KEY``, the key file, or ``~/.dashscope/api_key``.
    api_key_file_path: a file that holds the key.
    base_websocket_api_url: where speech over WebSocket is asked for.
    base_http_api_url: the base of the HTTP APIs.
    base_compatible_api_url: kept for programs that set it; nothing here uses it.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any, Optional

from .common import settings as _settings
from .common.settings import save_api_key, set_region
from .version import __version__

__all__ = [
    "__version__",
    "api_key",
    "api_key_file_path",
    "base_compatible_api_url",
    "base_http_api_url",
    "base_websocket_api_url",
    "save_api_key",
    "set_region",
]

_imported = _settings.from_environment()
api_key: Optional[str] = _imported.api_key
api_key_file_path: Optional[str] = _imported.api_key_file_path
base_http_api_url: str = _imported.http_url
base_websocket_api_url: str = _imported.websocket_url
base_compatible_api_url: str = _imported.compatible_url

_LAZY_MODULES = ("aigc", "api_entities", "audio", "local", "selfhosted", "tokens")
_LAZY_CLASSES = {
    "HttpSpeechSynthesizer": "audio.http_tts",
    "MultiModalConversation": "aigc",
    "SpeechSynthesizer": "audio.tts",  # as the official package has it: the one of Sambert
}


def __getattr__(name: str) -> Any:
    # Programs reach classes by attribute after the plain import: dashscope_tts.audio.tts_v2.SpeechSynthesizer.
    if name in _LAZY_MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _LAZY_CLASSES:
        return getattr(importlib.import_module(f"{__name__}.{_LAZY_CLASSES[name]}"), name)
    if name in ("install", "uninstall"):
        return getattr(importlib.import_module(f"{__name__}.takeover"), name)
    if sys.modules.get("dashscope") is sys.modules[__name__] and not name.startswith("__"):
        from .takeover import outside_speech

        raise AttributeError(outside_speech(f"dashscope.{name}"))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
