"""Corrections of the text before it is spoken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

__all__ = ["HotFix"]


@dataclass
class HotFix:
    """Pronunciations and replacements, for ``cosyvoice-v3-flash``.

    Args:
        pronunciation: ``[{"weather": "tian1 qi4"}]``: how to say a word, in pinyin.
        replace: ``[{"today": "jin1 tian1"}]``: what to say instead of a word.
    """

    pronunciation: Optional[list[dict[str, str]]] = None
    replace: Optional[list[dict[str, str]]] = None

    def to_dict(self) -> dict[str, Any]:
        """The parts that are set, as they go into the request."""
        parts = {"pronunciation": self.pronunciation, "replace": self.replace}
        return {name: value for name, value in parts.items() if value is not None}
