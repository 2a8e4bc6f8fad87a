"""What may differ from run to run, made equal: ids, ports, times, versions."""

from __future__ import annotations

import json
import re
from typing import Any

__all__ = ["normalised"]

_ID = re.compile(r"\b[0-9a-f]{32}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_REPLACEMENTS = (
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:<port>"),
    (re.compile(r"(?<=[/~])(?:official|ours)\.(?=\w)"), ""),
    (re.compile(r"\[SpeechSynthesizer -?\d+ desc\]"), "[SpeechSynthesizer <hash> desc]"),
    (re.compile(r"dashscope(?:_tts)?/[\d.]+\w*; python/[\d.]+; platform/[^;]*; processor/[^;\"]*"), "<user agent>"),
    (re.compile(r"python-sdk/[\d.]+\w*/(?=\w)"), "python-sdk/<version>/"),
    (re.compile(r"event_([0-9a-f]{32})"), r"event_ \1"),
    (re.compile(r"session-id(\W+)[0-9a-f]{32}"), r"session-id\1<session id>"),
    (re.compile(r" at 0x[0-9a-f]+"), " at <address>"),
    (re.compile(r"(?<=[Dd]ate\": \")\w{3}, [\w :]+ GMT(?=\")"), "<now>"),
    (re.compile(r"\bdashscope_tts\b"), "dashscope"),
)


def normalised(trace: Any) -> Any:
    """The trace with all that is accidental replaced, ids by their order of appearance."""
    text = json.dumps(trace)
    for pattern, replacement in _REPLACEMENTS:
        text = pattern.sub(replacement, text)
    seen: dict[str, str] = {"6f1e0c1e-0000-4000-8000-000000000000": "<the server's id>"}
    text = _ID.sub(lambda match: seen.setdefault(match.group(), _name(match.group(), len(seen))), text)
    return json.loads(text)


def _name(found: str, number: int) -> str:
    return f"<{'uuid' if '-' in found else 'id'} {number}>"
