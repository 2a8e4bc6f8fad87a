"""The faces: official import paths, names and signatures over the rooms inside."""

from __future__ import annotations

import importlib
from typing import Any

_LAZY_MODULES = ("http_tts", "qwen_tts", "qwen_tts_realtime", "tts", "tts_v2")


def __getattr__(name: str) -> Any:
    if name in _LAZY_MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
