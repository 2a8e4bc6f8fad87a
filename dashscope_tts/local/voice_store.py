"""The voices that were created here, in SQLite: in a file where they are to be kept, otherwise in memory."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from . import made_voices
from .voices import Voice

__all__ = ["StoredVoice", "VoiceStore"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS voices (
    name TEXT PRIMARY KEY,
    maker TEXT NOT NULL,
    target_model TEXT NOT NULL,
    prefix TEXT NOT NULL,
    created REAL NOT NULL,
    modified REAL NOT NULL,
    ready_at REAL NOT NULL,
    is_deleted INTEGER NOT NULL DEFAULT 0,
    voice TEXT NOT NULL,
    details TEXT NOT NULL
)
"""
_COLUMNS = "name, maker, target_model, prefix, created, modified, ready_at, voice, details"


@dataclass(frozen=True)
class StoredVoice:
    """A voice.

    Attributes:
        name: its id.
        maker: the API that made it: ``voice-enrollment``, ``qwen-voice-enrollment``, ``qwen-voice-design``.
        target_model: the only model that speaks with it.
        prefix: the part of its name that was asked for.
        created, modified, ready_at: Unix seconds.
        voice: what it is spoken with.
        details: what else is told about it: ``resource_link``, ``language``, ``voice_prompt``, ``preview_text``.
    """

    name: str
    maker: str
    target_model: str
    prefix: str
    created: float
    modified: float
    ready_at: float
    voice: Voice
    details: dict[str, Any]

    @property
    def status(self) -> str:
        return "DEPLOYING" if time.time() < self.ready_at else "OK"


class VoiceStore:
    """Thread-safe. What is in it can be spoken with, until ``close``.

    Args:
        folder: where to keep the file ``voices.sqlite3``; None keeps nothing.

    Raises:
        OSError: the folder cannot be made, or the file is no such database.
    """

    def __init__(self, folder: str | None) -> None:
        path = ":memory:"
        if folder is not None:
            try:
                Path(folder).mkdir(parents=True, exist_ok=True)
            except OSError as error:
                reason = f"the folder for voices, {folder}, cannot be made: {error.strerror}"
                raise OSError(error.errno, reason) from error
            path = str(Path(folder) / "voices.sqlite3")
        self._lock = threading.Lock()
        try:
            self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._database.execute(_SCHEMA)
            for name, target_model in self._rows("SELECT name, target_model FROM voices WHERE is_deleted = 1"):
                made_voices.remember_deleted(name, target_model)
            for stored in self._found("is_deleted = 0", ()):
                self._make_known(stored)
        except sqlite3.Error as error:
            raise OSError(f"the voices in {path} cannot be read: {error}") from error

    def put(self, stored: StoredVoice) -> None:
        """Add a voice, or replace the one of its name."""
        row = (
            stored.name, stored.maker, stored.target_model, stored.prefix, stored.created, stored.modified,
            stored.ready_at, json.dumps(asdict(stored.voice)), json.dumps(stored.details),
        )  # fmt: skip
        places = ", ".join("?" * len(row))
        self._rows(f"INSERT OR REPLACE INTO voices ({_COLUMNS}) VALUES ({places})", row)
        self._make_known(stored)

    def get(self, name: str, makers: tuple[str, ...]) -> StoredVoice | None:
        """The voice of that name, if one of these APIs made it."""
        found = [stored for stored in self._found("is_deleted = 0 AND name = ?", (name,)) if stored.maker in makers]
        return found[0] if found else None

    def page(self, maker: str, prefix: str, index: int, size: int) -> tuple[list[StoredVoice], int]:
        """A page of an API's voices, the newest first, and how many there are in all."""
        condition, values = "is_deleted = 0 AND maker = ?", [maker]
        if prefix:
            condition, values = condition + " AND prefix = ?", [maker, prefix]
        total = self._rows(f"SELECT COUNT(*) FROM voices WHERE {condition}", tuple(values))[0][0]
        order = f"{condition} ORDER BY created DESC, rowid DESC LIMIT {size:d} OFFSET {index * size:d}"
        return self._found(order, tuple(values)), int(total)

    def delete(self, stored: StoredVoice) -> None:
        """Delete it; its name is kept, so that nobody speaks with it by mistake."""
        self._rows("UPDATE voices SET is_deleted = 1, voice = '{}', details = '{}' WHERE name = ?", (stored.name,))
        made_voices.remember_deleted(stored.name, stored.target_model)

    def close(self) -> None:
        """Close the file; the voices can no longer be spoken with. Safe to call twice."""
        try:
            names = self._rows("SELECT name FROM voices")
        except sqlite3.ProgrammingError:
            return  # closed already
        for (name,) in names:
            made_voices.forget(name)
        with self._lock:
            self._database.close()

    def _rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[Any]:
        with self._lock:
            return self._database.execute(statement, values).fetchall()

    def _found(self, condition: str, values: tuple[Any, ...]) -> list[StoredVoice]:
        rows = self._rows(f"SELECT {_COLUMNS} FROM voices WHERE {condition}", values)
        return [_stored(dict(zip(_COLUMNS.split(", "), row))) for row in rows]

    def _make_known(self, stored: StoredVoice) -> None:
        made_voices.remember(stored.name, stored.voice, stored.target_model, stored.ready_at)


def _stored(row: dict[str, Any]) -> StoredVoice:
    return StoredVoice(**{**row, "voice": _voice(row["voice"]), "details": json.loads(row["details"])})


def _voice(text: str) -> Voice:
    fields = json.loads(text)
    return Voice(**{**fields, "languages": tuple(fields["languages"])})
