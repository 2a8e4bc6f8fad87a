"""``/healthz`` for who keeps the service running, ``/metrics`` for who counts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ..version import __version__
from .duplex import is_authorized
from .http_common import answer, error_body
from .metrics import CONTENT_TYPE
from .settings import ServiceSettings
from .stats import Stats

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

__all__ = ["operation_routes"]


def operation_routes(settings: ServiceSettings, stats: Stats) -> list[Route]:
    """The routes. Health is told to everybody, numbers to who has the key where there is one."""
    from starlette.responses import Response
    from starlette.routing import Route

    begin = time.monotonic()

    async def health(request: Request) -> Response:
        told = {
            "status": "ok",
            "version": __version__,
            "uptime_seconds": round(time.monotonic() - begin, 3),
            "sessions": stats.sessions.now,
            "max_sessions": settings.max_sessions,
            "tasks": stats.tasks.now,
        }
        return answer(told, headers={"Cache-Control": "no-store"})

    async def metrics(request: Request) -> Response:
        header, key = request.headers.get("authorization"), request.query_params.get("api_key")
        if settings.api_key is not None and not is_authorized(header, key, settings.api_key):
            return answer(error_body("InvalidApiKey", "Invalid API-key provided.", ""), 401)
        return Response(stats.exposition(), headers={"Content-Type": CONTENT_TYPE})

    return [Route("/healthz", health, methods=["GET"]), Route("/metrics", metrics, methods=["GET"])]
