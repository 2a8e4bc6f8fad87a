"""A form as the body of a request: urlencoded, or multipart when there is a file in it."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from typing import Any, Optional, Union
from urllib.parse import urlencode

from ..common.error import InvalidParameter

__all__ = ["PromptAudio", "encode_form", "read_prompt_audio"]

PromptAudio = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview, Any]
"""A recording: the path of a file, its bytes, or a file object opened in binary mode."""


def read_prompt_audio(prompt: PromptAudio) -> bytes:
    """The bytes of a recording, in whatever format it is; the server's decoder reads it.

    Raises:
        InvalidParameter: it is empty, or nothing that holds bytes.
        OSError: the file cannot be read.
    """
    if isinstance(prompt, (bytes, bytearray, memoryview)):
        data: Any = bytes(prompt)
    elif isinstance(prompt, (str, os.PathLike)):
        with open(prompt, "rb") as file:
            data = file.read()
    elif hasattr(prompt, "read"):
        data = prompt.read()
    else:
        raise InvalidParameter("prompt_audio is neither a path, nor bytes, nor a file object")
    if not isinstance(data, bytes):
        raise InvalidParameter("prompt_audio is a file in text mode; open it with 'rb'")
    if not data:
        raise InvalidParameter("prompt_audio is empty")
    return data


def encode_form(fields: Mapping[str, str], prompt_wav: Optional[bytes] = None) -> tuple[str, bytes]:
    """The content type and the body.

    Args:
        fields: the texts of the form.
        prompt_wav: the recording, sent as a file of that name.
    """
    if prompt_wav is None:
        return "application/x-www-form-urlencoded", urlencode(fields).encode("ascii")
    boundary = uuid.uuid4().hex  # no recording holds it but by a miracle
    parts = []
    for name, value in fields.items():
        parts += [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()]
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="prompt_wav"; filename="prompt_wav"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n".encode()
    )
    parts += [prompt_wav, f"\r\n--{boundary}--\r\n".encode()]
    return f"multipart/form-data; boundary={boundary}", b"".join(parts)
