"""The routes of the page: its files, and what it has to know of the service."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...version import __version__
from ..duplex import is_authorized
from ..engine import Engine
from ..http_common import HttpService, answer
from ..voices import MADE, Voice, known_voices

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

__all__ = ["page_routes"]

_FOLDER = Path(__file__).parent / "assets"
_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]+")
_MODELS = ("cosyvoice-v3-flash", "cosyvoice-v3-plus", "cosyvoice-v2", "cosyvoice-v1")


def page_routes(service: HttpService) -> list[Route]:
    """``/``, ``/page/NAME`` for the files, ``/page/service.json`` for what the page shows."""
    from starlette.responses import Response
    from starlette.routing import Route

    files = {path.name: path.read_bytes() for path in _FOLDER.iterdir() if path.suffix in _MEDIA_TYPES}

    def file(name: str, request: Request) -> Response:
        media_type = _MEDIA_TYPES[Path(name).suffix]
        headers = _headers(request.headers.get("host", ""))
        return Response(files[name], media_type=media_type, headers=headers)

    async def index(request: Request) -> Response:
        return file("index.html", request)

    async def asset(request: Request) -> Response:
        name = request.path_params["name"]
        return file(name, request) if name in files else Response(status_code=404)

    async def told(request: Request) -> Response:
        return answer(_told(service, request), headers={"Cache-Control": "no-store"})

    return [
        Route("/", index, methods=["GET"]),
        Route("/page/service.json", told, methods=["GET"]),
        Route("/page/{name}", asset, methods=["GET"]),
    ]


def _headers(host: str) -> dict[str, str]:
    # Not every browser takes the WebSocket of the same host to be 'self'.
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src 'self'{sockets}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-cache",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def _told(service: HttpService, request: Request) -> dict[str, Any]:
    settings, sessions = service.settings, service.stats.sessions
    is_open = settings.api_key is None
    is_let_in = is_open or is_authorized(request.headers.get("authorization"), None, settings.api_key)
    return {
        "version": __version__,
        "needs_key": not is_open,
        "is_let_in": is_let_in,
        "is_full": sessions.now >= settings.max_sessions,
        "max_sessions": settings.max_sessions,
        "max_characters": settings.max_message_characters,
        "models": _MODELS,
        "voices": _voices(service.studio.engine, with_made=is_let_in),
    }


def _voices(engine: Engine, with_made: bool) -> list[dict[str, Any]]:
    """The voices to choose from; those that users have made only for who may use them."""
    if engine.voice_names is None:
        found = [_voice(voice) for voice in known_voices() if voice.family.startswith("cosyvoice")]
    else:
        found = [{"name": name, "family": "", "sex": "", "description": ""} for name in engine.voice_names]
    return found + ([_voice(voice) for voice in MADE.values()] if with_made else [])


def _voice(voice: Voice) -> dict[str, Any]:
    return {
        "name": voice.name,
        "family": voice.family,
        "sex": voice.sex,
        "description": voice.description,
    }
