"""A server that speaks the HTTP interface of a self-hosted CosyVoice, written from the vendor's document.

It makes no speech: each request gets samples that only its speaker and text give, so that what arrives can be told
to be whole and nobody else's. How it answers is a function that a test may replace.
"""

from __future__ import annotations

import email.parser
import email.policy
import hashlib
import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

WAIT = 20.0
FIELDS = {
    "/inference_sft": ("tts_text", "spk_id"),
    "/inference_zero_shot": ("tts_text", "prompt_text", "prompt_wav"),
    "/inference_cross_lingual": ("tts_text", "prompt_wav"),
    "/inference_instruct": ("tts_text", "spk_id", "instruct_text"),
    "/inference_instruct2": ("tts_text", "instruct_text", "prompt_wav"),
}


def marked(text: str, voice: str = "", samples: int = 12_000) -> bytes:
    """Samples that belong to this text and voice, not to any other."""
    seed = hashlib.sha256(f"{voice}\0{text}".encode()).digest()
    return hashlib.shake_128(seed).digest(samples * 2)


@dataclass
class Request:
    method: str
    path: str
    headers: Any
    form: dict[str, str | bytes]
    json: Any = None

    @property
    def text(self) -> str:
        return str(self.json["input"] if self.json else self.form["tts_text"])

    @property
    def voice(self) -> str:
        return str(self.json["voice"] if self.json else self.form.get("spk_id", ""))

    @property
    def audio(self) -> bytes:
        return marked(self.text, self.voice)


@dataclass
class Answer:
    """The server's side of one connection."""

    handler: BaseHTTPRequestHandler
    is_open: bool = False
    sent: int = 0

    def head(self, status: int = 200, **headers: str) -> None:
        self.handler.send_response_only(status)
        for name, value in headers.items():
            self.handler.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.handler.send_header("Transfer-Encoding", "chunked")
        self.handler.end_headers()
        self.is_open = True

    def chunk(self, data: bytes) -> None:
        self.handler.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.sent += len(data)

    def end(self) -> None:
        self.handler.wfile.write(b"0\r\n\r\n")

    def say(self, status: int, body: Any) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.head(status, Content_Length=str(len(data)), Content_Type="application/json")
        self.handler.wfile.write(data)

    def break_off(self) -> None:
        self.handler.close_connection = True
        self.handler.connection.shutdown(socket.SHUT_RDWR)

    def wait_for_hang_up(self) -> bool:
        """Wait until the client has closed its end."""
        self.handler.connection.settimeout(WAIT)
        try:
            return self.handler.connection.recv(1) == b""
        except ConnectionResetError:
            return True


Behaviour = Callable[[Request, Answer], None]


def speak_oddly(request: Request, answer: Answer) -> None:
    """All audio, cut where no reader would like it: after 1, 2, 4, 8 ... bytes, less one."""
    answer.head()
    audio, at, size = request.audio, 0, 1
    while at < len(audio):
        answer.chunk(audio[at : at + size])
        at, size = at + size, min(size * 2 + 1, 8191)
    answer.end()


@dataclass
class StandIn:
    """Use it in a ``with`` block.

    Attributes:
        behaviour: how it answers what is in order.
        token: what it wants as X-API-TOKEN; None wants nothing.
        requests: what it was asked.
        open_now: requests it is answering.
        most_open: the most at one time.
    """

    behaviour: Behaviour = speak_oddly
    token: str | None = None
    requests: list[Request] = field(default_factory=list)
    open_now: int = 0
    most_open: int = 0

    def __enter__(self) -> StandIn:
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """Go away at once, under the audio."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.socket.close()
        self._server.cut_off_all()
        self._server.server_close()  # waits for the threads

    def revive(self) -> None:
        """Come back at the same address."""
        self._server = _Server(("127.0.0.1", self.port), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        request = _read(handler)
        with self._lock:
            self.requests.append(request)
            self.open_now += 1
            self.most_open = max(self.most_open, self.open_now)
        answer = Answer(handler)
        try:
            if self.token is not None and request.headers.get("X-API-TOKEN") != self.token:
                answer.say(403, {"detail": f"token {request.headers.get('X-API-TOKEN')} is not known"})
                return
            missing = [name for name in FIELDS.get(request.path, ()) if not request.form.get(name)]
            if missing:
                answer.say(422, {"detail": [_missing(name) for name in missing]})
            else:
                self.behaviour(request, answer)
        finally:
            with self._lock:
                self.open_now -= 1


def _missing(name: str) -> dict[str, Any]:
    return {"type": "missing", "loc": ["body", name], "msg": "Field required", "input": None}


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = False

    def __init__(self, *arguments: Any) -> None:
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        # Before it has a thread: a connection whose request is still to be read must be cut off like all others.
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def cut_off_all(self) -> None:
        """End all connections; no more may be taken meanwhile."""
        with self._lock:
            for connection in self._connections:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # the client was first

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a client that has gone


def _handler(server: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            server.answer(self)

        do_GET = do_POST

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


def _read(handler: BaseHTTPRequestHandler) -> Request:
    body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
    kind = handler.headers.get("Content-Type", "")
    form: dict[str, str | bytes] = {}
    given = None
    if kind.startswith("application/json"):
        given = json.loads(body)
    elif kind.startswith("multipart/"):
        head = f"Content-Type: {kind}\r\n\r\n".encode()
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
        for part in message.iter_parts():
            data = part.get_payload(decode=True)
            name = part.get_param("name", header="content-disposition")
            form[name] = data if part.get_filename() else data.decode()
    else:
        form.update(parse_qsl(body.decode(), keep_blank_values=True))
    return Request(handler.command, handler.path, handler.headers, form, given)
