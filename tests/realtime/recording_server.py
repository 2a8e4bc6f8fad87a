"""A realtime service that plays a script, says the same thing every time, and writes down what it hears.

The path of the URL says which script is played and for whom: ``/<script>/<run>/api-ws/v1/realtime``.
"""

from __future__ import annotations

import base64
import json
import re
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

__all__ = ["SCRIPTS", "Heard", "RecordingServer", "Script"]


@dataclass(frozen=True)
class Script:
    """Reactions of the service by type of client event; each is a row of actions, carried out at once.

    Actions: ``created``, ``updated``, ``committed``, ``cleared``, ``begin`` (of a response), ``delta``, ``done``,
    ``finished``, ``error CODE MESSAGE``, ``close CODE REASON``, ``drop`` (no close frame), ``text ...`` and
    ``binary ...`` (sent as they stand), ``wait`` (until the client says something more).
    """

    handshake: str = "accept"
    opened: tuple[str, ...] = ("created",)
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


_RESPONSE = ("begin", "delta", "delta", "done")
_ENDING = (*_RESPONSE, "finished", "close 1000 bye")
_PLAIN: dict[str, tuple[str, ...]] = {
    "session.update": ("updated",),
    "input_text_buffer.commit": ("committed", *_RESPONSE),
    "input_text_buffer.clear": ("cleared",),
    "session.finish": _ENDING,
}
_REFUSED = "error invalid_value The requested voice 'nobody' is not supported."


