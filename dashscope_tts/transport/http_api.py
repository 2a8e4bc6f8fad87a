"""One call of the vendor's HTTP APIs: what is sent, and what came back, without the faces' result objects."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Optional

from ..common.error import AuthenticationError
from ..common.settings import find_api_key, http_url
from .headers import ApiKey, user_agent, websocket_headers
from .http import HttpAnswer, HttpRequest, checked_timeout, session
from .http_events import Event, read_events
from .http_text import without_secrets

__all__ = ["ApiCall", "Reply", "call", "own_keywords", "raw_call", "stream"]

_JSON = "application/json; charset=utf-8"
_NO_KEY = (
    "No api key provided. Set dashscope_tts.api_key, give api_key=, set the environment variable DASHSCOPE_API_KEY, "
    "or store it with dashscope_tts.save_api_key()."
)
_OWN_KEYWORDS = ("base_address", "headers", "request_timeout", "proxies", "verify")


@dataclass(frozen=True)
class ApiCall:
    """What a call is made of.

    Attributes:
        path: of the API, after the base URL.
        body: JSON; None for none.
        api_key: a key, or a callable that is asked for one at each call; the settings' by default.
        workspace: the workspace to be billed.
        url: the base URL; the settings' by default.
        headers: more headers; they win over ours.
        timeout: seconds, ``request_timeout`` of the caller; None is 300.
        proxies, verify: as for ``HttpRequest``.
        area: the part of the package that the service is told: ``audio`` or ``aigc``.
        agent: what is added to the user agent.
        may_repeat: see ``HttpRequest``.
    """

    path: str
    body: Optional[Mapping[str, Any]]
    api_key: Optional[ApiKey] = None
    workspace: Optional[str] = None
    url: Optional[str] = None
    headers: Optional[Mapping[str, str]] = None
    timeout: Optional[float] = None
    proxies: Optional[Mapping[str, str]] = None
    verify: Optional[Any] = None
    area: str = "audio"
    agent: str = ""
    may_repeat: bool = True

    def __repr__(self) -> str:
        return f"<ApiCall {self.path}>"  # a key may be in it


@dataclass(frozen=True)
class Reply:
    """An answer, or one event of a streamed one. ``status`` is 200 where all is well."""

    status: int
    request_id: str = ""
    code: Any = ""
    message: str = ""
    output: Any = None
    usage: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def is_ok(self) -> bool:
        return self.status == HTTPStatus.OK


def own_keywords(keywords: dict[str, Any]) -> dict[str, Any]:
    """Take out of a program's keywords what is for the way and not for the service; the rest stays."""
    taken = {name: keywords.pop(name) for name in _OWN_KEYWORDS if name in keywords}
    options = {name: taken.get(name) for name in ("headers", "proxies", "verify")}
    return {**options, "url": taken.get("base_address"), "timeout": taken.get("request_timeout")}


def call(what: ApiCall) -> Reply:
    """Send it and read the whole answer.

    Raises:
        AuthenticationError: no key is known.
        MalformedFrame: status 200, and a body that is not JSON.
        ConnectFailed, ConnectionLost, TaskTimeout: the network; also of the class that ``requests`` raises.
    """
    request = _request(what, streamed=False)
    with session().post(request) as answer:
        return _whole(answer, request)


def raw_call(what: ApiCall) -> tuple[int, Any, dict[str, str]]:
    """As ``call``, for an answer of another shape: the status, the JSON (None where it is none), the headers."""
    request = _request(what, streamed=False)
    with session().post(request) as answer:
        return answer.status, _document(answer.read(), answer.status, request), dict(answer.headers)


def stream(what: ApiCall) -> Iterator[Reply]:
    """Send it, and give each event as it comes; an error ends it, as a reply with its status.

    The request leaves with the first ``next``; leaving the loop early closes the connection.

    Raises:
        As ``call``; ``ConnectionLost`` also where the stream ends without its last event.
    """
    request = _request(what, streamed=True)
    with session().post(request) as answer:
        if answer.status != HTTPStatus.OK or "text/event-stream" not in answer.headers.get("Content-Type", ""):
            yield _whole(answer, request)
            return
        is_complete = False
        for reply in _replies(answer, request):
            yield reply
            if not reply.is_ok:
                return
            is_complete = is_complete or _is_last(reply)
    if not is_complete:
        from . import http_failures

        raise http_failures.ended_early(request)


def _is_last(reply: Reply) -> bool:
    reason = reply.output.get("finish_reason") if isinstance(reply.output, dict) else None
    return reason not in (None, "", "null")  # the service writes the word


