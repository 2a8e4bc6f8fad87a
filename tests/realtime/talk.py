"""A raw client of the realtime route."""

from __future__ import annotations

import base64
import json

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

__all__ = ["MODEL", "RESPONSE", "WAIT", "Talk", "spoken"]

WAIT = 10.0
MODEL = "qwen3-tts-flash-realtime"
RESPONSE = [
    "response.created", "response.output_item.added", "response.content_part.added", "response.audio.delta",
    "response.audio.done", "response.content_part.done", "response.output_item.done", "response.done",
]  # fmt: skip


class Talk:
    """One raw connection."""

    def __init__(self, service, model=MODEL, key="sk-x", **connecting):
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        url = service.url.replace("inference", "realtime")
        self._connecting = connect(f"{url}?model={model}", additional_headers=headers, proxy=None, **connecting)
        self.events = []

    def __enter__(self):
        self.ws = self._connecting.__enter__()
        return self

    def __exit__(self, *error):
        self._connecting.__exit__(*error)

    def say(self, type, **fields):
        self.ws.send(json.dumps({"event_id": f"event_{len(self.events)}", "type": type, **fields}))

    def update(self, **session):
        self.say("session.update", session=session)
        return self.until("session.updated", "error")

    def append(self, text):
        self.say("input_text_buffer.append", text=text)

    def until(self, *types):
        while True:
            event = json.loads(self.ws.recv(timeout=WAIT))
            self.events.append(event)
            if event["type"] in types:
                return event

    def rest(self):
        """To the end of the session and of the connection; the close code."""
        self.until("session.finished")
        with pytest.raises(ConnectionClosed):
            self.ws.recv(timeout=WAIT)
        return self.ws.close_code

    @property
    def types(self):
        types = [event["type"] for event in self.events]
        return [kind for before, kind in zip(["", *types], types) if kind != before]

    @property
    def audio(self):
        deltas = [event["delta"] for event in self.events if event["type"] == "response.audio.delta"]
        return b"".join(map(base64.b64decode, deltas))

    def response(self):
        return [event for event in self.events if event["type"] == "response.done"][-1]["response"]


def spoken(service, text, model=MODEL, **session):
    with Talk(service, model) as talk:
        if session:
            assert talk.update(**session)["type"] == "session.updated", talk.events[-1]
        talk.append(text)
        talk.say("session.finish")
        talk.rest()
        return talk
