"""The services that scenarios speak with, one for each family: they play scripts and write down what they hear.

They stand beside the tests they were first made for; here each is given a path for every run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol

from ..http.scripts import SCRIPTS as HTTP_SCRIPTS
from ..http.stand_in import StandIn
from ..realtime.recording_server import RecordingServer as RealtimeServer
from ..sambert.recording_server import Route, Server, listening
from .recording_server import RecordingServer
from .sambert_scripts import SCRIPTS as SAMBERT_SCRIPTS

__all__ = ["Service", "services"]

_ACCIDENTAL_HEADERS = frozenset(("host", "origin", "sec-websocket-key"))
# Of the WebSocket library: the official package speaks Sambert through another one than its other services.
_OF_THE_LIBRARY = frozenset(("accept", "accept-encoding", "origin", "host"))


class Service(Protocol):
    """A service while it runs; ``address`` is its host and port."""

    address: str

    def heard(self, run: str) -> dict[str, Any]:
        """What a run has sent, as fields of its trace."""


def _handshake(path: str, headers: Iterable[Any]) -> list[str]:
    """Path and headers; what order the headers have means nothing."""
    told = [f"{name}: {value}" for name, value in headers if name.lower() not in _ACCIDENTAL_HEADERS]
    return [f"GET {path}", *sorted(told)]


class CosyVoiceService:
    """tts_v2."""

    def __init__(self, server: RecordingServer) -> None:
        self._server = server
        self.address = f"127.0.0.1:{server.port}"

    def heard(self, run: str) -> dict[str, Any]:
        connections = self._server.connections_of(run)
        return {
            # A pool opens connections ahead, more or fewer.
            "frames": [connection.frames for connection in connections if connection.frames],
            **({"handshake": _handshake(connections[0].path, connections[0].headers)} if connections else {}),
            "pongs": sum(connection.pongs for connection in connections),
        }


class RealtimeService:
    """qwen_tts_realtime."""

    def __init__(self, server: RealtimeServer) -> None:
        self._server = server
        self.address = f"127.0.0.1:{server.port}"

    def heard(self, run: str) -> dict[str, Any]:
        connections = self._server.connections_of(run)
        return {
            "frames": [connection.frames for connection in connections],
            **({"handshake": _handshake(connections[0].path, connections[0].headers)} if connections else {}),
        }


class _SambertRoutes(Server):
    """Gives each run a route of its own, under the script that its path names."""

    def route(self, request: Any) -> Route:
        script, run = request.path.split("/")[1:3]
        played = SAMBERT_SCRIPTS[script]
        return self.routes.setdefault(run, Route(played.script, played.status, played.body))


class SambertService:
    """audio.tts."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.address = server.address

    def heard(self, run: str) -> dict[str, Any]:
        route = self._server.routes.get(run)
        if route is None:
            return {"requests": [], "headers": []}
        if not route.status:
            route.closed.wait(2)
        return {"requests": list(route.requests), "headers": list(map(self._headers, route.headers))}

    def _headers(self, headers: dict[str, str]) -> dict[str, str]:
        known = {name.lower(): value for name, value in headers.items()}
        kept = {name: value for name, value in known.items() if not name.startswith("sec-")}
        return {
            name: value.lower() if name == "connection" else value
            for name, value in kept.items()
            if name not in _OF_THE_LIBRARY
        }


class HttpService:
    """What is asked by POST."""

    def __init__(self, server: StandIn) -> None:
        self._server = server
        self.address = f"127.0.0.1:{server.port}"

    def heard(self, run: str) -> dict[str, Any]:
        return {"requests": [request.comparable() for request in self._server.requests_of(run)]}


@contextmanager
def services() -> Iterator[dict[str, Service]]:
    """All of them, by family."""
    with ExitStack() as stack:
        yield {
            "cosyvoice": CosyVoiceService(stack.enter_context(RecordingServer())),
            "realtime": RealtimeService(stack.enter_context(RealtimeServer())),
            "sambert": SambertService(stack.enter_context(listening(_SambertRoutes()))),
            "http": HttpService(stack.enter_context(StandIn(HTTP_SCRIPTS))),
        }
