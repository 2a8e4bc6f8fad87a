"""What the HTTP routes have in common: who is let in, how a body is read, how an error looks."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .audio_files import AudioFiles
from .duplex import is_authorized
from .refusals import Refusal
from .settings import ServiceSettings
from .speech import Studio
from .stats import Stats
from .voice_store import VoiceStore

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["Answering", "HttpService", "answer", "error_body", "guarded"]

_logger = logging.getLogger("dashscope_tts.local")

_STATUS = {"InvalidApiKey": 401, "ModelNotFound": 404, "InternalError": 500, "RequestTooLarge": 413}


@dataclass(frozen=True)
class HttpService:
    """What the routes of one service share."""

    settings: ServiceSettings
    studio: Studio
    stats: Stats
    files: AudioFiles
    voices: VoiceStore

    def close(self) -> None:
        """Remove the files, close the database."""
        self.files.close()
        self.voices.close()


Answering = Callable[["Request", Any, str], Awaitable["Response"]]
"""Takes the request, its JSON, and its id."""


def error_body(code: str, message: str, request_id: str) -> dict[str, str]:
    return {"code": code, "message": message, "request_id": request_id}


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    from starlette.responses import JSONResponse

    return JSONResponse(body, status_code=status, headers=headers)


def guarded(service: HttpService, answering: Answering) -> Callable[[Request], Awaitable[Response]]:
    """A route that lets in who has the key, and turns what goes wrong into an error body."""

    async def endpoint(request: Request) -> Response:
        from starlette.requests import ClientDisconnect

        request_id = str(uuid.uuid4())
        settings = service.settings
        key = request.headers.get("authorization")
        if not is_authorized(key, request.query_params.get("api_key"), settings.api_key):
            return _refused(service, Refusal("Invalid API-key provided.", code="InvalidApiKey"), request_id)
        try:
            return await answering(request, await _json(request), request_id)
        except Refusal as refusal:
            return _refused(service, refusal, request_id)
        except ClientDisconnect:
            raise
        except Exception as error:
            _logger.error("a request failed: %s", type(error).__name__, exc_info=True)
            return _refused(service, Refusal.internal(), request_id)

    return endpoint


def _refused(service: HttpService, refusal: Refusal, request_id: str) -> Response:
    service.stats.failed(refusal.code)
    status = _STATUS.get(refusal.code, 400)
    return answer(error_body(refusal.code, refusal.message, request_id), status)


async def _json(request: Request) -> Any:
    body = await request.body()  # no larger than the limit: see operation.py
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        raise Refusal("Required body invalid, please check the request body format.") from None