def _replies(answer: HttpAnswer, request: HttpRequest) -> Iterator[Reply]:
    headers = dict(answer.headers)
    request_id = ""
    try:
        for event in read_events(answer.pieces()):
            for document in event.documents():
                if document == "[DONE]":
                    continue
                reply = _of_event(event, document, request_id, headers, request)
                request_id = reply.request_id
                yield reply
    except ValueError as error:
        from . import http_failures

        raise http_failures.broken_off(OSError(str(error)), request) from error


def _of_event(
    event: Event, document: Any, request_id: str, headers: dict[str, str], request: HttpRequest
) -> Reply:
    status = event.status if event.status is not None and event.status > 400 else HTTPStatus.BAD_REQUEST
    if not isinstance(document, dict):
        text = document if isinstance(document, str) else json.dumps(document)
        return Reply(status, request_id, "Unknown", without_secrets(text, request.secrets), headers=headers)
    given = document.get("request_id")
    request_id = given if isinstance(given, str) and given else request_id
    if event.is_error or (document.get("code") and document.get("output") is None):
        return _error(status, document, headers, request, request_id)
    return _success(document, headers, request, request_id)


def _whole(answer: HttpAnswer, request: HttpRequest) -> Reply:
    body, headers = answer.read(), dict(answer.headers)
    document = _document(body, answer.status, request)
    if answer.status == HTTPStatus.OK:
        return _success(document if isinstance(document, dict) else {}, headers, request)
    if isinstance(document, dict):
        return _error(answer.status, document, headers, request)
    text = without_secrets(body.decode("utf-8", "replace"), request.secrets)
    return Reply(answer.status, "", "Unknown", text, headers=headers)


def _document(body: bytes, status: int, request: HttpRequest) -> Any:
    """The JSON of an answer; None for an error whose body is none."""
    cause: Optional[ValueError] = None
    try:
        document = json.loads(body)
        if isinstance(document, dict) or status != HTTPStatus.OK:
            return document
    except ValueError as error:
        cause = error
        if status != HTTPStatus.OK:
            return None
    from . import http_failures

    raise http_failures.not_json(body, request, cause) from cause


def _success(document: dict[str, Any], headers: dict[str, str], request: HttpRequest, request_id: str = "") -> Reply:
    """Also what came with status 200 and is an error all the same: ``code`` and ``message`` then say so."""
    message = document.get("message") or ""
    return Reply(
        status=HTTPStatus.OK,
        request_id=document.get("request_id") or request_id,
        code=document.get("code") or "",
        message=without_secrets(message, request.secrets) if isinstance(message, str) else message,
        output=document.get("output"),
        usage=document.get("usage"),
        headers=headers,
    )


def _error(
    status: int, document: dict[str, Any], headers: dict[str, str], request: HttpRequest, request_id: str = ""
) -> Reply:
    message = document.get("message") or document.get("msg") or ""
    return Reply(
        status=status,
        request_id=document.get("request_id") or request_id,
        code=document.get("code"),
        message=without_secrets(message if isinstance(message, str) else json.dumps(message), request.secrets),
        headers=headers,
    )


def _request(what: ApiCall, streamed: bool) -> HttpRequest:
    key = _key(what.api_key)
    own = {"Content-Type": _JSON, "Accept": _JSON}
    if streamed:
        own.update({"Accept": "text/event-stream", "X-Accel-Buffering": "no", "X-DashScope-SSE": "enable"})
    if what.agent:
        own["user-agent"] = user_agent() + what.agent
    if os.environ.get("DASHSCOPE_DISABLE_DATA_INSPECTION", "true").lower() == "false":
        own["X-DashScope-DataInspection"] = "enable"
    if what.body is None:
        del own["Content-Type"]
    headers = websocket_headers(key, what.workspace, {**own, **(what.headers or {})})
    sdk = headers.get("x-dashscope-sdk-client", "")
    if sdk.startswith("python-sdk/"):
        headers["x-dashscope-sdk-client"] = f"{sdk.rpartition('/')[0]}/{what.area}"
    body = None if what.body is None else json.dumps(what.body, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return HttpRequest(
        url=http_url(what.url, what.workspace).rstrip("/") + what.path,
        headers=headers,
        body=body,
        secrets=(key,),
        timeout=checked_timeout(what.timeout),
        may_repeat=what.may_repeat,
        proxies=what.proxies,
        verify=what.verify,
    )


def _key(api_key: Optional[ApiKey]) -> str:
    key = find_api_key(api_key() if callable(api_key) else api_key)
    if not key:
        raise AuthenticationError(_NO_KEY)
    return key
