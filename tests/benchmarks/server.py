"""A WebSocket server that answers at once: bare sockets, one thread per connection, frames made beforehand.

What it sends for a task is said by the text of the task: ``frames=200 size=3200 events=1`` in its first fragment.
At a path that ends in ``/realtime`` it is a realtime service that sends ``frames=N`` of 100 ms, one each 100 ms.
It runs in a process of its own, so that its CPU time and its interpreter lock are not the client's.
"""

from __future__ import annotations

import base64
import hashlib
import heapq
import json
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Optional

# How long the answer to a handshake takes: ``server.py 0.05``; for TLS a file with certificate and key follows.
ACCEPT_SECONDS = float(sys.argv[1]) if __name__ == "__main__" and len(sys.argv) > 1 else 0.0
_TLS: Optional[ssl.SSLContext] = None
if __name__ == "__main__" and len(sys.argv) > 2:
    _TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _TLS.load_cert_chain(sys.argv[2])
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def _frame(opcode: int, payload: bytes) -> bytes:
    head = bytes([0x80 | opcode])
    length = len(payload)
    if length < 126:
        return head + bytes([length]) + payload
    if length < 65536:
        return head + b"\x7e" + length.to_bytes(2, "big") + payload
    return head + b"\x7f" + length.to_bytes(8, "big") + payload


def _event(task_id: str, event: str, payload: object) -> bytes:
    message = {"header": {"task_id": task_id, "event": event, "attributes": {}}, "payload": payload}
    return _frame(1, json.dumps(message).encode())


class _Pacer:
    """Sends the frames of all realtime streams, each in its turn, from one thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: list[tuple[float, int, socket.socket, int]] = []
        self._added = 0

    def add(self, sock: socket.socket, frames: int) -> None:
        with self._changed:
            if not self._added:
                threading.Thread(target=self._run, daemon=True).start()
            self._added += 1
            # The beginnings of the streams are spread over 100 ms.
            at = time.monotonic() + 0.1 + self._added * 0.618 % 1 * 0.1
            heapq.heappush(self._due, (at, self._added, sock, frames))
            self._changed.notify()

    def _run(self) -> None:
        event = '{"event_id":"event_1","type":"response.audio.delta","response_id":"r","item_id":"i","sent":"'
        delta = f'","delta":"{base64.b64encode(bytes(4800)).decode()}"}}'
        while True:
            with self._changed:
                while not self._due or self._due[0][0] > time.monotonic():
                    self._changed.wait(self._due[0][0] - time.monotonic() if self._due else None)
                at, number, sock, left = heapq.heappop(self._due)
                if left > 1:
                    heapq.heappush(self._due, (at + 0.1, number, sock, left - 1))
            try:
                sock.sendall(_frame(1, f"{event}{time.monotonic():.6f}{delta}".encode()))
            except OSError:
                pass


_pacer = _Pacer()


class _Peer:
    """One client."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock = sock
        self._data = b""
        self._plan: dict[str, int] = {}

    def _take(self, size: int) -> bytes:
        while len(self._data) < size:
            piece = self._sock.recv(65536)
            if not piece:
                raise ConnectionError
            self._data += piece
        taken, self._data = self._data[:size], self._data[size:]
        return taken

    def _message(self) -> tuple[int, bytes]:
        first, second = self._take(2)
        length = second & 127
        if length == 126:
            length = int.from_bytes(self._take(2), "big")
        elif length == 127:
            length = int.from_bytes(self._take(8), "big")
        mask = self._take(4)
        body = self._take(length)
        repeated = (mask * (length // 4 + 1))[:length]
        return first & 15, (int.from_bytes(body, "big") ^ int.from_bytes(repeated, "big")).to_bytes(length, "big")

    def serve(self) -> None:
        try:
            if _TLS is not None:
                self._sock = _TLS.wrap_socket(self._sock, server_side=True)
            self._shake_hands()
            while True:
                opcode, body = self._message()
                if opcode == 8:
                    self._sock.sendall(_frame(8, body))
                    return
                if opcode == 1:
                    self._answer(json.loads(body))
        except (OSError, ValueError):
            pass
        finally:
            self._sock.close()

    def _shake_hands(self) -> None:
        while b"\r\n\r\n" not in self._data:
            piece = self._sock.recv(65536)
            if not piece:
                raise ConnectionError
            self._data += piece
        request, _, self._data = self._data.partition(b"\r\n\r\n")
        time.sleep(ACCEPT_SECONDS)
        match = re.search(rb"(?i)sec-websocket-key: *(\S+)", request)
        assert match is not None
        accept = base64.b64encode(hashlib.sha1(match.group(1) + _GUID).digest())
        self._sock.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        if b"/realtime" in request.partition(b"\r\n")[0]:
            self._sock.sendall(_frame(1, b'{"event_id":"event_0","type":"session.created","session":{"id":"s"}}'))

    def _answer(self, message: dict) -> None:  # type: ignore[type-arg]
        if "header" not in message:
            if message["type"] == "input_text_buffer.append":
                _pacer.add(self._sock, int(message["text"].partition("=")[2]))
            return
        header, task_input = message["header"], message["payload"].get("input") or {}
        task_id = header["task_id"]
        if header["action"] == "run-task":
            self._plan = {}
            self._sock.sendall(_event(task_id, "task-started", {}))
        elif header["action"] == "continue-task":
            self._plan = self._plan or {key: int(n) for key, n in re.findall(r"(\w+)=(\d+)", task_input["text"])}
        else:
            self._speak(task_id)

    def _speak(self, task_id: str) -> None:
        plan = {"frames": 1, "size": 3200, "events": 1, **self._plan}
        audio = _frame(2, bytes(plan["size"]))
        output = {"type": "sentence-synthesis", "sentence": {"index": 0, "words": []}}
        event = _event(task_id, "result-generated", {"output": output})
        unit = event + audio if plan["events"] else audio
        at_once = max(1, 262144 // len(unit))
        left = plan["frames"]
        while left > 0:
            self._sock.sendall(unit * min(at_once, left))
            left -= at_once
        finished = {"output": {"sentence": {"words": []}}, "usage": {"characters": 5}}
        self._sock.sendall(_event(task_id, "task-finished", finished))


def main() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        print(listener.getsockname()[1], flush=True)
        # Ends with the process that started it: standard input closes then.
        threading.Thread(target=lambda: (sys.stdin.read(), listener.shutdown(socket.SHUT_RDWR)), daemon=True).start()
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=_Peer(sock).serve, daemon=True).start()


@contextmanager
def running_server(accept_seconds: float = 0.0, certificate: Optional[str] = None) -> Iterator[str]:
    """The server in a process of its own; gives its URL. With the file of a certificate and its key it speaks TLS."""
    command = [sys.executable, __file__, str(accept_seconds), *([certificate] if certificate else [])]
    scheme = "wss" if certificate else "ws"
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield f"{scheme}://127.0.0.1:{int(process.stdout.readline())}/api-ws/v1/inference"
        finally:
            process.stdin.close()
            process.wait(timeout=10)


if __name__ == "__main__":
    main()
