"""Ids as the realtime service makes them: ``resp_`` and 21 letters and digits."""

from __future__ import annotations

import secrets
import string

__all__ = ["new_id"]

_SIGNS = string.ascii_letters + string.digits


def new_id(kind: str) -> str:
    """A new id: ``<kind>_`` and 21 letters and digits."""
    return f"{kind}_" + "".join(secrets.choice(_SIGNS) for _ in range(21))
