"""Asking the service over HTTP, and reading its numbers."""

from __future__ import annotations

import time
from typing import Any

import requests
from prometheus_client.parser import text_string_to_metric_families

from ..local.client import MODEL, VOICE, WAIT

SPEECH_PATH = "api/v1/services/audio/tts/SpeechSynthesizer"
_PREFIX = "dashscope_tts_"


def ask(service, method: str, path: str, **options: Any) -> requests.Response:
    return requests.request(method, f"{service.page_url}{path}", timeout=WAIT, **options)


def speech(service, text: str, key: str = "any", **more: Any) -> requests.Response:
    body = {"model": MODEL, "input": {"text": text, "voice": VOICE, "format": "pcm", **more}}
    return ask(service, "POST", SPEECH_PATH, json=body, headers={"Authorization": f"Bearer {key}"})


def numbers(service) -> dict[tuple[str, ...], float]:
    """The samples of /metrics: (name, label value ...) to number, without the common prefix."""
    answer = ask(service, "GET", "metrics")
    assert answer.status_code == 200
    found = {}
    for family in text_string_to_metric_families(answer.text):
        assert family.documentation
        assert family.name.startswith(_PREFIX)
        for sample in family.samples:
            labels = tuple(value for _, value in sorted(sample.labels.items()))
            found[(sample.name[len(_PREFIX) :], *labels)] = sample.value
    return found


def wait_until(condition, seconds: float = 5.0) -> None:
    """A connection is counted out when the service sees its end, of which the client hears nothing."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.005)
