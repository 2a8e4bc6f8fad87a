"""Where this package means to differ from the official one: program -> what differs -> why."""

from __future__ import annotations

__all__ = ["DIFFERENCES"]

_TOLD = "an error that comes with status 200 is told, by code and message, not dropped or a TypeError"
_END = "a stream that ends before its last event is a lost connection, not the end of the speech"
_SPACES = "an event with a space after its colons, as the standard writes it, is an error all the same"
_LINES = "the data lines of one event are one document, as the vendor's documents say"
_NO_VOICE = "the service's answer holds no voice: that is its error, not a KeyError or a TypeError"
_SPEECH = "only speech is part of this package, so there must be a text; nothing is sent without one"

DIFFERENCES: dict[str, dict[str, str]] = {
    "http: error with 200": {"result": _TOLD},
    "qwen: error with 200": {"result": _TOLD},
    "conversation: error with 200": {"result": _TOLD},
    "voices: error with 200": {"result": _TOLD},
    "http, streamed: stream without end": {"result": _END},
    "qwen, streamed: stream without end": {"result": _END},
    "conversation, streamed: stream without end": {"result": _END},
    "http, streamed: stream with spaces": {"result": _SPACES},
    "qwen, streamed: stream with spaces": {"result": _SPACES},
    "conversation, streamed: stream with spaces": {"result": _SPACES},
    "http, streamed: event of several lines": {"result": _LINES},
    "qwen, streamed: event of several lines": {"result": _LINES},
    "conversation, streamed: event of several lines": {"result": _LINES},
    "http, streamed: stream of one event": {"result": "audio that comes with the last event alone is not dropped"},
    "conversation: without text": {"result": _SPEECH, "requests": _SPEECH},
    "conversation: nothing": {"result": "as the official ValueError, with a text that names what is missing here"},
    "voices: design": {
        "requests": "the service reads the preview's parameters beside the input, and a url of null says nothing"
    },
    "voices: qwen": {
        "requests": "the service has other names for a Qwen voice; the official request is not one it knows",
        "result": "its answer names the voice 'voice', which the official package does not find",
    },
    "voices: an answer without one": {"result": _NO_VOICE},
    "voices: a list without one": {"result": _NO_VOICE},
}
