"""Runs the scenarios with one package in a process of its own: ``python -m tests.sambert.runner PACKAGE ADDRESS``.

Prints one JSON object: scenario -> what a program could notice.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
import threading
from typing import Any

from .scenarios import SCENARIOS, Scenario

_ID = re.compile(r"[0-9a-f]{32}")


def told(result: Any) -> list[Any]:
    frame, data = result.get_audio_frame(), result.get_audio_data()
    heard = [None if audio is None else audio.hex() for audio in (frame, data)]
    return [*heard, result.get_timestamp(), result.get_timestamps()]


def response_of(response: Any) -> Any:
    if response is None:
        return None
    text = _ID.sub("<id>", str(response))
    kinds = [type(response).__name__, type(response.usage).__name__]
    return {"text": text, "kinds": kinds, "keys": sorted(response)}


def listener(base: type, raises: str, log: list[Any]) -> Any:
    """A callback that writes down what it is told, and on which thread: C is the caller's."""
    caller = threading.current_thread()

    def note(name: str, *what: Any) -> None:
        log.append(["C" if threading.current_thread() is caller else "R", name, *what])
        if name == raises:
            raise ValueError(f"raised in {name}")

    methods = {name: (lambda self, name=name: note(name)) for name in ("on_open", "on_complete", "on_close")}
    methods["on_error"] = lambda self, response: note("on_error", response_of(response))
    methods["on_event"] = lambda self, result: note("on_event", told(result), response_of(result.get_response()))
    return type("Listener", (base,), methods)()


def run(package: Any, tts: Any, scenario: Scenario, url: str) -> dict[str, Any]:
    log: list[Any] = []
    arguments = {"model": "sambert-zhichu-v1", "text": scenario.text, "base_address": url, **scenario.arguments}
    if scenario.callback:
        arguments["callback"] = listener(tts.ResultCallback, scenario.raises, log)
    package.api_key = "sk-test" if arguments.get("api_key", "") is not None else None
    os.environ.update(scenario.environment)
    trace: dict[str, Any] = {"raised": None, "response": None, "result": None}
    try:
        result = tts.SpeechSynthesizer.call(**arguments)
        trace["result"], trace["response"] = told(result), response_of(result.get_response())
    except Exception as error:
        trace["raised"] = type(error).__name__
    finally:
        for name in scenario.environment:
            del os.environ[name]
    trace["threads"] = sorted({entry[0] for entry in log})
    trace["callbacks"] = [entry[1] for entry in log]
    trace["told"] = [entry[2:] for entry in log]
    return trace


def main(name: str, address: str) -> None:
    package, tts = importlib.import_module(name), importlib.import_module(f"{name}.audio.tts")
    traces = {}
    for at, scenario in SCENARIOS.items():
        host = address if scenario.script != 0 else "127.0.0.1:9"
        traces[at] = run(package, tts, scenario, f"ws://{host}/{name}-{at}/api-ws/v1/inference")
    print(json.dumps(traces))


if __name__ == "__main__":
    main(*sys.argv[1:])
