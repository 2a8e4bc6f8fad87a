"""What ours is held against: the sync client of ``websockets``, and a socket with nothing around it, the floor.

Both speak the protocol and read the events as JSON, for without that nobody knows when a task is over.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import ssl
import statistics
import time
from typing import Any, Callable, Union
from urllib.parse import urlsplit

from .crew import working

__all__ = ["CLIENTS", "PLAIN_CASES", "BareSocket", "Websockets"]

_ONE_FRAME = "frames=1 size=3200 events=1"


def _context(url: str) -> ssl.SSLContext | None:
    certificate = os.environ.get("WEBSOCKET_CLIENT_CA_BUNDLE")
    return ssl.create_default_context(cafile=certificate) if url.startswith("wss:") else None


class BareSocket:
    """Frames as they are expected here, and no others."""

    def __init__(self, url: str) -> None:
        address, context = urlsplit(url), _context(url)
        self._sock = socket.create_connection((address.hostname, address.port))
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            self._sock = context.wrap_socket(self._sock, server_hostname=address.hostname)
        self._sock.sendall(
            f"GET {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self._data, self._at = b"", 0
        while b"\r\n\r\n" not in self._data:
            self._more()
        self._at = self._data.index(b"\r\n\r\n") + 4

    def _more(self) -> None:
        piece = self._sock.recv(65536)
        if not piece:
            raise ConnectionError("closed")
        self._data, self._at = self._data[self._at :] + piece, 0

    def send(self, text: str) -> None:
        body = text.encode()
        length = bytes([0x80 | len(body)]) if len(body) < 126 else b"\xfe" + len(body).to_bytes(2, "big")
        self._sock.sendall(b"\x81" + length + bytes(4) + body)  # masked with zeros

    def _need(self, size: int) -> None:
        while len(self._data) - self._at < size:
            self._more()

    def receive(self) -> Union[str, bytes]:
        self._need(2)
        head, length = 2, self._data[self._at + 1]
        if length > 125:
            head = 4 if length == 126 else 10
            self._need(head)
            length = int.from_bytes(self._data[self._at + 2 : self._at + head], "big")
        data, at = self._data, self._at
        end = at + head + length
        if end <= len(data):
            body = data[at + head : end]
            self._at = end
        else:
            body = self._rest(data[at + head :], length)
        return body.decode() if data[at] == 0x81 else body

    def _rest(self, begun: bytes, length: int) -> bytes:
        pieces, missing = [begun], length - len(begun)
        self._data, self._at = b"", 0
        while missing > 0:
            self._more()
            piece = self._data[:missing]
            self._data = self._data[missing:]
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def close(self) -> None:
        self._sock.close()


class Websockets:
    """``websockets.sync.client`` as it comes, but without its limit on the size of a message."""

    def __init__(self, url: str) -> None:
        from websockets.sync.client import connect

        self._connection: Any = connect(url, ssl=_context(url), max_size=None)
        self.send = self._connection.send
        self.receive = self._connection.recv
        self.close = self._connection.close


CLIENTS: dict[str, Callable[[str], Any]] = {"bare": BareSocket, "websockets": Websockets}


class _Task:
    """One task on an open connection."""

    def __init__(self, client: Any, text: str) -> None:
        self._client = client
        self._say("run-task", {"task_group": "audio", "model": "cosyvoice-v3-flash", "input": {}})
        self._until("task-started")
        self._say("continue-task", {"input": {"text": text}})

    def _say(self, action: str, payload: object) -> None:
        header = {"action": action, "task_id": "benchmark", "streaming": "duplex"}
        self._client.send(json.dumps({"header": header, "payload": payload}))

    def _until(self, event: str, keep: bool = False) -> tuple[list[bytes], float]:
        audio: list[bytes] = []
        first, receive = 0.0, self._client.receive
        while True:
            data = receive()
            if isinstance(data, bytes):
                first = first or time.monotonic()
                if keep:
                    audio.append(data)
            elif json.loads(data)["header"]["event"] == event:
                return audio, first

    def rest(self, keep: bool = False) -> tuple[list[bytes], float]:
        """End the text; gives the audio if it is to be kept, and when its first frame came."""
        self._say("finish-task", {"input": {}})
        return self._until("task-finished", keep)


def fresh(client: Callable[[str], Any], url: str) -> dict[str, float]:
    delays = []
    for _ in range(20):
        begun = time.monotonic()
        connection = client(url)
        delays.append((_Task(connection, _ONE_FRAME).rest()[1] - begun) * 1000)
        connection.close()
    return {"ms": statistics.median(delays[3:]), "best_ms": min(delays)}


def kept(client: Callable[[str], Any], url: str) -> dict[str, float]:
    connection, delays = client(url), []
    for _ in range(200):
        begun = time.monotonic()
        delays.append((_Task(connection, _ONE_FRAME).rest()[1] - begun) * 1000)
    return {"ms": statistics.median(delays[20:])}


def _frames(size: int, events: int, count: int) -> Callable[[Callable[[str], Any], str], dict[str, float]]:
    def frames(client: Callable[[str], Any], url: str) -> dict[str, float]:
        costs = []
        for _ in range(4):
            connection = client(url)
            task = _Task(connection, f"frames={count} size={size} events={events}")
            begun = time.process_time()
            task.rest()
            costs.append((time.process_time() - begun) / count * 1e6)
            connection.close()
        return {"us": statistics.median(costs[1:])}

    return frames


def blocking_50mb(client: Callable[[str], Any], url: str) -> dict[str, float]:
    size = 16384
    count = 50_000_000 // size
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    audio = b"".join(_Task(client(url), f"frames={count} size={size} events=1").rest(keep=True)[0])
    seconds = time.perf_counter() - begun
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    return {"s": seconds, "memory_times": peak / len(audio)}


def _workers(threads: int, tasks: int, keep: bool) -> Callable[[Callable[[str], Any], str], dict[str, float]]:
    def workers(client: Callable[[str], Any], url: str) -> dict[str, float]:
        held = [client(url) for _ in range(threads if keep else 0)]

        def task() -> None:
            connection = held.pop() if keep else client(url)
            _Task(connection, "frames=10 size=3200 events=1").rest(keep=True)
            if keep:
                held.append(connection)
            else:
                connection.close()

        return working(threads, tasks, task)

    return workers


PLAIN_CASES: dict[str, Callable[[Callable[[str], Any], str], dict[str, float]]] = {
    "fresh": fresh,
    "fresh_tls": fresh,
    "kept": kept,
    "frames_512": _frames(512, 1, 4000),
    "frames_512_alone": _frames(512, 0, 4000),
    "frames": _frames(3200, 1, 4000),
    "frames_alone": _frames(3200, 0, 4000),
    "frames_tls": _frames(3200, 1, 4000),
    "frames_64k": _frames(65536, 1, 800),
    "frames_64k_alone": _frames(65536, 0, 800),
    "blocking_50mb": blocking_50mb,
    "workers_fresh": _workers(50, 10, keep=False),
    "workers_pooled": _workers(20, 25, keep=True),
}
