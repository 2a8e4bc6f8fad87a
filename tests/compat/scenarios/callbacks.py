"""Callbacks that raise, that call back, that are not derived from anything."""

from __future__ import annotations

import json
from typing import Any

from ..registry import scenario
from ..speaking import recorder, speaker
from ..trace import Trace


def _raise(*_: Any) -> None:
    raise ValueError("the program's own")


def _raising_in(t: Trace, method: str) -> None:
    t.step("call", speaker(t, recorder(t, **{method: _raise})).call, "text")
    t.wait_for_close(1.0)


@scenario("two-sentences")
def on_open_raises(t: Trace) -> None:
    t.step("call", speaker(t, recorder(t, on_open=_raise)).call, "text")


@scenario("two-sentences")
def on_event_raises(t: Trace) -> None:
    _raising_in(t, "on_event")


@scenario("two-sentences")
def on_data_raises(t: Trace) -> None:
    _raising_in(t, "on_data")


@scenario("two-sentences")
def on_complete_raises(t: Trace) -> None:
    _raising_in(t, "on_complete")


@scenario("two-sentences")
def on_close_raises(t: Trace) -> None:
    _raising_in(t, "on_close")


@scenario("failed-at-finish")
def on_error_raises(t: Trace) -> None:
    _raising_in(t, "on_error")


@scenario("two-sentences")
def on_event_raises_a_json_error(t: Trace) -> None:
    t.step("call", speaker(t, recorder(t, on_event=lambda _: json.loads("{"))).call, "text")
    t.wait_for_close()


@scenario("two-sentences")
def callback_that_is_any_object(t: Trace) -> None:
    class Bare:
        def __getattr__(self, name: str) -> Any:
            def method(*arguments: Any) -> None:
                t.heard(name, *arguments)
                if name == "on_close":
                    t.closed.set()

            return method

    t.step("call", speaker(t, Bare()).call, "text")
    t.wait_for_close()


@scenario("failed-at-finish")
def on_error_gets_json_text(t: Trace) -> None:
    told: list[Any] = []
    synthesizer = speaker(t, recorder(t, on_error=told.append))
    t.step("call", synthesizer.call, "text")
    t.wait_for_close()
    t.note("types", [type(message).__name__ for message in told])
    t.note("parsed", [json.loads(message) for message in told])
    t.note("as the response", json.loads(told[0]) == synthesizer.get_response())


@scenario("dropped-at-finish")
def on_error_after_a_drop(t: Trace) -> None:
    told: list[Any] = []
    t.step("call", speaker(t, recorder(t, on_error=told.append)).call, "text")
    t.wait_for_close(0.5)
    t.note("types", [type(message).__name__ for message in told])


@scenario("two-sentences")
def what_is_known_in_on_complete(t: Trace) -> None:
    def on_complete() -> None:
        t.note("delay is positive", 0 < synthesizer.get_first_package_delay() < 5000)
        t.note("request id", synthesizer.get_last_request_id() == synthesizer.request.task_id)
        t.note("response", synthesizer.get_response())

    synthesizer = speaker(t, recorder(t, on_complete=on_complete))
    t.step("call", synthesizer.call, "text")
    t.wait_for_close()


@scenario("two-sentences")
def what_is_known_in_on_open(t: Trace) -> None:
    def on_open() -> None:
        t.note("request id", synthesizer.get_last_request_id() == synthesizer.request.task_id)
        t.note("event", (synthesizer.get_response() or {}).get("header", {}).get("event"))
        t.note("str", str(synthesizer))

    synthesizer = speaker(t, recorder(t, on_open=on_open))
    t.step("call", synthesizer.call, "text")
    t.wait_for_close()


@scenario("two-sentences")
def close_in_on_complete(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t, on_complete=lambda: synthesizer.close()))
    t.step("call", synthesizer.call, "text")
    t.wait_for_close()


@scenario("sentence-per-text")
def fragment_from_on_open(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t, on_open=lambda: synthesizer.streaming_call("from on_open")))
    t.step("fragment", synthesizer.streaming_call, "from the caller")
    t.step("complete", synthesizer.streaming_complete)
    t.wait_for_close()


@scenario("two-sentences")
def data_is_kept_by_the_program(t: Trace) -> None:
    kept: list[Any] = []
    t.step("call", speaker(t, recorder(t, on_data=kept.append)).call, "text")
    t.wait_for_close()
    t.note("types", [type(data).__name__ for data in kept])
    t.note("data", kept)
