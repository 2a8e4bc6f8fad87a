"""The voices that were created here, in SQLite: in a file where they are to be kept, otherwise in memory."""

from __future__ import annotations

import functools
import json
import sqlite3
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from . import made_voices
from .engine import VoiceSample
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
# A table of its own, which a file of an earlier version gets when it is opened, and lists need not read.
_RECORDINGS = "CREATE TABLE IF NOT EXISTS recordings (name TEXT PRIMARY KEY, audio BLOB NOT NULL, text TEXT NOT NULL)"
_COLUMNS = "name, maker, target_model, prefix, created, modified, ready_at, voice, details"


_Change = tuple[str, tuple[Any, ...]]


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
            self._database.execute("PRAGMA secure_delete = ON")  # who deletes a voice wants its recording gone
            self._database.execute(_SCHEMA)
            self._database.execute(_RECORDINGS)
            for name, target_model in self._rows("SELECT name, target_model FROM voices WHERE is_deleted = 1"):
                made_voices.remember_deleted(name, target_model)
            for stored in self._found("is_deleted = 0", ()):
                self._make_known(stored)
        except sqlite3.Error as error:
            raise OSError(f"the voices in {path} cannot be read: {error}") from error

    def put(self, stored: StoredVoice, sample: VoiceSample | None = None) -> None:
        """Add a voice, or replace the one of its name, and its recording."""
        row = (
            stored.name, stored.maker, stored.target_model, stored.prefix, stored.created, stored.modified,
            stored.ready_at, json.dumps(asdict(stored.voice)), json.dumps(stored.details),
        )  # fmt: skip
        places = ", ".join("?" * len(row))
        changes: list[_Change] = [(f"INSERT OR REPLACE INTO voices ({_COLUMNS}) VALUES ({places})", row)]
        if sample is None:
            changes.append(("DELETE FROM recordings WHERE name = ?", (stored.name,)))
        else:
            values = (stored.name, sample.audio, sample.text)
            changes.append(("INSERT OR REPLACE INTO recordings (name, audio, text) VALUES (?, ?, ?)", values))
        self._change(changes)
        self._make_known(stored)

    def get(self, name: str, makers: tuple[str, ...]) -> StoredVoice | None:
        """The voice of that name, if one of these APIs made it."""
        found = [stored for stored in self._found("is_deleted = 0 AND name = ?", (name,)) if stored.maker in makers]
        return found[0] if found else None

    def sample(self, name: str) -> VoiceSample | None:
        """The recording of the voice of that name, if it was kept."""
        rows = self._rows("SELECT audio, text FROM recordings WHERE name = ?", (name,))
        return VoiceSample(*rows[0]) if rows else None

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
        name = (stored.name,)
        change = "UPDATE voices SET is_deleted = 1, voice = '{}', details = '{}' WHERE name = ?"
        self._change([(change, name), ("DELETE FROM recordings WHERE name = ?", name)])
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

    def _change(self, changes: list[_Change]) -> None:
        """All of it, or nothing."""
        with self._lock:
            self._database.execute("BEGIN")
            try:
                for statement, values in changes:
                    self._database.execute(statement, values)
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    def _rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[Any]:
        with self._lock:
            return self._database.execute(statement, values).fetchall()

    def _found(self, condition: str, values: tuple[Any, ...]) -> list[StoredVoice]:
        rows = self._rows(f"SELECT {_COLUMNS} FROM voices WHERE {condition}", values)
        return [_stored(dict(zip(_COLUMNS.split(", "), row))) for row in rows]

    def _make_known(self, stored: StoredVoice) -> None:
        name, sample = stored.name, functools.partial(self.sample, stored.name)
        description = str(stored.details.get("voice_prompt") or "")
        made_voices.remember(name, stored.voice, stored.target_model, stored.ready_at, sample, description)


def _stored(row: dict[str, Any]) -> StoredVoice:
    return StoredVoice(**{**row, "voice": _voice(row["voice"]), "details": json.loads(row["details"])})


def _voice(text: str) -> Voice:
    fields = json.loads(text)
    return Voice(**{**fields, "languages": tuple(fields["languages"])})