def _with(**answers: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return {**_PLAIN, **{name.replace("__", "."): actions for name, actions in answers.items()}}


SCRIPTS: dict[str, Script] = {
    "plain": Script(answers=_PLAIN),
    "commit": Script(answers=_with(session__finish=("finished", "close 1000 bye"))),
    "silent-opening": Script(opened=(), answers=_PLAIN),
    "refused-session": Script(answers=_with(session__update=(_REFUSED,))),
    "refused-and-closed": Script(answers=_with(session__update=(_REFUSED, "close 1008 policy"))),
    "dropped": Script(answers=_with(session__finish=("begin", "delta", "drop"))),
    "closed-early": Script(answers=_with(session__finish=("begin", "delta", "close 1011 going down"))),
    "closed-at-text": Script(answers=_with(**{"input_text_buffer.append": ("close 1001 restart",)})),
    "junk": Script(answers=_with(session__finish=("text this is not JSON", *_ENDING))),
    "junk-shapes": Script(
        answers=_with(
            session__finish=(
                "text [1, 2]", 'text "type"', "text 7", 'text {"type": null}', 'text {"no": "type"}',
                'text {"type": "session.created"}', 'text {"type": "response.created", "response": null}',
                'text {"type": "response.audio.delta"}', *_ENDING,
            )
        )
    ),
    "unknown-event": Script(
        answers=_with(session__finish=('text {"type": "session.paused", "a": 1}', "finished", "close 1000 bye"))
    ),
    "binary": Script(answers=_with(session__finish=("binary abc", *_ENDING))),
    "stays-open": Script(answers=_with(session__finish=(*_RESPONSE, "finished"))),
    "stays-silent": Script(answers=_with(session__finish=())),
    "no-reason": Script(answers=_with(session__finish=("finished", "close 1000"))),
    "401": Script(handshake="401"),
    "403": Script(handshake="403"),
    "429": Script(handshake="429"),
}


@dataclass
class Heard:
    """One connection as the server saw it."""

    path: str
    headers: list[tuple[str, str]]
    frames: list[str] = field(default_factory=list)
    close_code: Any = None
    over: threading.Event = field(default_factory=threading.Event)


class RecordingServer:
    """The server on its thread, on a free port; ``with`` closes it."""

    def __init__(self) -> None:
        self._server = serve(self._talk, "127.0.0.1", 0, process_request=self._handshake, compression=None)
        self.port: int = self._server.socket.getsockname()[1]
        self.heard: dict[str, list[Heard]] = {}
        self._connections: set[ServerConnection] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def url(self, script: str, run: str = "run") -> str:
        return f"ws://127.0.0.1:{self.port}/{script}/{run}/api-ws/v1/realtime"

    def connections_of(self, run: str, wait: float = 2.0) -> list[Heard]:
        """The connections of one run, in order, when they are over."""
        with self._lock:
            found = list(self.heard.get(run, ()))
        for heard in found:
            heard.over.wait(wait)
        return found

    def __enter__(self) -> RecordingServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            try:
                connection.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # its client was quicker
        for heard in [one for found in self.heard.values() for one in found]:
            heard.over.wait(2)
        self._thread.join(5)

    def _handshake(self, connection: ServerConnection, request: Any) -> Any:
        found = re.match(r"/([\w-]+)/([^/?]+)/", request.path)
        assert found is not None, request.path
        heard = Heard(request.path, list(request.headers.raw_items()))
        with self._lock:
            self.heard.setdefault(found.group(2), []).append(heard)
        connection.script, connection.record = SCRIPTS[found.group(1)], heard
        status = SCRIPTS[found.group(1)].handshake
        if status == "accept":
            return None
        heard.over.set()
        response = connection.respond(int(status), '{"code":"InvalidApiKey","message":"Invalid API-key provided."}')
        del response.headers["Content-Type"]
        response.headers["Content-Type"] = "application/json"
        return response

    def _talk(self, connection: ServerConnection) -> None:
        script, heard = connection.script, connection.record
        with self._lock:
            self._connections.add(connection)
        player = _Player(connection)
        try:
            player.play(script.opened)
            for frame in connection:
                heard.frames.append(frame if isinstance(frame, str) else repr(frame))
                player.play(script.answers.get(_type_of(frame), ()))
        except (ConnectionClosed, OSError):
            pass
        finally:
            heard.close_code = connection.close_code
            heard.over.set()
            with self._lock:
                self._connections.discard(connection)


def _type_of(frame: Any) -> str:
    try:
        return str(json.loads(frame)["type"])
    except (ValueError, KeyError, TypeError):
        return ""


class _Player:
    """Carries out actions on one connection; ids are counted, so that every run has the same."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self._events = self._responses = self._deltas = 0

    def play(self, actions: tuple[str, ...]) -> None:
        for action in actions:
            what, _, about = action.partition(" ")
            if what == "text":
                self._connection.send(about)
            elif what == "binary":
                self._connection.send(about.encode())
            elif what == "drop":
                self._connection.socket.shutdown(socket.SHUT_RDWR)
            elif what == "close":
                code, _, reason = about.partition(" ")
                self._connection.close(int(code), reason)
            else:
                getattr(self, f"_{what}")(about)

    def _event(self, type: str, **fields: Any) -> None:
        self._events += 1
        self._connection.send(json.dumps({"event_id": f"event_{self._events}", "type": type, **fields}))

    def _session(self) -> dict[str, Any]:
        return {"id": "sess_1", "object": "realtime.session", "mode": "server_commit", "voice": "Cherry"}

    def _created(self, _: str) -> None:
        self._event("session.created", session=self._session())

    def _updated(self, _: str) -> None:
        self._event("session.updated", session=self._session())

    def _committed(self, _: str) -> None:
        self._event("input_text_buffer.committed", item_id="")

    def _cleared(self, _: str) -> None:
        self._event("input_text_buffer.cleared")

    def _ids(self) -> dict[str, Any]:
        number = self._responses
        return {
            "response_id": f"resp_{number}", "item_id": f"item_{number}", "output_index": 0, "content_index": 0
        }  # fmt: skip

    def _begin(self, _: str) -> None:
        self._responses += 1
        response = {"id": f"resp_{self._responses}", "object": "realtime.response", "status": "in_progress"}
        self._event("response.created", response=response)
        self._event("response.content_part.added", **self._ids(), part={"type": "audio", "text": ""})

    def _delta(self, _: str) -> None:
        self._deltas += 1
        audio = base64.b64encode(b"audio %4d" % self._deltas).decode()
        self._event("response.audio.delta", **self._ids(), delta=audio)

    def _done(self, _: str) -> None:
        self._event("response.audio.done", **self._ids())
        response = {"id": f"resp_{self._responses}", "status": "completed", "usage": {"characters": 12}}
        self._event("response.done", response=response)

    def _finished(self, _: str) -> None:
        self._event("session.finished")

    def _error(self, about: str) -> None:
        code, _, message = about.partition(" ")
        self._event("error", error={"code": code, "message": message})
