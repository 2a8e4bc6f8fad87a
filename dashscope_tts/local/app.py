"""The service as an ASGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .duplex import serve_duplex
from .http_common import HttpService
from .http_routes import http_routes
from .inference_api import inference_routes
from .operation_routes import operation_routes
from .page import page_routes
from .realtime import REALTIME_PATH, serve_realtime
from .settings import ServiceSettings
from .speech import Studio
from .stats import Stats

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.websockets import WebSocket

__all__ = ["DUPLEX_PATH", "create_app"]

DUPLEX_PATH = "/api-ws/v1/inference"


def create_app(settings: ServiceSettings, studio: Studio, stats: Stats, http: HttpService) -> Starlette:
    """The routes of one service."""
    from starlette.applications import Starlette
    from starlette.routing import WebSocketRoute

    async def duplex(websocket: WebSocket) -> None:
        await serve_duplex(websocket, settings, studio, stats)

    async def realtime(websocket: WebSocket) -> None:
        await serve_realtime(websocket, settings, studio, stats)

    middleware = []
    if settings.cors:
        from starlette.middleware import Middleware
        from starlette.middleware.cors import CORSMiddleware

        middleware.append(
            Middleware(CORSMiddleware, allow_origins=list(settings.cors), allow_methods=["*"], allow_headers=["*"])
        )

    # The vendor's raw clients put a slash at the end, its package does not.
    return Starlette(
        routes=[
            *http_routes(http),
            *operation_routes(settings, stats),
            *page_routes(http),
            *inference_routes(http),
            *(
                WebSocketRoute(path + slash, endpoint)
                for path, endpoint in ((DUPLEX_PATH, duplex), (REALTIME_PATH, realtime))
                for slash in ("", "/")
            ),
        ],
        middleware=middleware,
    )
