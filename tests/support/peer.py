"""One connection as the service has it, down to the bytes."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import struct
import threading
from dataclasses import dataclass
from typing import Any, Optional

__all__ = ["BINARY", "CLOSE", "CONTINUATION", "PING", "PONG", "TEXT", "Frame", "Gone", "Peer", "frame_of"]

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Gone(Exception):
    """The client has closed the connection."""


@dataclass(frozen=True)
class Frame:
    """What came from the client."""

    opcode: int
    payload: bytes
    masked: bool

    @property
    def close_code(self) -> Optional[int]:
        return int.from_bytes(self.payload[:2], "big") if self.opcode == CLOSE and self.payload else None


def frame_of(opcode: int, payload: bytes, final: bool = True, mask: Optional[bytes] = None) -> bytes:
    """The bytes of a frame; ``mask`` is what a server must never use."""
    length, flag = len(payload), 0x80 if mask else 0
    if length < 126:
        size = bytes([flag | length])
    elif length < 65536:
        size = bytes([flag | 126]) + length.to_bytes(2, "big")
    else:
        size = bytes([flag | 127]) + length.to_bytes(8, "big")
    if mask:
        payload = mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    return bytes([(0x80 if final else 0) | opcode]) + size + payload


class Peer:
    """The service's end of a connection, with a record of all that came.

    Attributes:
        request: the first line of the handshake.
        headers: its headers, as they came, in order.
        frames: every frame of the client.
        messages: every text frame, read as JSON.
        gone: set when the client's end, or this one, is closed.
        stopping: set when the test is over; nothing here waits any longer.
    """

    def __init__(self, sock: socket.socket, stopping: threading.Event) -> None:
        self.sock = sock
        self.request = ""
        self.headers: list[tuple[str, str]] = []
        self.frames: list[Frame] = []
        self.messages: list[dict[str, Any]] = []
        self.task_id = ""
        self.gone = threading.Event()
        self.stopping = stopping
        self.is_open = False  # the handshake was answered with yes
        self.at = 0  # messages that the script has dealt with
        self._data = b""

    # -- what was heard

    def header(self, name: str) -> list[str]:
        """The values under this name, in any case."""
        return [value for known, value in self.headers if known.lower() == name.lower()]

    @property
    def actions(self) -> list[str]:
        """The actions so far: ``run-task`` ...; a cancel is told from a finish, a flush from a text."""
        return [_action(message) for message in self.messages]

    @property
    def texts(self) -> list[str]:
        return [m["payload"]["input"]["text"] for m in self.messages if "text" in m["payload"].get("input", {})]

    @property
    def task_ids(self) -> list[str]:
        """The tasks in the order of their begin."""
        return [m["header"]["task_id"] for m in self.messages if m["header"]["action"] == "run-task"]

    # -- reading

    def _take(self, size: int) -> bytes:
        while len(self._data) < size:
            self._more()
        taken, self._data = self._data[:size], self._data[size:]
        return taken

    def _more(self) -> None:
        try:
            piece = self.sock.recv(65536)
        except OSError as error:
            raise Gone from error
        if not piece:
            raise Gone
        self._data += piece

    def read_request(self) -> None:
        while b"\r\n\r\n" not in self._data:
            self._more()
        head, _, self._data = self._data.partition(b"\r\n\r\n")
        self.request, *lines = head.decode("latin-1").split("\r\n")
        self.headers = [(name, value) for name, _, value in (line.partition(": ") for line in lines)]

    def accept(self, behind: bytes = b"") -> None:
        """Answer the handshake; ``behind`` goes out in the same piece."""
        self.is_open = True
        accept = base64.b64encode(hashlib.sha1(self.header("Sec-WebSocket-Key")[0].encode() + _GUID).digest())
        self.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n" + behind
        )

    def next_frame(self) -> Frame:
        first, second = self._take(2)
        length = second & 127
        if length >= 126:
            length = int.from_bytes(self._take(2 if length == 126 else 8), "big")
        mask = self._take(4) if second & 128 else b""
        payload = self._take(length)
        if mask:
            pattern = (mask * (length // 4 + 1))[:length]
            payload = (int.from_bytes(payload, "big") ^ int.from_bytes(pattern, "big")).to_bytes(length, "big")
        frame = Frame(first & 15, payload, bool(mask))
        self.frames.append(frame)
        if frame.opcode == TEXT:
            self.messages.append(json.loads(payload))
        return frame

    def next_message(self) -> dict[str, Any]:
        """The next text frame; a close frame is answered, and ends the conversation."""
        while self.at >= len(self.messages):
            frame = self.next_frame()
            if frame.opcode == CLOSE:
                self.send(CLOSE, frame.payload)
                self.read_to_the_end()
        self.at += 1
        message = self.messages[self.at - 1]
        if message["header"]["action"] == "run-task":
            self.task_id = message["header"]["task_id"]
        return message

    def hear(self, action: str) -> dict[str, Any]:
        """The next message, which must be this one."""
        message = self.next_message()
        assert _action(message) == action, f"expected {action}, heard {_action(message)}"
        return message

    def read_to_the_end(self) -> None:
        """Until the client goes away."""
        while True:
            frame = self.next_frame()
            if frame.opcode == CLOSE:
                self.send(CLOSE, frame.payload)

    def drain(self) -> None:
        """The same, where no frames come."""
        while True:
            self._more()

    # -- writing

    def write(self, data: bytes) -> None:
        try:
            self.sock.sendall(data)
        except OSError as error:
            raise Gone from error

    def send(self, opcode: int, payload: bytes) -> None:
        self.write(frame_of(opcode, payload))

    def event(self, name: str, payload: Any = None, task_id: Optional[str] = None, **header: Any) -> None:
        head = {"task_id": self.task_id if task_id is None else task_id, "event": name, "attributes": {}, **header}
        self.send(TEXT, json.dumps({"header": head, "payload": payload or {}}).encode())

    def close(self) -> None:
        """The end of TCP, in good order."""
        self.gone.set()
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the client was quicker
        self.sock.close()

    def reset(self) -> None:
        """The end of TCP, as of a machine that was switched off and on."""
        self.gone.set()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


def _action(message: dict[str, Any]) -> str:
    action, about = str(message["header"]["action"]), message["payload"].get("input") or {}
    if about.get("directive") == "cancel":
        return "cancel"
    return "flush" if about.get("flush") else action
