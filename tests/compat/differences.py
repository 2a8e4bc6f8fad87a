"""Where this package means to answer otherwise than the official one: all of it, with the reasons.

Whatever differs and is not listed here or in defects.py fails, and so does what is listed and does not differ.
``python -m tests.compat`` prints the table of the README.
"""

from __future__ import annotations

from .difference import Difference

__all__ = ["DELIBERATE"]

_GONE = "Please call connect() first"
_LOST = "ConnectionLost"
_TOLD = "R on_error, R on_close"
_WITHIN = ("False", "True")
_NOT_SPEECH = (
    "audio.asr", "audio.qwen_omni", "common.api_key", "common.base_type", "common.constants", "common.env",
    "common.utils",
)  # fmt: skip
_NO_CONNECTION = ("or server status.", "or server status. Cause: ")

DELIBERATE = [
    Difference(
        "The connection goes away under a waiting call",
        "waits for ever, or until its limit, and says nothing",
        "`ConnectionLost` at once (a `RequestFailure` and a `ConnectionError`), with the close code",
        "a program must never hang",
        {
            "call_dropped: call": ("(hung)", _LOST),
            "call_closed_with_code_1011: call": ("(hung)", "code 1011 (going down)"),
            "call_dropped_with_a_limit: call": ("TimeoutError", _LOST),
            "call_dropped_with_a_limit: call within 0.8 s": _WITHIN,
            "call_dropped_at_start: call": ("TimeoutError", _LOST),
            "call_dropped_at_start: call within 1 s": _WITHIN,
        },
    ),
    Difference(
        "The connection goes away under a task with a callback",
        "no callback at all",
        "`on_error` with JSON in the shape of task-failed, then `on_close`, once each",
        "a program must hear of it",
        {
            "call_dropped_with_a_callback: callbacks": ("", _TOLD),
            "call_dropped_with_a_callback: on_close was called": _WITHIN,
            "on_error_after_a_drop: callbacks": ("", _TOLD),
            "on_error_after_a_drop: on_close was called": _WITHIN,
            "on_error_after_a_drop: types": ("[]", "str"),
            "stream_dropped_at_finish: callbacks": ("", _TOLD),
            "stream_dropped_at_finish: complete": ("(hung)", "None"),
            "stream_dropped_then_another_fragment: callbacks": ("", _TOLD),
            "stream_dropped_then_another_fragment: on_close was called": _WITHIN,
            "stream_dropped_then_complete: callbacks": ("", _TOLD),
            "stream_dropped_then_complete: on_close was called": _WITHIN,
            "stream_dropped_then_cancel: callbacks": ("", _TOLD),
            "stream_dropped_then_cancel: on_close was called": _WITHIN,
        },
    ),
    Difference(
        "A fragment after `streaming_cancel`",
        "`InvalidTask`",
        "`InvalidTask`, which says how to begin anew",
        "here the object can be used again",
        {"fragment_after_cancel: another fragment": ("has not been started.'", "connect() begins anew")},
    ),
    Difference(
        "A fragment after the task has failed or was lost",
        "`ConnectionError` that tells to call a `connect()` that does not exist",
        "`ConnectionLost` (a `ConnectionError`) with the cause",
        "the cause is what a program needs",
        {
            "stream_dropped_then_another_fragment: another fragment": (_GONE, "without a close frame"),
            "stream_failed_then_another_fragment: another fragment": (_GONE, "return error code: 418"),
        },
    ),
    Difference(
        "`streaming_complete`, `streaming_cancel` of a task whose failure the callback has heard of, or that is over",
        "`ConnectionError` or `InvalidTask`; on a connection left open one more finish-task",
        "nothing: a failure is told once",
        "what is over needs no end, and clean-up code should not fail",
        {
            "stream_failed_then_another_fragment: complete": (_GONE, "None"),
            "stream_failed_then_complete: complete": (_GONE, "None"),
            "stream_failed_then_complete_on_a_connection_left_open: frames": ("finish-task", ""),
            "stream_failed_then_cancel: cancel": (_GONE, "None"),
            "stream_dropped_then_complete: complete": (_GONE, "None"),
            "stream_dropped_then_cancel: cancel": (_GONE, "None"),
            "cancel_twice: cancel again": ("has not been started", "None"),
            "cancel_after_complete: cancel": ("has not been started", "None"),
        },
    ),
    Difference(
        "No connection: refused, HTTP 401, 403, 429, TLS, closed",
        "5 s of waiting, then `TimeoutError` without the cause",
        "at once, `ConnectFailed` (a `TimeoutError`), or its `AuthenticationFailed`; the same text, and the cause",
        "the cause is known at once",
        {
            "call_refused: call": _NO_CONNECTION,
            "call_refused: call within 1 s": _WITHIN,
            "call_with_a_bad_key: call": _NO_CONNECTION,
            "call_with_a_bad_key: call within 1 s": _WITHIN,
            "stream_with_a_forbidden_key: fragment": _NO_CONNECTION,
            "stream_with_a_forbidden_key: fragment within 1 s": _WITHIN,
            "call_with_too_many_requests: call": _NO_CONNECTION,
            "call_with_too_many_requests: call within 1 s": _WITHIN,
            "call_with_a_silent_handshake: call": _NO_CONNECTION,
            "call_with_a_handshake_cut_short: call": _NO_CONNECTION,
            "call_with_a_handshake_cut_short: call within 1 s": _WITHIN,
            "call_after_a_failed_connect: call": _NO_CONNECTION,
        },
    ),
    Difference(
        "The service does not start the task",
        "`TimeoutError` after 10 s that says 5 s, whatever limit `call` was given",
        "`TaskTimeout` (a `TimeoutError`) that says 10 s, or after the limit of `call`",
        "a limit is a limit for all of the call",
        {
            "call_never_started: call": ("within 5s", "within 10s"),
            "call_never_started_with_a_limit: call": ("within 5s", "TimeoutError"),
            "call_never_started_with_a_limit: call within 1 s": _WITHIN,
        },
    ),
    Difference(
        "`async_streaming_complete` with a limit, and a silent service",
        "an exception in a thread of its own; no callback",
        "`on_error` and `on_close`",
        "a program must hear of it",
        {
            "asynchronous_complete_with_a_silent_server: callbacks": ("", _TOLD),
            "asynchronous_complete_with_a_silent_server: on_close was called": _WITHIN,
        },
    ),
    Difference(
        "A text frame that is not a message of the service",
        "logged and skipped",
        "`MalformedFrame` (a `ConnectionLost`), and the connection is closed",
        "after it nothing on that connection can be trusted",
        {f"call_with_{what}_in_between: call": ("audio 0001", "MalformedFrame") for what in ("junk", "a_json_list")},
    ),
    Difference(
        "A second task on one object, after `call`, after a failure, after complete",
        "`ConnectionError` or `InvalidTask`",
        "works: a new task with an id of its own, on the same connection where that is still good",
        "it is the first thing one tries, and saves a handshake",
        {
            "call_twice_on_one_object: frames": ("", "run-task continue-task finish-task run-task"),
            "call_twice_on_one_object: second": (_GONE, "audio 0001"),
            "call_twice_with_a_callback: frames": ("", "run-task continue-task finish-task run-task"),
            "call_twice_with_a_callback: callbacks": ("", "R on_complete, R on_close, C on_open, R on_event"),
            "call_twice_with_a_callback: second": (_GONE, "None"),
            "call_twice_with_a_callback: closed again": _WITHIN,
            "streaming_call_after_call: frames": ("", "finish-task run-task continue-task"),
            "streaming_call_after_call: callbacks": ("", "R on_close, C on_open"),
            "streaming_call_after_call: streaming_call": (_GONE, "None"),
            "fragment_after_complete: frames": ("", "finish-task run-task continue-task"),
            "fragment_after_complete: callbacks": ("", "R on_close, C on_open"),
            "fragment_after_complete: another fragment": ("has not been started", "None"),
            "call_after_a_failure: frames": ("", "run-task | run-task"),
            "call_after_a_failure: call again": (_GONE, "return error code: 418"),
            "stream_failed_at_start_then_another_fragment: frames": ("", "run-task | run-task"),
            "stream_failed_at_start_then_another_fragment: callbacks": (_TOLD, f"{_TOLD}, {_TOLD}"),
            "stream_failed_at_start_then_another_fragment: another fragment": ("has not been started", "418"),
            "call_after_a_failed_connect: frames": ("", "run-task continue-task finish-task"),
            "call_after_a_failed_connect: call again": (_GONE, "audio 0001"),
            "what_is_known_after_a_call: str": ("connected:False", "connected:True"),
        },
    ),
    Difference(
        "`streaming_call` without a callback, twice",
        "`InputRequired`, then `InvalidTask`",
        "`InputRequired` both times",
        "a refused call must not change the object",
        {"stream_without_a_callback: fragment again": ("InvalidTask", "InputRequired")},
    ),
    Difference(
        "A fragment after the end of the text was sent",
        "sent after finish-task",
        "`InvalidTask`",
        "the service does not take it",
        {
            "fragment_after_asynchronous_complete: frames": ("finish-task continue-task", ""),
            "fragment_after_asynchronous_complete: callbacks": ("Sentence 1", ""),
            "fragment_after_asynchronous_complete: another fragment": ("None", "InvalidTask"),
        },
    ),
    Difference(
        "`streaming_cancel`",
        "audio goes on to `on_data` until the service has stopped; a failure is told",
        "neither `on_data` nor `on_event` any more; `on_complete` and `on_close`, however the service ends it",
        "stale audio after a barge-in is heard",
        {
            "cancel_in_the_middle: callbacks": ("audio 0003", "R on_event, R on_complete, R on_close"),
            "cancel_then_close: callbacks": ("audio 0003", "R on_event, R on_complete, R on_close"),
            "complete_after_cancel: callbacks": ("audio 0002", "C on_open, R on_complete, R on_close"),
            "cancel_twice: callbacks": ("audio 0002", "C on_open, R on_complete, R on_close"),
            "fragment_after_cancel: callbacks": ("audio 0002", "C on_open, R on_complete, R on_close"),
            "cancel_answered_with_a_failure: callbacks": ("on_error", "C on_open, R on_complete, R on_close"),
        },
    ),
    Difference(
        "`streaming_cancel` inside a callback",
        "stalls the connection for its whole limit, then closes it",
        "returns at once",
        "the answer comes on the thread that would wait for it",
        {
            "cancel_from_on_data: callbacks": ("", "R on_complete, R on_close"),
            "cancel_from_on_data: cancel within 0.5 s": _WITHIN,
            "cancel_from_on_data: on_close was called": _WITHIN,
        },
    ),
    Difference(
        "`close()` while a task runs",
        "no callback",
        "`on_close`",
        "players and files are closed there",
        {
            "close_in_the_middle: callbacks": ("", "R on_close"),
            "close_in_the_middle: on_close was called": _WITHIN,
            "fragment_after_close: callbacks": ("", "R on_event, R on_close"),
        },
    ),
    Difference(
        "`on_complete` or `on_error` raises",
        "`on_close` is not called",
        "`on_close` is called",
        "players and files are closed there",
        {
            "on_complete_raises: callbacks": ("", "R on_complete, R on_close"),
            "on_complete_raises: on_close was called": _WITHIN,
            "on_error_raises: callbacks": ("", _TOLD),
            "on_error_raises: on_close was called": _WITHIN,
        },
    ),
    Difference(
        "An empty audio frame that comes first",
        "a division by zero in the log, and no `on_data`",
        "`on_data(b\"\")`",
        "it is a frame like any other",
        {"call_with_an_empty_first_frame_and_a_callback: callbacks": ("", "bytes of 0")},
    ),
    Difference(
        "The end of a stuck wait by setting `start_event` and `complete_event` and closing `ws`",
        "the audio so far is returned, as if complete",
        "`ConnectionLost` or `TaskCancelled`",
        "half an audio is not a result",
        {"stuck_call_freed_by_events: call": ("audio 0001", "RequestFailure")},
    ),
    Difference(
        "`enable_ssml` of `call()`",
        "always true, over what the program has set, and written into the program's dict, as is `hot_fix`",
        "true unless the program has set it; the program's dict is not changed",
        "a dict that is shared would turn on SSML in streams, which take one text only then",
        {
            "arguments_win_over_additional_params: frames": ('"enable_ssml": true', '"enable_ssml": false'),
            "additional_params_after_call: the caller's dict": ("enable_ssml", "word_timestamp_enabled"),
            "additional_params_of_the_object_after_call: additional_params": ("enable_ssml", "None"),
            "what_is_known_after_a_call: additional_params": ("enable_ssml", "None"),
            "dict_shared_between_call_and_stream: frames": ("", ""),
        },
    ),
    Difference(
        "`headers=` with a default header in another spelling",
        "both are sent",
        "the program's replaces ours",
        "which of two a server takes is chance",
        {"headers_that_override_in_another_spelling: handshake": ("Bearer sk-", "authorization: bearer other")},
    ),
    Difference(
        "Arguments out of range or of the wrong type",
        "sent, or an `AttributeError` or `TypeError` from the inside",
        "`InvalidParameter` (a `ValueError`) in the constructor, before anything is sent",
        "the service's own answer names no parameter",
        {
            "arguments_out_of_range: frames": ("run-task", "[]"),
            "arguments_out_of_range: volume": ("audio", "from 0 to 100"),
            "arguments_out_of_range: rate": ("audio", "from 0.5 to 2.0"),
            "arguments_out_of_range: seed": ("audio", "from 0 to 65535"),
            "arguments_of_the_wrong_type: frames": ("run-task", "[]"),
            "arguments_of_the_wrong_type: format": ("AttributeError", "InvalidParameter"),
            "arguments_of_the_wrong_type: language_hints": ("audio", "InvalidParameter"),
            "arguments_of_the_wrong_type: text": ("audio", "InvalidParameter"),
            "arguments_of_the_wrong_type: additional_params": ("TypeError", "InvalidParameter"),
        },
    ),
    Difference(
        "An unknown keyword",
        "`TypeError`",
        "`TypeError` that names `additional_params`",
        "that is where such parameters go",
        {"arguments_that_are_unknown: emotion": ("'emotion'", "additional_params")},
    ),
    Difference(
        "Where the API key comes from",
        "`dashscope.api_key`, from the environment at the import only",
        "also the environment of now, the key file, and `~/.dashscope/api_key`; an empty key is none",
        "a key saved with `save_api_key` is of use here too",
        {
            "key_saved_to_the_home: frames": ("[]", "run-task"),
            "key_saved_to_the_home: call": ("apikey is required!", "audio 0001"),
            "key_saved_to_a_path: frames": ("[]", "run-task"),
            "key_saved_to_a_path: call": ("apikey is required!", "audio 0001"),
            "key_set_in_the_environment_after_the_import: frames": ("[]", "run-task"),
            "key_set_in_the_environment_after_the_import: call": ("apikey is required!", "audio 0001"),
            "empty_key_in_the_environment: frames": ("run-task", "[]"),
            "empty_key_in_the_environment: call": ("audio 0001", "apikey is required!"),
        },
    ),
    Difference(
        "The file that `save_api_key` writes",
        "can be read by everybody",
        "can be read by its owner only",
        "it is a secret",
        {"key_saved_to_the_home: readable by others": ("True", "False")},
    ),
    Difference(
        "A URL with `{workspace_id}` and no workspace",
        "`InputRequired`",
        "`InputRequired`, in other words",
        "texts are our own where no program looks at them",
        {
            "region_from_the_environment: without a workspace": ("{workspace_id}", "{workspace_id}"),
            "base_url_set_by_the_program: without a workspace": ("{workspace_id}", "{workspace_id}"),
        },
    ),
    Difference(
        "Additions: keywords of the constructor, of `borrow_synthesizer`, of `RequestFailure`, of `__update_params`",
        "-",
        "`api_key`, `connect_timeout`, `proxy`, `sslopt`; `hot_fix`, `api_key`, `timeout`; `retryable`, `hint`",
        "after the official ones, so that no call changes its meaning",
        {
            "methods_of_the_synthesizer: signature of SpeechSynthesizer": ("", "keyword_only sslopt"),
            "request_failure_and_its_fields: signature of RequestFailure": ("", "keyword_only retryable"),
            "pool_signatures: signature of borrow_synthesizer": ("", "keyword_only hot_fix"),
            "pool_signatures: signature of pool": ("", ""),
            "reused_by_private_means: signature of update_params": ("", "positional_or_keyword api_key"),
        },
    ),
    Difference(
        "Message builders of `Request` in camel case (`getFinishRequest` ...)",
        "gone since 1.25",
        "there",
        "programs still call them",
        {
            f"messages_built_under_older_names: get{what}": _WITHIN
            for what in ("WebsocketHeaders", "StartRequest", "ContinueRequest", "FinishRequest")
        },
    ),
    Difference(
        "`Request.headers`",
        "the headers built last, the API key among them",
        "not kept",
        "no program is known that reads it, and it holds a secret",
        {"messages_built_by_a_request: attributes": ("headers", "")},
    ),
    Difference(
        "A stand-in object in `ws` whose task fails after its start",
        "`close()` of the object is not called",
        "it is called, as after a failure at the start",
        "a connection is not used again after a failure",
        {"fake_socket_that_fails_at_text: closed": _WITHIN},
    ),
    Difference(
        "`args` and `repr` of a `RequestFailure`",
        "the arguments given by position",
        "its four fields, however given",
        "a pickled or copied one keeps what it says",
        {
            "exceptions_as_programs_make_them: RequestFailure()": ("RequestFailure()", "RequestFailure(None, "),
            "exceptions_as_programs_make_them: RequestFailure('text',)": ("('text')", "('text', None"),
            "exceptions_as_programs_make_them: RequestFailure('one', 'two')": ("'two')", "'two', None"),
            "request_failure_and_its_fields: by name: texts": ("RequestFailure()", "('r', 'm', 'n', 44)"),
            "request_failure_and_its_fields: by name: args": ("[]", "r"),
            "request_failure_and_its_fields: empty: texts": ("RequestFailure()", "(None, None, None, None)"),
            "request_failure_and_its_fields: empty: args": ("[]", "None"),
        },
    ),
    Difference(
        "`del response.attribute`",
        "`AttributeError`, and the attribute stays",
        "deletes it",
        "reading and setting work, so deleting does",
        {
            "speech_synthesis_response: del": ("AttributeError", "None"),
            "speech_synthesis_response: after del": ("True", "False"),
        },
    ),
    Difference(
        "What is not speech synthesis",
        "there",
        "not there; `AssistantError` is there as a name to catch",
        "this package speaks; the official one can be installed beside it",
        {
            **{f"modules_that_can_be_imported: {name}": ("imported", "NotFound") for name in _NOT_SPEECH},
            "exceptions_as_programs_make_them: AssistantError()": ("Request failed", ""),
        },
    ),
]

