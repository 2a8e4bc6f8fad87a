"""A plain client of the duplex protocol, and ears: decoding and measuring what it got."""

from __future__ import annotations

import io
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

import av
import numpy as np
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as websocket_connect

MODEL = "cosyvoice-v3-flash"
VOICE = "longanyang"
WAIT = 20.0


def connect(service, *, key: str = "any", url: str = "", **options: Any) -> ClientConnection:
    options.setdefault("additional_headers", {"Authorization": f"Bearer {key}"})
    return websocket_connect(url or service.url, max_size=None, proxy=None, **options)


def message(action: str, task_id: str, payload: dict[str, Any]) -> str:
    return json.dumps({"header": {"action": action, "task_id": task_id, "streaming": "duplex"}, "payload": payload})


@dataclass
class Spoken:
    """All that came back for a task, in order: events as dicts, audio as bytes."""

    items: list[Any] = field(default_factory=list)

    @property
    def frames(self) -> list[bytes]:
        return [item for item in self.items if isinstance(item, bytes)]

    @property
    def audio(self) -> bytes:
        return b"".join(self.frames)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [item for item in self.items if isinstance(item, dict)]

    @property
    def outputs(self) -> list[dict[str, Any]]:
        return [e["payload"]["output"] for e in self.events if e["header"]["event"] == "result-generated"]

    @property
    def sentences(self) -> list[str]:
        return [output["original_text"] for output in self.outputs if output["type"] == "sentence-begin"]

    @property
    def words(self) -> list[dict[str, Any]]:
        ends = [output for output in self.outputs if output["type"] == "sentence-end"]
        return [word for output in ends for word in output["sentence"]["words"]]

    @property
    def last(self) -> dict[str, Any]:
        return self.events[-1]

    @property
    def error(self) -> tuple[str, str]:
        header = self.last["header"]
        assert header["event"] == "task-failed", header
        return header["error_code"], header["error_message"]

    @property
    def characters(self) -> int:
        assert self.last["header"]["event"] == "task-finished", self.last
        return self.last["payload"]["usage"]["characters"]


class Task:
    """One task on an open connection."""

    def __init__(self, connection: ClientConnection, **parameters: Any) -> None:
        self.connection = connection
        self.id = uuid.uuid4().hex
        self.model = parameters.pop("model", MODEL)
        self.parameters = {"voice": VOICE, "format": "pcm", "sample_rate": 16000, **parameters}
        self.spoken = Spoken()

    def run(self) -> Task:
        payload = {"model": self.model, "input": {}, "parameters": self.parameters}
        self.connection.send(message("run-task", self.id, payload))
        return self

    def text(self, text: str) -> Task:
        self.connection.send(message("continue-task", self.id, {"input": {"text": text}}))
        return self

    def flush(self) -> Task:
        self.connection.send(message("continue-task", self.id, {"input": {"flush": True}}))
        return self

    def finish(self, **given: Any) -> Task:
        self.connection.send(message("finish-task", self.id, {"input": given}))
        return self

    def next(self) -> Any:
        received = self.connection.recv(timeout=WAIT)
        item = received if isinstance(received, bytes) else json.loads(received)
        self.spoken.items.append(item)
        return item

    def until(self, *names: str) -> Any:
        """Read on to an event or an output type of that name, or to the first "audio"."""
        while True:
            item = self.next()
            if isinstance(item, bytes):
                if "audio" in names:
                    return item
                continue
            event = item["header"]["event"]
            kind = item["payload"].get("output", {}).get("type") if event == "result-generated" else event
            if kind in names:
                return item

    def rest(self) -> Spoken:
        self.until("task-finished", "task-failed")
        return self.spoken


def speak(service, *texts: str, **parameters: Any) -> Spoken:
    """A whole task on a connection of its own."""
    with connect(service) as connection:
        task = Task(connection, **parameters).run()
        for text in texts:
            task.text(text)
        return task.finish().rest()


def decode(audio: bytes) -> tuple[np.ndarray, int]:
    """Samples (-1 to 1) and sample rate of an encoded stream."""
    with av.open(io.BytesIO(audio)) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="flt", layout="mono", rate=stream.rate)
        frames = [part for frame in container.decode(stream) for part in resampler.resample(frame)]
        frames += resampler.resample(None)
        samples = np.concatenate([frame.to_ndarray()[0] for frame in frames])
        return samples, stream.rate


def pcm(audio: bytes) -> np.ndarray:
    return np.frombuffer(audio, "<i2").astype(float) / 32768


def rms(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(samples**2))) if len(samples) else 0.0


def fundamental(samples: np.ndarray, rate: int) -> float:
    """The median fundamental frequency of the voiced parts, in Hz, by autocorrelation."""
    size, found = rate // 20, []
    loud = 0.3 * rms(samples)
    for begin in range(0, len(samples) - size, size // 2):
        window = samples[begin : begin + size]
        if rms(window) < loud:
            continue
        window = window - window.mean()
        correlation = np.correlate(window, window, "full")[size - 1 :]
        low, high = rate // 450, rate // 55
        best = low + int(correlation[low:high].argmax())
        if correlation[best] > 0.5 * correlation[0]:
            found.append(rate / best)
    return float(np.median(found))
