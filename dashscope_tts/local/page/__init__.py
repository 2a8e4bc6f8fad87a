"""The page at ``/``: try the voices in a browser, without anything from elsewhere."""

from __future__ import annotations

from .routes import page_routes

__all__ = ["page_routes"]
