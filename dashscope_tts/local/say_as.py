"""How ``<say-as interpret-as="...">`` makes its text be read."""

from __future__ import annotations

import re

__all__ = ["said_as"]

_DATE = re.compile(r"\s*(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?\s*")
_TIME = re.compile(r"\s*(\d{1,2}):(\d{2})(?::(\d{2}))?\s*")
_MONEY = re.compile(r"\s*([$€£¥￥]|USD|EUR|GBP|CNY|RMB)\s*(\d[\d,]*(?:\.\d+)?)\s*", re.IGNORECASE)
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_CURRENCIES = {
    "$": ("dollars", "美元"), "usd": ("dollars", "美元"), "€": ("euros", "欧元"), "eur": ("euros", "欧元"),
    "£": ("pounds", "英镑"), "gbp": ("pounds", "英镑"), "¥": ("yuan", "元"), "￥": ("yuan", "元"),
    "cny": ("yuan", "元"), "rmb": ("yuan", "元"),
}  # fmt: skip


def said_as(interpretation: str, text: str, chinese: bool) -> tuple[str, str]:
    """What is said for ``text``, as the kind and the words of a span.

    Args:
        interpretation: ``cardinal``, ``digits``, ``telephone``, ``id``, ``characters``, ``punctuation``, ``date``,
            ``time``, ``currency``; anything else is read as it stands.
        text: what to read.
        chinese: whether the text around it is Chinese.
    """
    if interpretation in ("digits", "telephone"):
        groups = re.split(r"[\s\-()]+", text.strip())
        return "text", ", ".join(" ".join(group) for group in groups if group)
    if interpretation in ("characters", "id"):
        return "characters", " ".join(text.replace(" ", ""))
    if interpretation == "punctuation":
        return "characters", text
    if interpretation == "cardinal":
        return "text", text.replace(",", "")
    if interpretation == "date":
        return "text", _date(text, chinese)
    if interpretation == "time":
        return "text", _time(text, chinese)
    if interpretation == "currency":
        return "text", _money(text, chinese)
    return "text", text


def _date(text: str, chinese: bool) -> str:
    match = _DATE.fullmatch(text)
    if match is None:
        return text
    year, month, day = match.group(1), int(match.group(2)), match.group(3)
    if chinese:
        return f"{' '.join(year)} 年{month}月" + (f"{int(day)}日" if day else "")
    if not 1 <= month <= 12:
        return text
    return f"{_MONTHS[month - 1]} " + (f"{int(day)}, " if day else "") + year


def _time(text: str, chinese: bool) -> str:
    match = _TIME.fullmatch(text)
    if match is None or not chinese:
        return text
    hour, minute, second = match.groups()
    return f"{int(hour)}点{int(minute)}分" + (f"{int(second)}秒" if second else "")


def _money(text: str, chinese: bool) -> str:
    match = _MONEY.fullmatch(text)
    if match is None:
        return text
    english, name = _CURRENCIES[match.group(1).lower()]
    amount = match.group(2).replace(",", "")
    return f"{amount}{name}" if chinese else f"{amount} {english}"
