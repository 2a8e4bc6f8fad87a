"""A WebSocket server that plays a script, says the same thing every time, and writes down what it hears.

The path of the URL says which script is played and for whom: ``/<script>/<run>/api-ws/v1/inference``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import socket
import threading
from dataclasses import dataclass, field
from typing import Any

from .scripts import SCRIPTS, Script

__all__ = ["Connected", "RecordingServer"]

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _BINARY, _CLOSE, _PING, _PONG = 1, 2, 8, 9, 10


@dataclass
class Connected:
    """One connection as the server saw it."""

    path: str = ""
    headers: list[list[str]] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)
    pongs: int = 0
    over: threading.Event = field(default_factory=threading.Event)


class _Over(Exception):
    """The conversation has ended."""


class _Peer:
    def __init__(self, sock: socket.socket, record: Connected) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock, self.record = sock, record
        self.script = Script()
        self._data = b""
        self._runs = self._sentences = self._frames = 0
        self._task_id: Any = ""

    # -- bytes

    def _more(self) -> None:
        piece = self.sock.recv(65536)
        if not piece:
            raise _Over
        self._data += piece

    def _take(self, size: int) -> bytes:
        while len(self._data) < size:
            self._more()
        taken, self._data = self._data[:size], self._data[size:]
        return taken

    def read_request(self) -> None:
        while b"\r\n\r\n" not in self._data:
            self._more()
        head, _, self._data = self._data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        self.record.path = first.split(" ")[1]
        self.record.headers = [line.split(": ", 1) for line in lines]

    def accept(self) -> None:
        handshake = self.script.handshake
        if handshake == "silent":
            self._wait_for_the_end()
        if handshake == "cut":
            raise _Over
        if handshake != "accept":
            body = b'{"code":"InvalidApiKey","message":"Invalid API-key provided."}'
            head = f"HTTP/1.1 {handshake}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            self.sock.sendall(head.encode() + body)
            self._wait_for_the_end()
        key = next(value for name, value in self.record.headers if name.lower() == "sec-websocket-key")
        accept = base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest())
        self.sock.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )

    def _wait_for_the_end(self) -> None:
        while True:
            self._more()

    def _frame(self) -> tuple[int, bytes]:
        first, second = self._take(2)
        length = second & 127
        if length >= 126:
            length = int.from_bytes(self._take(2 if length == 126 else 8), "big")
        mask, body = self._take(4), self._take(length)
        return first & 15, bytes(byte ^ mask[i % 4] for i, byte in enumerate(body))

    def _send(self, opcode: int, payload: bytes) -> None:
        length = len(payload)
        if length < 126:
            size = bytes([length])
        else:
            size = b"\x7e" + length.to_bytes(2, "big") if length < 65536 else b"\x7f" + length.to_bytes(8, "big")
        self.sock.sendall(bytes([0x80 | opcode]) + size + payload)

    # -- the conversation

    def talk(self) -> None:
        while True:
            opcode, body = self._frame()
            if opcode == _CLOSE:
                self._send(_CLOSE, body)
                return
            if opcode == _PONG:
                self.record.pongs += 1
            elif opcode == _PING:
                self._send(_PONG, body)
            elif opcode == _TEXT:
                self.record.frames.append(body.decode())
                self._answer(body)
            else:
                self.record.frames.append(f"opcode {opcode}: {body!r}")

    def _answer(self, body: bytes) -> None:
        try:
            message = json.loads(body)
            header, told = message["header"], message["payload"].get("input") or {}
            action, self._task_id = header["action"], header["task_id"]
        except (ValueError, KeyError, TypeError, AttributeError):
            return
        script = self.script
        if action == "run-task":
            self._runs += 1
            self._sentences = self._frames = 0
            again = self._runs > 1 and script.next_run is not None
            reaction: Any = script.next_run if again else script.run
        elif action == "continue-task":
            reaction = script.flush if "flush" in told else script.text
        else:
            reaction = script.cancel if told.get("directive") == "cancel" else script.finish
        for what in reaction:
            self._act(*what.partition(" ")[::2])

    def _act(self, what: str, about: str) -> None:
        if what == "started":
            self._event("task-started", {})
        elif what == "sentence":
            self._result("sentence-begin", original_text=f"Sentence {self._sentences}.")
            self._result("sentence-synthesis")
            self._audio()
            self._result("sentence-end", original_text=f"Sentence {self._sentences}.")
            self._sentences += 1
        elif what == "event":
            self._result(about)
        elif what == "bare":
            self._event("result-generated", {"output": {"sentence": {"words": []}}, "usage": None})
        elif what == "words":
            word = {"text": "Hi", "begin_index": 0, "end_index": 2, "begin_time": 0, "end_time": 240}
            self._result("sentence-end", words=[word])
        elif what == "audio":
            self._audio(int(about) if about else None)
        elif what == "finished":
            finished = {"output": {"sentence": {"words": []}}, "usage": {"characters": 12}}
            self._event("task-finished", finished, {"request_uuid": "6f1e0c1e-0000-4000-8000-000000000000"})
        elif what == "failed":
            code, _, message = about.partition(" ")
            self._event("task-failed", {}, error_code=code, error_message=message)
        else:
            self._disturb(what, about)

    def _disturb(self, what: str, about: str) -> None:
        if what == "text":
            self._send(_TEXT, about.encode())
        elif what == "ping":
            self._send(_PING, b"still there?")
        elif what == "close":
            code, _, reason = about.partition(" ")
            self._send(_CLOSE, int(code).to_bytes(2, "big") + reason.encode())
            self._wait_for_the_end()
        elif what == "drop":
            raise _Over
        else:
            raise AssertionError(f"no such action: {what}")

    def _audio(self, size: int | None = None) -> None:
        self._frames += 1
        frame = b"[audio %04d]" % self._frames
        self._send(_BINARY, frame if size is None else (frame * (size // len(frame) + 1))[:size])

    def _result(self, kind: str, words: list[Any] | None = None, **output: Any) -> None:
        sentence = {"index": self._sentences, "words": words or []}
        self._event("result-generated", {"output": {"type": kind, **output, "sentence": sentence}})

    def _event(self, event: str, payload: Any, attributes: Any = None, **header: Any) -> None:
        headed = {"task_id": self._task_id, "event": event, **header, "attributes": attributes or {}}
        text = json.dumps({"header": headed, "payload": payload}, ensure_ascii=False)
        self._send(_TEXT, text.encode())


class RecordingServer:
    """The server on its thread, on a free port; ``with`` closes it."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._listener.getsockname()[1]
        self.heard: dict[str, list[Connected]] = {}
        self._lock = threading.Lock()
        self._peers: dict[threading.Thread, socket.socket] = {}
        self._thread = threading.Thread(target=self._listen, name="recording-server", daemon=True)
        self._thread.start()

    def connections_of(self, run: str, wait: float = 2.0) -> list[Connected]:
        """The connections of one run, in order, when they are over."""
        with self._lock:
            connections = list(self.heard.get(run, ()))
        for connection in connections:
            connection.over.wait(wait)
        return connections

    def __enter__(self) -> RecordingServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)
        with self._lock:
            peers = dict(self._peers)
        for thread, sock in peers.items():
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # its client was quicker
            thread.join(5)

    def _listen(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            with self._lock:
                self._peers[thread] = sock
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        record = Connected()
        try:
            peer = _Peer(sock, record)
            peer.read_request()
            found = re.match(r"/([\w-]+)/([^/?]+)/", record.path)
            if found is None or found.group(1) not in SCRIPTS:
                raise _Over
            peer.script = SCRIPTS[found.group(1)]
            with self._lock:
                self.heard.setdefault(found.group(2), []).append(record)
            peer.accept()
            peer.talk()
        except (_Over, OSError):
            pass
        finally:
            record.over.set()
            sock.close()
            with self._lock:
                self._peers.pop(threading.current_thread(), None)
