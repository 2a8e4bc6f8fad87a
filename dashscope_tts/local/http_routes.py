"""The HTTP routes of the service."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from . import tokens
from .audio_files import AudioFiles
from .customization import CUSTOMIZATION_PATH, customize
from .http_common import HttpService, answer, guarded
from .http_speech import AUDIO_PATH, COSYVOICE_PATH, QWEN_PATH, serve_audio, speak_cosyvoice, speak_qwen
from .refusals import Refusal
from .settings import ServiceSettings
from .speech import Studio
from .stats import Stats
from .voice_store import VoiceStore

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

__all__ = ["TOKENS_PATH", "http_routes", "make_http_service"]

TOKENS_PATH = "/api/v1/tokens"
_DEFAULT_SECONDS = 60


def make_http_service(settings: ServiceSettings, studio: Studio, stats: Stats) -> HttpService:
    """What the routes share; to be closed when the service stops.

    Raises:
        OSError: the folder for voices cannot be used.
    """
    return HttpService(settings, studio, stats, AudioFiles(settings.file_lifetime), VoiceStore(settings.data_dir))


def http_routes(service: HttpService) -> list[Route]:
    """The routes."""
    from starlette.routing import Route

    async def audio(request: Request) -> Response:
        return await serve_audio(service, request)

    answering = {
        COSYVOICE_PATH: speak_cosyvoice,
        QWEN_PATH: speak_qwen,
        CUSTOMIZATION_PATH: customize,
        TOKENS_PATH: _issue_token,
    }
    routes = [
        Route(path, guarded(service, partial(function, service)), methods=["POST"])
        for path, function in answering.items()
    ]
    return [*routes, Route(AUDIO_PATH, audio, methods=["GET"])]


async def _issue_token(service: HttpService, request: Request, body: Any, request_id: str) -> Response:
    """``POST .../tokens?expire_in_seconds=N``"""
    asked = request.query_params.get("expire_in_seconds", str(_DEFAULT_SECONDS))
    if not asked.isascii() or not asked.isdigit() or not 1 <= int(asked[:9]) <= tokens.LONGEST_SECONDS:
        raise Refusal.out_of_range("expire_in_seconds", asked, f"in the range [1, {tokens.LONGEST_SECONDS}]")
    token, expires_at = tokens.issue(service.settings.api_key, int(asked))
    return answer({"token": token, "expires_at": expires_at})
