"""Sambert."""

from __future__ import annotations

from ..difference import Difference

__all__ = ["DELIBERATE"]


def _told(scenario: str, official: str, here: str) -> dict[str, tuple[str, str]]:
    """What ``on_error`` is told, and what the result's response says."""
    return {f"{scenario}: {field}": (official, here) for field in ("callbacks", "call")}


DELIBERATE = [
    Difference(
        "Sambert: a callback raises",
        "the callbacks that follow are left out",
        "`on_close` comes, then the exception",
        "files and players get closed",
        {
            "sambert_on_open_raises: callbacks": ("C on_open\n", "C on_open, C on_close\n"),
            "sambert_on_event_raises: callbacks": ("C on_event\n", "C on_event, C on_close\n"),
            "sambert_on_complete_raises: callbacks": ("C on_complete\n", "C on_complete, C on_close\n"),
            "sambert_on_error_raises: callbacks": ("C on_error\n", "C on_error, C on_close\n"),
        },
        headline=True,
    ),
    Difference(
        "Sambert: the service falls silent",
        "`call()` waits on, whatever `request_timeout` says",
        "`on_error` and `on_close` after `request_timeout`, 300 s",
        "nobody waits for what cannot come",
        tested="tests/sambert/test_faults.py::test_a_service_that_falls_silent_ends_with_the_request_timeout",
        headline=True,
    ),
    Difference(
        "Sambert: a message without `sentence`, or of an unknown kind",
        "`KeyError`, or an error",
        "is passed over",
        "the service may grow",
        {
            **{
                f"sambert_{what}: {field}": shown
                for what in ("output_is_empty", "result_without_a_sentence")
                for field, shown in {
                    "callbacks": ("C on_event\n", "C on_event, C on_complete, C on_close\n"),
                    "call": ("KeyError", '"status_code": 200'),
                }.items()
            },
            "sambert_an_unknown_event: callbacks": ("UnknownMessageReceived", "C on_complete, C on_close\n"),
            "sambert_an_unknown_event: call": ("UnknownMessageReceived", '"status_code": 200'),
        },
        headline=True,
    ),
    Difference(
        "Sambert: a task that is over before it has started",
        "an error",
        "is over, without audio",
        "the service has said so",
        {
            "sambert_finished_at_once: callbacks": ("expect task-started", "C on_open, C on_complete, C on_close\n"),
            "sambert_finished_at_once: call": ("expect task-started", '"status_code": 200'),
        },
    ),
    Difference(
        "Sambert: task-finished with a sentence in it, or without a payload",
        "`get_response()` is None",
        "`get_response()` has the answer",
        "its status and usage are known",
        {
            f"sambert_{what}: call": ("'response': None", '"status_code": 200')
            for what in ("output_has_a_sentence", "payload_is_empty")
        },
    ),
    Difference(
        "Sambert: a lost or refused connection",
        "names classes of the official package's libraries",
        "`code` `ConnectionLost` ..., and a message with the cause",
        "it can be acted on",
        {
            **_told("sambert_dropped", "UnexpectedMessageReceived", "without a close frame"),
            **_told("sambert_closed", "UnexpectedMessageReceived", "code 1007 (bad)"),
            **_told("sambert_not_json", "JSONDecodeError", "MalformedFrame"),
            **_told("sambert_audio_too_early", "UnexpectedMessageReceived", "audio came before task-started"),
            **_told("sambert_nobody_listens", "ssl:default", "Cause: connection refused"),
        },
        headline=True,
    ),
    Difference(
        "Sambert: a handshake that the service refuses with its reason",
        "the reason and the `request_id` of the service are dropped",
        "both are kept; the message begins with the official text",
        "the reason is what a program needs",
        {
            **_told("sambert_http_401_with_a_reason", "is invalid!\"", "is invalid! (HTTP 401, InvalidA"),
            **_told("sambert_http_429", '"request_id": null', '"request_id": "r-1"'),
        },
    ),
    Difference(
        "Sambert: half a surrogate in the text",
        "`UnicodeEncodeError`, told as an unknown error",
        "is sent as the escape that JSON has for it",
        "the service may judge it",
        {
            "sambert_half_a_surrogate: requests": ("[]", "ud800a"),
            **_told("sambert_half_a_surrogate", "UnicodeEncodeError", "bytes of 1: b'a'"),
        },
    ),
]
