"""Where this package answers otherwise than the official one and should not. What is mended is taken from here."""

from __future__ import annotations

from .difference import Difference

__all__ = ["DEFECTS"]

DEFECTS = [
    Difference(
        "`streaming_call` inside `on_open`",
        "sends the fragment",
        "`InvalidTask: task has already started.`",
        "the task is known as the one that takes fragments only after `on_open`",
        {
            "fragment_from_on_open: frames": ("from on_open", "run-task"),
            "fragment_from_on_open: callbacks": ("R on_complete, R on_close", "C on_open"),
            "fragment_from_on_open: fragment": ("None", "task has already started"),
            "fragment_from_on_open: complete": ("None", "has not been started"),
            "fragment_from_on_open: on_close was called": ("True", "False"),
        },
    ),
    Difference(
        "The log at level debug",
        "`>>>send {json}` for each frame sent, `<<<recv binary {n}` for each audio frame",
        "only `<<<recv {json}`",
        "users are told to send this log to the vendor's support",
        {
            "log_at_level_debug: lines of the wire": (">>>send", "<<<recv {"),
            "log_of_a_failure: lines of the wire": (">>>send", "<<<recv {"),
        },
    ),
    Difference(
        "A fragment after `streaming_cancel` or `close`",
        "`InvalidTask`, `ConnectionError`",
        "begins a new task, which speaks it",
        "a thread that still feeds text after a barge-in must be stopped by it, not heard",
        {
            "fragment_after_cancel: frames": ("finish-task", "finish-task run-task continue-task"),
            "fragment_after_cancel: another fragment": ("has not been started", "None"),
            "fragment_after_close: frames": ("continue-task", "run-task continue-task | run-task continue-task"),
            "fragment_after_close: another fragment": ("Please call connect() first", "None"),
        },
    ),
    Difference(
        "The text of the `TimeoutError` of `call` when its limit has passed",
        "always says the limit",
        "does not say it if the reader thread notices first",
        "two clocks for one limit",
        {"call_with_a_silent_server: call": ("timeout 500ms", "wait for complete timeout")},
        sometimes=True,
    ),
    Difference(
        "An object that is dropped while its task runs",
        "no callback",
        "now and then `on_error`, which says that the service closed the connection, and `on_close`",
        "it was the program that let go, and it should be told always or never",
        {
            "abandoned_in_the_middle: callbacks": ("", "R on_error, R on_close"),
            "abandoned_in_the_middle: on_close was called": ("False", "True"),
        },
        sometimes=True,
    ),
    Difference(
        "`SpeechSynthesisResponse.copy()`",
        "a response",
        "a dict, without attributes",
        "DictMixin lacks `copy`",
        {"speech_synthesis_response: copy()": ("SpeechSynthesisResponse", "dict")},
    ),
    Difference(
        "`from dashscope.audio.tts_v2.speech_synthesizer import SpeechSynthesizerObjectPool`",
        "works",
        "`ImportError`: the pool has a module of its own, and is exported by the package only",
        "the module tree is part of the contract",
        {"names_of_the_synthesizer_module: names": ("SpeechSynthesizerObjectPool", "")},
    ),
]
