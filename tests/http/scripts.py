"""What the stand-in server answers, by script."""

from __future__ import annotations

import base64
import json
from typing import Any

from .stand_in import Answer, Recorded, Script, error, events, ok

__all__ = ["SCRIPTS", "audio_event", "sse"]

EXPIRES = 1770000000
PLAIN = {
    "request_id": "ee88",
    "output": {
        "finish_reason": "stop",
        "audio": {"data": "", "url": "http://host/a.wav", "id": "audio_1", "expires_at": EXPIRES},
    },
    "usage": {"characters": 15},
}
QWEN = {
    "status_code": 200,
    "request_id": "rq",
    "code": "",
    "message": "",
    "output": {
        "text": None,
        "finish_reason": "stop",
        "choices": None,
        "audio": {"data": "", "url": "http://host/q.wav", "id": "audio_q", "expires_at": EXPIRES},
    },
    "usage": {
        "input_tokens": 9,
        "output_tokens": 90,
        "total_tokens": 99,
        "output_tokens_details": {"audio_tokens": 90, "text_tokens": 0},
    },
}


def audio_event(audio: bytes, finish_reason: Any = "null", url: str | None = None, **output: Any) -> dict[str, Any]:
    heard: dict[str, Any] = {"data": base64.b64encode(audio).decode(), "id": "audio_x", "expires_at": EXPIRES}
    if url is not None:
        heard["url"] = url
    said = {"finish_reason": finish_reason, "audio": heard, **output}
    return {"output": said, "request_id": "rs", "usage": {"characters": 3}}


def sse(document: Any, type: str = "result", *lines: str) -> str:
    text = document if isinstance(document, str) else json.dumps(document)
    return "\n".join([f"event:{type}", *lines, f"data:{text}"])


def piece(audio: bytes, index: int = 0, type: str = "sentence-synthesis") -> str:
    return sse(audio_event(audio, type=type, sentence={"index": index, "words": []}), "result", ":HTTP_STATUS/200")


LAST = sse(audio_event(b"", "stop", "http://host/whole.wav"))
STREAM = events(
    piece(b"", type="sentence-begin"),
    piece(b"\x01\x02"),
    ": still there",
    piece(b"\x03\x04"),
    sse(audio_event(b"", type="sentence-end", sentence={"index": 0, "words": [{"text": "a"}]})),
    LAST,
)
REFUSED = '{"code":"InvalidParameter","message":"bad","request_id":"rr"}'


def _voices(output: Any) -> Script:
    return lambda number, _: ok({"output": output, "usage": {"count": 1}, "request_id": f"rid-{number}"})


def _always(answer: Answer) -> Script:
    return lambda number, request: answer


def _drop_first(number: int, _: Recorded) -> Answer:
    return Answer(then="drop") if number == 0 else ok(PLAIN)


LISTED = {"voice_id": "v", "gmt_create": "2026-01-01 00:00:00", "gmt_modified": "2026-01-01 00:00:00", "status": "OK"}
SCRIPTS: dict[str, Script] = {
    "plain": _always(ok(PLAIN)),
    "qwen": _always(ok(QWEN)),
    "stream": _always(STREAM),
    "stream with all at the end": _always(
        events(piece(b"ab"), piece(b"cd", 1), sse(audio_event(b"abcd", "stop", "http://host/w")))
    ),
    "stream of one event": _always(events(sse(audio_event(b"zz", "stop", "http://host/w")))),
    "stream with an error": _always(events(piece(b"ab"), sse(REFUSED, "error", ":HTTP_STATUS/400"))),
    "stream with a status": _always(events(piece(b"ab"), sse(REFUSED, "error", "status:429"))),
    "stream cut": _always(events(piece(b"ab"), then="cut")),
    "stream without end": _always(events(piece(b"ab"))),
    "stream of nonsense": _always(events(piece(b"ab"), "data:{oops")),
    "stream with spaces": _always(events(piece(b"ab").replace(":", ": ", 1), 'event: error\ndata: ' + REFUSED)),
    "event of several lines": _always(
        events('data:{"output":{"finish_reason":"stop",\ndata:"audio":{"data":"YWI="}},"request_id":"q"}')
    ),
    "bad request": _always(error(400, "InvalidParameter", "Request voice is invalid!")),
    "no key": _always(error(401, "InvalidApiKey", "Invalid API-key provided.")),
    "too many": _always(error(429, "Throttling.RateQuota", "slow down", Retry_After="7")),
    "server fault": _always(error(500, "InternalError", "x")),
    "no body": _always(Answer(503, b"", {})),
    "empty error": _always(Answer(400, b"{}")),
    "other words": _always(Answer(400, b'{"msg":"the msg"}')),
    "gateway": _always(Answer(502, b"<html>bad gateway</html>", {"Content-Type": "text/html"})),
    "log-in page": _always(Answer(200, b"<html>hello</html>", {"Content-Type": "text/html"})),
    "broken json": _always(Answer(200, b"{oops")),
    "error with 200": _always(ok({"code": "Bad", "message": "no good", "request_id": "q"})),
    "drop": _always(Answer(then="drop")),
    "drop first": _drop_first,
    "hang": _always(Answer(then="hang")),
    "hang in the body": _always(Answer(body=b'{"request', then="hang")),
    "create": _voices({"voice_id": "m-p-1"}),
    "create qwen": _voices({"voice": "qwen-tts-vc-p-voice-1-ab", "target_model": "q"}),
    "list": _voices({"voice_list": [LISTED]}),
    "query": _voices({"voice_id": "v", "status": "OK", "target_model": "m", "resource_link": "l"}),
    "void": _voices({}),
    "null": _voices(None),
}
