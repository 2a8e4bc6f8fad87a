"""A form as it comes in the body of a request: urlencoded or multipart, with GET as well as with POST."""

from __future__ import annotations

import re
from typing import Union
from urllib.parse import parse_qsl

__all__ = ["Fields", "MalformedForm", "read_form"]

Fields = dict[str, Union[str, bytes]]
"""Texts, and files as bytes."""

_MOST_FIELDS = 32
_BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^\s;]+))', re.IGNORECASE)
_PARAMETER = re.compile(r';\s*([\w*]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;]+))')


class MalformedForm(Exception):
    """The body is not what its content type says."""


def read_form(content_type: str, body: bytes) -> Fields:
    """The fields of a form; of a name that comes twice the last.

    Raises:
        MalformedForm: it cannot be read.
    """
    kind = content_type.partition(";")[0].strip().lower()
    try:
        if kind == "multipart/form-data":
            return _multipart(content_type, body)
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except (UnicodeDecodeError, ValueError) as error:
        raise MalformedForm(str(error)) from error


def _multipart(content_type: str, body: bytes) -> Fields:
    match = _BOUNDARY.search(content_type)
    if match is None:
        raise MalformedForm("no boundary")
    delimiter = b"\r\n--" + (match.group(1) or match.group(2)).encode()
    # The first delimiter may stand at the very beginning; what is before it and after the last says nothing.
    parts = (b"\r\n" + body).split(delimiter)
    if len(parts) < 2 or not parts[-1].startswith(b"--"):
        raise MalformedForm("the last boundary is missing")
    if len(parts) > _MOST_FIELDS + 2:
        raise MalformedForm("too many fields")
    fields: Fields = {}
    for part in parts[1:-1]:
        head, separator, content = part.partition(b"\r\n\r\n")
        if not separator:
            raise MalformedForm("a part without an end of its head")
        name, is_file = _name(head.decode())
        fields[name] = content if is_file else content.decode()
    return fields


def _name(head: str) -> tuple[str, bool]:
    for line in head.split("\r\n"):
        header, _, value = line.partition(":")
        if header.strip().lower() == "content-disposition":
            given = {match[1].lower(): match[2] or match[3] or "" for match in _PARAMETER.finditer(value)}
            if "name" in given:
                return given["name"], "filename" in given or "filename*" in given
    raise MalformedForm("a part without a name")
