"""A stand-in for the service: plays a script to whoever asks, and keeps what it was sent."""

from __future__ import annotations

import http
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

__all__ = [
    "Close", "Drop", "Hold", "Pong", "Route", "Server", "event", "failed", "finished", "listening", "result",
    "spoken", "started",
]  # fmt: skip


@dataclass(frozen=True)
class Close:
    """Close the connection with a close frame."""

    code: int = 1000
    reason: str = ""


class Drop:
    """Cut the connection without a word."""


class Hold:
    """Say nothing until the client goes."""


class Pong:
    """Send a ping and wait for its pong."""


def event(name: str, payload: Any = None, **header: Any) -> dict[str, Any]:
    """A text frame of the service; its task id is put in when it is played."""
    return {"header": {"task_id": None, "event": name, "attributes": {}, **header}, "payload": payload or {}}


def started() -> dict[str, Any]:
    return event("task-started")


def result(begin: int, end: int, words: list[Any] | None = None, characters: int | None = None) -> dict[str, Any]:
    payload: dict[str, Any] = {"output": {"sentence": {"begin_time": begin, "end_time": end, "words": words or []}}}
    if characters is not None:
        payload["usage"] = {"characters": characters}
    return event("result-generated", payload)


def finished(output: Any = None, characters: int = 7) -> dict[str, Any]:
    return event("task-finished", {"output": output, "usage": {"characters": characters}})


def failed(code: str = "InvalidParameter", message: str = "Request text is invalid!") -> dict[str, Any]:
    return event("task-failed", error_code=code, error_message=message)


def spoken(*chunks: bytes) -> list[Any]:
    """The script of a task that goes well."""
    return [started(), *chunks, result(0, 500, characters=7), finished()]


@dataclass
class Route:
    """What is played at one path, and what was heard there."""

    script: list[Any] = field(default_factory=list)
    status: int = 0
    body: bytes = b""
    requests: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)


@dataclass
class Server:
    """A running one. Each route is a path of its own."""

    address: str = ""
    routes: dict[str, Route] = field(default_factory=dict)

    def play(self, *script: Any, at: str = "play") -> Route:
        """Play a script to who comes to ``url(at)``."""
        self.routes[at] = Route(list(script))
        return self.routes[at]

    def refuse(self, status: int, body: bytes = b"", at: str = "play") -> Route:
        """Answer the handshake with an HTTP status."""
        self.routes[at] = Route(status=status, body=body)
        return self.routes[at]

    def url(self, at: str = "play") -> str:
        return f"ws://{self.address}/{at}/api-ws/v1/inference"

    def route(self, request: Any) -> Route:
        return self.routes[request.path.split("/")[1]]

    def process_request(self, connection: ServerConnection, request: Any) -> Any:
        route = self.route(request)
        route.headers.append(dict(request.headers.raw_items()))
        if not route.status:
            return None
        response = connection.respond(http.HTTPStatus(route.status), "")
        response.body = route.body
        del response.headers["Content-Length"]
        response.headers["Content-Length"] = str(len(route.body))
        return response

    def talk(self, connection: ServerConnection) -> None:
        route = self.route(connection.request)
        try:
            text = connection.recv()
            route.requests.append(text if isinstance(text, str) else repr(text))
            task_id = json.loads(text)["header"]["task_id"]
            for step in route.script:
                self.act(connection, step, task_id)
            route.requests.extend(str(frame) for frame in connection)  # what comes unasked
        except (ConnectionClosed, OSError):
            pass
        finally:
            route.closed.set()

    def act(self, connection: ServerConnection, step: Any, task_id: str) -> None:
        if isinstance(step, dict):
            header = dict(step["header"])
            if header.get("task_id", "") is None:
                header["task_id"] = task_id
            connection.send(json.dumps({**step, "header": header}, ensure_ascii=False))
        elif isinstance(step, (bytes, str)):
            connection.send(step)
        elif isinstance(step, Close):
            connection.close(step.code, step.reason)
        elif isinstance(step, Drop):
            connection.socket.shutdown(socket.SHUT_RDWR)
        elif isinstance(step, Pong):
            assert connection.ping().wait(5)
        elif isinstance(step, Hold):
            connection.recv()
        else:
            step()


@contextmanager
def listening(server: Server | None = None) -> Iterator[Server]:
    """A server, one of its own kind if given, on a free port of this machine."""
    server = server or Server()
    options: dict[str, Any] = {"compression": None, "ping_interval": None, "max_size": None, "close_timeout": 0.5}
    with serve(server.talk, "127.0.0.1", 0, process_request=server.process_request, **options) as running:
        thread = threading.Thread(target=running.serve_forever, name="recording-server")
        thread.start()
        server.address = f"127.0.0.1:{running.socket.getsockname()[1]}"
        try:
            yield server
        finally:
            running.shutdown()
            thread.join()
