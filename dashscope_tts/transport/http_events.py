"""Server-sent events, as the service sends them and as the standard writes them.

The service puts one JSON document into one ``data:`` line; its own documents say that an event may have several.
Both are read: the lines together where that is JSON, else each for itself.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Optional

__all__ = ["Event", "read_events"]

_MOST_EVENT_CHARACTERS = 32 * 1024 * 1024


@dataclass
class Event:
    """An event: its type, its ``data:`` lines, and the HTTP status that stands beside it, if one does."""

    type: str = ""
    data: list[str] = field(default_factory=list)
    status: Optional[int] = None

    @property
    def is_error(self) -> bool:
        return self.type == "error"

    def documents(self) -> list[Any]:
        """The JSON documents in it; text that is none comes as a string."""
        whole = "\n".join(self.data)
        try:
            return [json.loads(whole)]
        except ValueError:
            pass
        return [_document(line) for line in self.data]


def _document(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return line


def read_events(pieces: Iterable[bytes]) -> Iterator[Event]:
    """The events of a body that comes in pieces. One that is not closed by an empty line is given at the end.

    Raises:
        ValueError: an event that does not end.
    """
    event = Event()
    for line in _lines(pieces):
        if not line:
            if event.data:
                yield event
            event = Event()
            continue
        name, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if name == "":
            _take_comment(event, value)
        elif name == "data":
            event.data.append(value)
        elif name == "event":
            event.type = value.strip()
        elif name == "status" and value.strip().isdigit():
            event.status = int(value)
    if event.data:
        yield event


def _take_comment(event: Event, comment: str) -> None:
    """``:HTTP_STATUS/400`` tells the status of an error; other comments keep the connection alive."""
    name, _, number = comment.strip().partition("/")
    if name == "HTTP_STATUS" and number.isdigit() and event.status is None:
        event.status = int(number)


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """Lines as they get complete; each of CR LF, LF and CR ends one."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    waiting: list[str] = []
    length = 0
    after_return = False
    for piece in pieces:
        text = decoder.decode(piece)
        if after_return and text:
            text, after_return = text[1:] if text[0] == "\n" else text, False
        if "\n" not in text and "\r" not in text:  # a long line in many pieces is put together once
            waiting.append(text)
            length += len(text)
            if length > _MOST_EVENT_CHARACTERS:
                raise ValueError("an event that does not end")
            continue
        after_return = text.endswith("\r")
        lines = "".join((*waiting, text)).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        waiting, length = [lines.pop()], 0
        yield from lines
    rest = "".join(waiting) + decoder.decode(b"", True)
    if rest:
        yield rest
