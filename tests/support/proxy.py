"""A proxy that knows CONNECT."""

from __future__ import annotations

import base64
import socket
import threading
from typing import Optional

__all__ = ["Proxy"]


class Proxy:
    """On a free port, on a thread; ``with`` ends it.

    Args:
        answer: what to say instead of connecting; ``b""`` for nothing at all.
    """

    def __init__(self, answer: Optional[bytes] = None) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.asked_for: list[str] = []
        self.credentials: list[str] = []
        self._sockets: list[socket.socket] = [self._listener]
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Proxy:
        self._begin(self._listen)
        return self

    def __exit__(self, *_: object) -> None:
        for sock in self._sockets:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # ended already
        for thread in self._threads:
            thread.join(5)
        for sock in self._sockets:
            sock.close()

    def _begin(self, what: object, *arguments: object) -> None:
        thread = threading.Thread(target=what, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _listen(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(sock)
            self._begin(self._serve, sock)

    def _serve(self, sock: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = sock.recv(4096)
            if not piece:
                return
            head += piece
        first, *lines = head.decode("latin-1").split("\r\n")
        self.asked_for.append(first.split(" ")[1])
        for name, _, value in (line.partition(": ") for line in lines):
            if name.lower() == "proxy-authorization":
                self.credentials.append(base64.b64decode(value.split(" ")[1]).decode())
        if self._answer is not None:
            sock.sendall(self._answer)
            return
        host, _, port = self.asked_for[-1].partition(":")
        onward = socket.create_connection((host, int(port)), 5)
        self._sockets.append(onward)
        sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self._begin(_pass_on, onward, sock)
        _pass_on(sock, onward)


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # the other direction has ended both
