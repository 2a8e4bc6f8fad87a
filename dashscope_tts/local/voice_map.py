"""Which voice of an upstream server stands behind a name: a small JSON or TOML file.

::

    {
      "longanyang": "中文男",
      "me": {"prompt_audio": "me.wav", "prompt_text": "What I say in that recording."},
      "*": {"speaker": "中文女", "instruction": "Speak gently."}
    }

A text is the id of a speaker. ``*`` stands for every name that is neither in the file nor that of a voice
created at the service; a voice that was designed from a description has the voice of ``*`` instructed by it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from .engine import VoiceSample

__all__ = ["MappedVoice", "VoiceMap", "VoiceMapError"]

_ANY = "*"


class VoiceMapError(ValueError):
    """The file cannot be used; the text names it, and the entry."""


@dataclass(frozen=True)
class MappedVoice:
    """A voice of an upstream server.

    Attributes:
        speaker: its id there.
        sample: a recording of it, which goes before the id.
        instruction: how it is to speak where the client does not say.
        sample_rate: of its audio in Hz, where that differs from the server's other voices.
        model: the model to ask for, where the server has several.
    """

    speaker: str = ""
    sample: VoiceSample | None = None
    instruction: str = ""
    sample_rate: int | None = None
    model: str = ""


class VoiceMap:
    """Names and voices. Without any, each name is itself the id of a speaker."""

    def __init__(self, voices: Mapping[str, MappedVoice] | None = None) -> None:
        self._voices = None if voices is None else dict(voices)

    @classmethod
    def of_file(cls, path: str | os.PathLike[str]) -> VoiceMap:
        """Read a .json or a .toml file, and the recordings it names, whose paths start at the file's folder.

        Raises:
            VoiceMapError: it cannot be read, or says something that is not understood.
        """
        path = os.fspath(path)
        table = _read(path)
        return cls({name: _voice(path, name, value) for name, value in table.items()})

    @property
    def names(self) -> tuple[str, ...]:
        """The names, as far as they are known."""
        return tuple(name for name in self._voices or () if name != _ANY)

    @property
    def others(self) -> MappedVoice | None:
        """The voice for every name that is not in the file; None where it has none."""
        return (self._voices or {}).get(_ANY)

    def find(self, name: str) -> MappedVoice | None:
        """The voice behind a name; None where there is none."""
        if self._voices is None:
            return MappedVoice(name)
        return self._voices.get(name) or self._voices.get(_ANY)


def _read(path: str) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            text = file.read().decode("utf-8-sig")
    except OSError as error:
        raise VoiceMapError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise VoiceMapError(f"{path}: not UTF-8 text (byte {error.start})") from error
    try:
        table = _toml(path, text) if path.lower().endswith(".toml") else json.loads(text)
    except VoiceMapError:
        raise
    except ValueError as error:
        raise VoiceMapError(f"{path}: {error}") from error
    if not isinstance(table, dict) or not table:
        raise VoiceMapError(f"{path}: not a table of voices")
    return table


def _toml(path: str, text: str) -> Any:
    try:
        import tomllib
    except ImportError as error:
        raise VoiceMapError(f"{path}: TOML needs Python 3.11 or later; JSON does not") from error
    return tomllib.loads(text)


def _voice(path: str, name: str, value: Any) -> MappedVoice:
    where = f"{path}: voice {name!r}"
    if isinstance(value, str):
        value = {"speaker": value}
    if not isinstance(value, dict):
        raise VoiceMapError(f"{where}: neither the id of a speaker nor a table")
    known = {field.name for field in fields(MappedVoice)} - {"sample"} | {"prompt_audio", "prompt_text"}
    for key, given in value.items():
        if key not in known:
            raise VoiceMapError(f"{where}: {key!r} is not one of {', '.join(sorted(known))}")
        kind = int if key == "sample_rate" else str
        if not isinstance(given, kind) or isinstance(given, bool) or not given:
            raise VoiceMapError(f"{where}: {key} is not a {'number of Hz' if kind is int else 'text'}")
    recording = value.get("prompt_audio")
    if not recording and not value.get("speaker"):
        raise VoiceMapError(f"{where}: has neither speaker nor prompt_audio")
    if "prompt_text" in value and not recording:
        raise VoiceMapError(f"{where}: has prompt_text, and no prompt_audio")
    return MappedVoice(
        speaker=value.get("speaker", ""),
        sample=VoiceSample(_recording(path, where, recording), value.get("prompt_text", "")) if recording else None,
        instruction=value.get("instruction", ""),
        sample_rate=value.get("sample_rate"),
        model=value.get("model", ""),
    )


def _recording(path: str, where: str, name: str) -> bytes:
    try:
        with open(os.path.join(os.path.dirname(path), os.path.expanduser(name)), "rb") as file:
            data = file.read()
    except OSError as error:
        raise VoiceMapError(f"{where}: {name}: {error.strerror or error}") from error
    if not data:
        raise VoiceMapError(f"{where}: {name} is empty")
    return data
