"""Where a realtime session is asked for."""

from __future__ import annotations

from typing import Optional
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

from ..common.settings import websocket_url, with_workspace

__all__ = ["realtime_url"]

_DUPLEX, _REALTIME = "inference", "realtime"


def realtime_url(model: str, url: Optional[str] = None, workspace: Optional[str] = None) -> str:
    """The URL of a session with this model.

    Args:
        model: goes into the query, unless ``url`` names a model there already.
        url: the address, with or without a query; by default the WebSocket address of the settings, with
            ``realtime`` in the place of ``inference``.
        workspace: fills ``{workspace_id}``.
    """
    address = with_workspace(url, workspace) if url else _realtime_of(websocket_url(None, workspace))
    parts = urlsplit(address)
    if any(name == "model" for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        return address
    query = f"{parts.query}&model={quote(model, safe='')}" if parts.query else f"model={quote(model, safe='')}"
    return urlunsplit(parts._replace(query=query))


def _realtime_of(address: str) -> str:
    parts = urlsplit(address)
    path = parts.path.rstrip("/")
    if path.endswith("/" + _DUPLEX):
        path = path[: -len(_DUPLEX)] + _REALTIME
    elif not path.endswith("/" + _REALTIME):
        path += "/" + _REALTIME
    return urlunsplit(parts._replace(path=path))
