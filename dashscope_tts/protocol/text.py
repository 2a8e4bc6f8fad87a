"""How the service counts text, and how much of it it takes.

Source: CosyVoice Python SDK, "Text and format limits". The helpers here tell; they never refuse. What is too
long is for the service to say, so that a limit it has raised does not stay in force here.
"""

from __future__ import annotations

import re

__all__ = [
    "IDLE_SECONDS",
    "MAX_INSTRUCTION_CHARACTERS",
    "MAX_MESSAGE_CHARACTERS",
    "MAX_SECONDS_BETWEEN_FRAGMENTS",
    "MAX_TASK_CHARACTERS",
    "count_characters",
    "is_ssml",
]

MAX_MESSAGE_CHARACTERS = 20_000
"""Counted characters in one ``call`` or one ``streaming_call``."""

MAX_TASK_CHARACTERS = 200_000
"""Counted characters in all fragments of one task."""

MAX_INSTRUCTION_CHARACTERS = 100
"""Counted characters of an ``instruction``."""

MAX_SECONDS_BETWEEN_FRAGMENTS = 23
"""Seconds the service waits for the next fragment before it fails the task."""

IDLE_SECONDS = 60
"""Seconds the service keeps a connection on which no task runs."""

# Simplified and traditional Chinese, kanji and hanja. The service documents no code ranges.
# Written as escapes: the compatibility ideographs at U+F900 turn into others when a file is normalized.
_IDEOGRAPH = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_TAG = re.compile(r"<[^<>]*>")


def is_ssml(text: str) -> bool:
    """Whether the text is an SSML document, that is, begins with a ``<speak>`` element."""
    return text.lstrip().startswith("<speak")


def count_characters(text: str) -> int:
    """Count text the way the service counts and bills it.

    A Chinese ideograph (simplified, traditional, kanji, hanja) counts 2; every other character, spaces and
    full-width punctuation included, counts 1; SSML tags count 0.

    Args:
        text: plain text, or an SSML document.

    Returns:
        The number of counted characters: ``count_characters("中A文123") == 8``.
    """
    if is_ssml(text):
        from html import unescape  # its table of entities is long

        text = unescape(_TAG.sub("", text))
    return len(text) + len(_IDEOGRAPH.findall(text))
