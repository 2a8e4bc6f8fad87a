"""What a service can be told to do; a script of steps reads as a sentence."""

from __future__ import annotations

import json
import threading
from typing import Any, Callable, Optional

from .peer import BINARY, CLOSE, CONTINUATION, PING, TEXT, Gone, Peer, frame_of

__all__ = [
    "Step",
    "accepts",
    "accepts_and_starts_behind_it",
    "cancels",
    "closes",
    "drops",
    "fails",
    "finishes",
    "floods",
    "hears",
    "hears_the_rest",
    "pings",
    "reads_the_request",
    "refuses",
    "resets",
    "sends",
    "sends_in_fragments",
    "sends_masked",
    "sleeps_on_the_job",
    "speaks",
    "starts",
    "tells",
    "waits_for",
    "writes",
    "writes_text",
]

Step = Callable[[Peer], None]


# -- the handshake


def reads_the_request(peer: Peer) -> None:
    peer.read_request()


def accepts(peer: Peer) -> None:
    peer.read_request()
    peer.accept()


def accepts_and_starts_behind_it(peer: Peer) -> None:
    """A ping comes in one piece with the answer to the handshake."""
    peer.read_request()
    peer.accept(behind=frame_of(PING, b"hello"))


def refuses(status: str, body: bytes = b"", *headers: str) -> Step:
    def step(peer: Peer) -> None:
        peer.read_request()
        head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
        peer.write("\r\n".join([*head, "", ""]).encode() + body)

    return step


# -- the conversation


def starts(peer: Peer) -> None:
    peer.hear("run-task")
    peer.event("task-started")


def hears(action: str) -> Step:
    def step(peer: Peer) -> None:
        peer.hear(action)

    return step


def hears_the_rest(peer: Peer) -> None:
    """All messages up to the end of the text."""
    while peer.next_message()["header"]["action"] != "finish-task":
        pass


def sends(*audio: bytes) -> Step:
    def step(peer: Peer) -> None:
        for piece in audio:
            peer.send(BINARY, piece)

    return step


def floods(frame: bytes, times: int) -> Step:
    """Many binary frames, as fast as they go."""

    def step(peer: Peer) -> None:
        data = frame_of(BINARY, frame)
        for _ in range(times):
            peer.write(data)

    return step


def tells(kind: str = "sentence-begin", index: int = 0, task_id: Optional[str] = None) -> Step:
    """A result-generated."""

    def step(peer: Peer) -> None:
        output = {"type": kind, "sentence": {"index": index, "words": []}}
        peer.event("result-generated", {"output": output}, task_id)

    return step


def finishes(peer: Peer) -> None:
    peer.event("task-finished", {"output": {"sentence": {"words": []}}, "usage": {"characters": 1}})


def fails(code: str, message: str) -> Step:
    def step(peer: Peer) -> None:
        peer.event("task-failed", error_code=code, error_message=message)

    return step


def cancels(peer: Peer) -> None:
    """The cancel of the client is confirmed."""
    peer.hear("cancel")
    finishes(peer)


def speaks(peer: Peer) -> None:
    """An ordinary service, for any number of tasks. The audio of a text is the text, in bytes."""
    while True:
        message = peer.next_message()
        action, about = message["header"]["action"], message["payload"].get("input") or {}
        if action == "run-task":
            peer.event("task-started")
        elif action == "finish-task":
            finishes(peer)
        elif "text" in about:
            tells()(peer)
            peer.send(BINARY, about["text"].encode())


# -- what a good library would not send


def writes(data: bytes) -> Step:
    def step(peer: Peer) -> None:
        peer.write(data)

    return step


def writes_text(text: Any) -> Step:
    """A text frame with what ever is given: bytes as they are, a str, anything else as JSON."""

    def step(peer: Peer) -> None:
        data = text if isinstance(text, (bytes, str)) else json.dumps(text)
        peer.send(TEXT, data if isinstance(data, bytes) else data.encode())

    return step


def sends_masked(audio: bytes) -> Step:
    def step(peer: Peer) -> None:
        peer.write(frame_of(BINARY, audio, mask=b"\1\2\3\4"))

    return step


def sends_in_fragments(opcode: int, *pieces: bytes, between: bytes = b"") -> Step:
    """One message in several frames, with ``between`` between each two of them."""

    def step(peer: Peer) -> None:
        for number, piece in enumerate(pieces):
            final = number == len(pieces) - 1
            peer.write(frame_of(opcode if number == 0 else CONTINUATION, piece, final) + (b"" if final else between))

    return step


def pings(peer: Peer) -> None:
    peer.send(PING, b"still there?")


# -- the end, and time


def closes(code: Optional[int] = None, reason: str = "") -> Step:
    """A close frame; TCP stays open."""

    def step(peer: Peer) -> None:
        peer.send(CLOSE, b"" if code is None else code.to_bytes(2, "big") + reason.encode())

    return step


def drops(peer: Peer) -> None:
    """TCP ends, without a close frame."""
    peer.close()


def resets(peer: Peer) -> None:
    """TCP ends with a reset."""
    peer.reset()


def waits_for(event: threading.Event) -> Step:
    """Say nothing and read nothing until the test says so."""

    def step(peer: Peer) -> None:
        assert event.wait(10), "the test has not said so"

    return step


def sleeps_on_the_job(peer: Peer) -> None:
    """Read nothing any more, and keep the connection."""
    peer.stopping.wait(20)
    raise Gone
