"""From what the transport brings to the official response object."""

from __future__ import annotations

from http import HTTPStatus

from ..transport.http_api import Reply
from .dashscope_response import DashScopeAPIResponse

__all__ = ["as_response"]


def as_response(reply: Reply) -> DashScopeAPIResponse:
    """The official object for a reply."""
    return DashScopeAPIResponse(
        status_code=HTTPStatus.OK if reply.is_ok else reply.status,
        request_id=reply.request_id,
        code=reply.code,
        message=reply.message,
        output=reply.output,
        usage=reply.usage,
        headers=reply.headers,
    )
