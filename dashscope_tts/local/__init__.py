"""The local speech service: the CosyVoice protocol on this machine, without a key or a network.

Needs the extra ``local``: ``pip install "dashscope_tts[local]"``. Importing this package loads none of it.
"""

from __future__ import annotations

from .server import LocalService, run, serve

__all__ = ["LocalService", "run", "serve"]
