"""``Retry-After``, as seconds or as a date."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

__all__ = ["seconds_to_wait"]


def seconds_to_wait(headers: Optional[Mapping[Any, Any]]) -> Optional[float]:
    """What the header of an answer asks for; None where it asks for nothing, or nothing that can be read."""
    for name, value in (headers or {}).items():
        if str(name).lower() == "retry-after":
            return _seconds(str(value).strip())
    return None


def _seconds(value: str) -> Optional[float]:
    if value.isascii() and value.isdigit():
        return float(value)
    # Fourteen modules, for a form of the header that is rare.
    from datetime import datetime, timezone
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return max(0.0, (moment - datetime.now(timezone.utc)).total_seconds())
