"""An HTTP server that stands in for the vendor's: answers by script, and keeps every request it was sent.

A program is pointed at ``http://HOST/SCRIPT/api/v1``; the script says what each of its requests gets. What follows a
``~`` in it only tells one program's requests from another's.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

__all__ = ["Answer", "Recorded", "StandIn", "error", "events", "ok"]


@dataclass(frozen=True)
class Recorded:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any

    def comparable(self) -> dict[str, Any]:
        """Without what differs from process to process."""
        own = ("host", "content-length")
        headers = {name.lower(): value for name, value in self.headers.items() if name.lower() not in own}
        return {"method": self.method, "path": self.path, "headers": headers, "body": self.body}


@dataclass(frozen=True)
class Answer:
    """What a request gets; ``then`` is ``keep``, or ``cut`` (the connection ends before the body does), ``drop``
    (it ends before a byte was sent) or ``hang`` (nothing more comes)."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    then: str = "keep"


def ok(body: Any, **more: Any) -> Answer:
    return Answer(body=json.dumps(body, ensure_ascii=False).encode(), **more)


def error(status: int, code: str, message: str, request_id: str = "r-error", **headers: str) -> Answer:
    body = json.dumps({"code": code, "message": message, "request_id": request_id}).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, body, {"Content-Type": "application/json", **named})


def events(*lines: str, then: str = "keep") -> Answer:
    """A stream of server-sent events; each argument is one of them."""
    body = "".join(f"{event}\n\n" for event in lines).encode()
    return Answer(200, body, {"Content-Type": "text/event-stream"}, then)


Script = Callable[[int, Recorded], Answer]


class StandIn:
    """Runs inside a ``with`` block."""

    def __init__(self, scripts: dict[str, Script]) -> None:
        self.scripts = scripts
        self._requests: dict[str, list[Recorded]] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> StandIn:
        self._server = _Server(("127.0.0.1", 0), _handler_for(self))
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="stand-in")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._thread.join()
        self.hang_up()
        self._server.server_close()

    def url(self, script: str) -> str:
        return f"http://127.0.0.1:{self.port}/{script}/api/v1"

    def requests(self, script: str) -> list[Recorded]:
        with self._lock:
            return list(self._requests.get(script, ()))

    def requests_of(self, run: str) -> list[Recorded]:
        """The requests of what was pointed at a script with ``~`` and that run behind it."""
        with self._lock:
            scripts = [script for script in self._requests if script.partition("~")[2] == run]
            return [request for script in scripts for request in self._requests[script]]

    def take(self, script: str) -> list[Recorded]:
        """The requests so far, which are forgotten."""
        with self._lock:
            return self._requests.pop(script, [])

    def hang_up(self) -> None:
        """End every connection, as a server does with those that have been idle for too long."""
        with self._lock:
            sockets, self._sockets = self._sockets, []
        for one in sockets:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    @property
    def connections(self) -> int:
        """How many connections there were."""
        return self._server.connections

    def record(self, script: str, request: Recorded) -> int:
        with self._lock:
            self._requests.setdefault(script, []).append(request)
            return len(self._requests[script]) - 1


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 64
    connections = 0

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # clients hang up on it; that is what it is for


def _handler_for(stand_in: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one piece, or each answer waits for an acknowledgement

        def setup(self) -> None:
            super().setup()
            with stand_in._lock:
                stand_in._sockets.append(self.connection)
                self.server.connections += 1

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            script, _, rest = unquote(self.path).lstrip("/").partition("/")
            body = json.loads(raw) if raw else None
            request = Recorded(self.command, "/" + rest, dict(self.headers.items()), body)
            number = stand_in.record(script, request)
            self.answer(stand_in.scripts[script.partition("~")[0]](number, request))

        do_GET = do_POST

        def answer(self, answer: Answer) -> None:
            self.close_connection = answer.then != "keep"
            if answer.then == "drop":
                return
            if answer.then == "hang" and not answer.body:
                stand_in._over.wait()
                return
            self.send_response_only(answer.status)
            if "Date" not in answer.headers:
                self.send_header("Date", self.date_time_string())
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            if answer.body:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(answer.body), answer.body))
            if answer.then == "hang":
                self.wfile.flush()
                stand_in._over.wait()
            elif answer.then == "keep":
                self.wfile.write(b"0\r\n\r\n")

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
