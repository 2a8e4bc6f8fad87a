"""A speech service of bare sockets that can be stopped, started again on its port, and made to misbehave.

What it does with a task is said by words in the task's text:

    frames=5     so many frames of audio (one by default)
    hold         answer the end of the text only when ``Peer.finish`` is called
    fail         task-failed in place of the audio
    cut          the connection goes away after the first frame
    close=1011   a close frame with that code after the first frame
    deaf         never answer run-task's successors, a cancel included

Each frame, and each event, carries the id of its task, so that whoever gets one can see whether it is his own.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Any

from .waiting import eventually

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
FRAME_BYTES = 320
_NO_LINGER = struct.pack("ii", 1, 0)


def frame(opcode: int, payload: bytes) -> bytes:
    length = len(payload)
    size = bytes([length]) if length < 126 else b"\x7e" + length.to_bytes(2, "big")
    return bytes([0x80 | opcode]) + size + payload


def marked_audio(task_id: str) -> bytes:
    return task_id.encode().ljust(FRAME_BYTES, b".")


class Peer:
    """One connection, and what was said on it."""

    def __init__(self, server: Server, sock: socket.socket, number: int) -> None:
        self.server, self.number = server, number
        self.headers: dict[str, str] = {}
        self.path = ""
        self.tasks: list[str] = []
        self.said_goodbye = False  # with a close frame
        self._sock = sock
        self._data = b""
        self._lock = threading.RLock()  # an answer at a time: held tasks are finished from other threads
        self._held = ""  # the task that waits for ``finish``
        self._words: set[str] = set()
        self._plan: dict[str, int] = {}

    def serve(self) -> None:
        try:
            self._shake_hands()
            while True:
                opcode, body = self._message()
                if opcode == 8:
                    self.said_goodbye = True
                    self.send(8, body)
                    return
                if opcode == 1:
                    self._answer(json.loads(body))
        except (OSError, EOFError, ValueError):
            pass
        finally:
            self.server.gone(self)
            self._sock.close()

    def _shake_hands(self) -> None:
        while b"\r\n\r\n" not in self._data:
            self._more()
        request, _, self._data = self._data.partition(b"\r\n\r\n")
        lines = request.decode().split("\r\n")
        self.path = lines[0].split()[1]
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        time.sleep(self.server.handshake_seconds)
        status = self.server.refuse(self)
        if status:
            self._sock.sendall(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode())
            raise EOFError
        key = self.headers["sec-websocket-key"].encode()
        accept = base64.b64encode(hashlib.sha1(key + _GUID).digest()).decode()
        self.server.opened(self)
        self._sock.sendall(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
        )
        if self.server.hangs_up_at_once:
            self.send(8, struct.pack("!H", 1011))
            raise EOFError

    def _more(self) -> None:
        piece = self._sock.recv(65536)
        if not piece:
            raise EOFError
        self._data += piece

    def _take(self, size: int) -> bytes:
        while len(self._data) < size:
            self._more()
        taken, self._data = self._data[:size], self._data[size:]
        return taken

    def _message(self) -> tuple[int, bytes]:
        first, second = self._take(2)
        length = second & 127
        if length > 125:
            length = int.from_bytes(self._take(2 if length == 126 else 8), "big")
        mask = self._take(4)
        body = bytes(byte ^ mask[at % 4] for at, byte in enumerate(self._take(length)))
        return first & 15, body

    def send(self, opcode: int, payload: bytes) -> None:
        self._sock.sendall(frame(opcode, payload))

    def event(self, task_id: str, event: str, **more: str) -> None:
        payload = {"output": {"type": "sentence-synthesis", "sentence": {"index": 0}}, "usage": {"characters": 5}}
        header = {"task_id": task_id, "event": event, "attributes": {}, **more}
        self.send(1, json.dumps({"header": header, "payload": payload}).encode())

    def _answer(self, message: dict[str, Any]) -> None:
        with self._lock:
            self._held = ""
            self._act_on(message)

    def _act_on(self, message: dict[str, Any]) -> None:
        header, task_input = message["header"], message["payload"].get("input") or {}
        task_id = header["task_id"]
        if header["action"] == "run-task":
            self.tasks.append(task_id)
            self._words, self._plan = set(), {}
            self.event(task_id, "task-started")
        elif header["action"] == "continue-task":
            text = task_input.get("text", "")
            self._words |= set(text.split())
            self._plan.update({key: int(number) for key, number in re.findall(r"(\w+)=(\d+)", text)})
        elif "deaf" in self._words:
            return
        elif task_input.get("directive") == "cancel":
            self.event(task_id, "task-finished")
        elif "hold" in self._words:
            self._held = task_id
            self.server.held(self)
        else:
            self._finish(task_id)

    def finish(self) -> None:
        """Send the audio of the task that is held, and its end."""
        with self._lock:
            if self._held:
                self._finish(self._held)
            self._held = ""

    def _finish(self, task_id: str) -> None:
        if "fail" in self._words:
            self.event(task_id, "task-failed", error_code="InternalError", error_message="as asked for")
            raise EOFError
        for _ in range(self._plan.get("frames", 1)):
            self.event(task_id, "result-generated")
            self.send(2, marked_audio(task_id))
            if "cut" in self._words:
                self.cut()
                raise EOFError
            if "close" in self._plan:
                self.send(8, struct.pack("!H", self._plan["close"]))
                raise EOFError
        self.event(task_id, "task-finished")

    def cut(self) -> None:
        """End the connection without a word."""
        try:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it has ended by itself


class Server:
    """The service. ``with Server() as server: ... server.url``"""

    def __init__(self) -> None:
        self.port = 0
        self.handshake_seconds = 0.0
        self.hangs_up_at_once = False
        self.refuse: Callable[[Peer], int] = lambda peer: 0  # an HTTP status, or 0 to accept
        self.attempts: list[float] = []  # when they came, on the monotonic clock
        self.all: list[Peer] = []  # those that were accepted, in order
        self._open: list[Peer] = []
        self._holding: list[Peer] = []
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/api-ws/v1/inference"

    def start(self) -> Server:
        self._listener = listener = socket.create_server(("127.0.0.1", self.port), backlog=512)
        self.port = listener.getsockname()[1]
        self._run(self._listen, listener)
        return self

    def stop(self) -> None:
        """Refuse new connections and cut the open ones."""
        with self._lock:
            listener, self._listener = self._listener, None
        if listener is not None:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.cut(self.open)
        for thread in self._threads:
            thread.join(10)
        self._threads.clear()

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, name="test-server", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _listen(self, listener: socket.socket) -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.attempts.append(time.monotonic())
            self._run(Peer(self, sock, len(self.attempts)).serve)

    # -- what the peers report

    def opened(self, peer: Peer) -> None:
        with self._lock:
            if self._listener is None:
                raise EOFError  # stopped during the handshake
            self.all.append(peer)
            self._open.append(peer)

    def gone(self, peer: Peer) -> None:
        with self._lock:
            if peer in self._open:
                self._open.remove(peer)

    def held(self, peer: Peer) -> None:
        with self._lock:
            self._holding.append(peer)

    # -- what the tests ask

    @property
    def open(self) -> list[Peer]:
        with self._lock:
            return list(self._open)

    def wait_open(self, count: int, seconds: float = 5.0) -> None:
        eventually(lambda: len(self.open) == count, seconds, lambda: f"{len(self.open)} open, not {count}")

    def next_held(self) -> Peer:
        """A connection whose task waits for ``finish``."""
        eventually(lambda: bool(self._holding))
        with self._lock:
            return self._holding.pop(0)

    def finish_held(self) -> None:
        """Answer all that is held, where anybody is there for it."""
        with self._lock:
            holding, self._holding = self._holding, []
        for peer in holding:
            try:
                peer.finish()
            except (OSError, EOFError):
                pass  # gone

    def cut(self, peers: list[Peer]) -> None:
        for peer in peers:
            peer.cut()

    def cut_some(self, share: float, chance: random.Random) -> int:
        """Cut that share of the open connections."""
        peers = self.open
        chosen = chance.sample(peers, int(len(peers) * share))
        self.cut(chosen)
        return len(chosen)

    def peer_of(self, task_id: str) -> Peer:
        return next(peer for peer in self.all if task_id in peer.tasks)
