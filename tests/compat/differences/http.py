"""The calls by HTTP: HttpSpeechSynthesizer, the Qwen class, MultiModalConversation, VoiceEnrollmentService."""

from __future__ import annotations

from ..difference import Difference

__all__ = ["DELIBERATE"]

_CALLS = ("http_qwen", "http_conversation")
_ALL = ("http", *_CALLS)

DELIBERATE = [
    Difference(
        "HTTP: a stream ends before its last event",
        "the loop just ends",
        "`ConnectionLost`",
        "half a text is not passed off as whole",
        {f"{call}_streamed_stream_without_end: end": ("None", "without its last event") for call in _ALL},
        headline=True,
    ),
    Difference(
        "HTTP: an error in an answer with status 200",
        "is dropped, or a `TypeError`",
        "`code` and `message` tell it; enrollment raises it",
        "it can be acted on",
        {
            "http_error_with_200: call": ("'code': ''", "'code': 'Bad', 'message': 'no good'"),
            **{f"{call}_error_with_200: call": ("TypeError", "'message': 'no good'") for call in _CALLS},
            "http_voices_error_with_200: call": ("TypeError", "Error Message: no good"),
            **{
                f"http_voices_{what}_error_with_200: call": ("", "Error Message: no good")
                for what in ("list", "query", "update", "delete")
            },
            **{
                f"responses_as_programs_make_them: {name}, empty{what}": shown
                for name in ("TextToSpeechResponse", "MultiModalConversationResponse")
                for what, shown in {
                    "": ("TypeError", "'output': None"), ", in words": ("(absent)", '"output": null')
                }.items()
            },
        },
        headline=True,
    ),
    Difference(
        "HTTP: an event of several `data:` lines, spaces after its colons, audio only with the last event",
        "errors, or nothing",
        "are read",
        "the documents allow them",
        {
            "http_streamed_event_of_several_lines: end": ("RuntimeError", "None"),
            "http_streamed_event_of_several_lines: results": ("[]", "b'ab'"),
            **{
                f"{call}_streamed_event_of_several_lines: results": ("'code': 'Unknown'", "'data': 'YWI='")
                for call in _CALLS
            },
            "http_streamed_stream_with_spaces: end": ("None", "Request failed: 400 bad"),
            **{f"{call}_streamed_stream_with_spaces: end": ("TypeError", "None") for call in _CALLS},
            **{
                f"{call}_streamed_stream_with_spaces: results": ("", "'status_code': 400, 'request_id': 'rr'")
                for call in _CALLS
            },
            "http_streamed_stream_of_one_event: results": ("'audio_data': None", "b'zz'"),
        },
        headline=True,
    ),
    Difference(
        "`create_voice` for Qwen models (`model=\"qwen-voice-...\"`), `parameters=` for a design's preview",
        "a request the service does not know",
        "the service's own words",
        "they work",
        {
            "http_voices_qwen: requests": ("'action': 'create_voice'", "'action': 'create', "),
            "http_voices_qwen: call": ("KeyError", "qwen-tts-vc-p-voice-1-ab"),
            "http_voices_design: requests": ("'parameters': {}", "'parameters': {'sample_rate': 24000}, 'input'"),
        },
        headline=True,
    ),
    Difference(
        "The answer of a voice service that holds no voice",
        "`KeyError` or `TypeError`",
        "`VoiceEnrollmentException`",
        "it is the service's fault, and has a request id",
        {
            "http_voices_an_answer_without_one: call": ("KeyError", "the answer holds no voice"),
            "http_voices_a_list_without_one: call": ("KeyError", "the answer holds no voice"),
            "http_voices_list_null: call": ("TypeError", "the answer holds no voice"),
        },
    ),
    Difference(
        "`query_voice` whose answer is null",
        "None",
        "an empty dict",
        "programs read it with `.get`",
        {"http_voices_query_null: call": ("None", "{}")},
    ),
    Difference(
        "`create_voice` whose answer is late",
        "is sent up to four times, then `UnboundLocalError`",
        "is sent once; the network error comes as itself",
        "no voices nobody knows of",
        tested="tests/http/test_wire.py::test_a_create_whose_answer_is_late_is_sent_once",
        headline=True,
    ),
    Difference(
        "HTTP: `request_timeout`, `headers` of `HttpSpeechSynthesizer`",
        "are sent to the service as parameters",
        "limit and accompany the request",
        "as in the other calls",
        {"http_limit_and_headers: requests": ("'request_timeout': 5", "'x-a': 'b'")},
        headline=True,
    ),
    Difference(
        "`MultiModalConversation`",
        "speech and conversations",
        "speech; `messages=` is an `UnsupportedTask`",
        "this package speaks",
        {
            "http_conversation_with_messages: requests": ("POST", "[]"),
            "http_conversation_with_messages: call": ("'status_code': 200", "with messages=, needs the official"),
        },
        headline=True,
    ),
    Difference(
        "`MultiModalConversation` without a text",
        "sends what there is, or a `ValueError`",
        "`InputRequired` (a `ValueError`)",
        "this package speaks, and a text is what is spoken",
        {
            "http_conversation_without_text: requests": ("POST", "[]"),
            "http_conversation_without_text: call": ("'status_code': 200", "text is required!"),
            "http_conversation_nothing: call": ("Input data is required.", "text is required!"),
        },
    ),
]
