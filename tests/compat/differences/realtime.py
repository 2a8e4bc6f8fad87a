"""Where the realtime client means to answer otherwise than the official one: all of it, with the reasons.

Whatever differs and is not listed here fails, and so does what is listed and does not differ.
"""

from __future__ import annotations

from ..difference import Difference

__all__ = ["DELIBERATE"]

_WITHIN = ("False", "True")
_NO_CONNECTION = ("or server status.", "or server status. Cause: ")
_CLOSED = ("connection is active.", "connection is active. Cause: ")

DELIBERATE = [
    Difference(
        "Realtime: no connection: refused, HTTP 401, 403, 429",
        "5 s of waiting, then `TimeoutError` without the cause",
        "at once, `ConnectFailed` (a `TimeoutError`), or its `AuthenticationFailed`; the same text, and the cause",
        "the cause is known at once",
        {
            "realtime_a_bad_key: connect": _NO_CONNECTION,
            "realtime_a_bad_key: connect within 1 s": _WITHIN,
            "realtime_a_forbidden_key: connect": _NO_CONNECTION,
            "realtime_a_forbidden_key: connect within 1 s": _WITHIN,
            "realtime_too_many_requests: connect": ("or server status.", "HTTP 429"),
            "realtime_too_many_requests: connect within 1 s": _WITHIN,
            "realtime_nobody_listens: connect": _NO_CONNECTION,
            "realtime_nobody_listens: connect within 1 s": _WITHIN,
        },
    ),
    Difference(
        "Realtime: `on_close(None, None)` of a connection that did not come about",
        "on the thread that was to read",
        "on the thread that connects, before `connect` raises",
        "the thread that was to read may still be dialling",
        {
            "realtime_a_bad_key: callbacks": ("R on_close", "C on_close"),
            "realtime_a_forbidden_key: callbacks": ("R on_close", "C on_close"),
            "realtime_nobody_listens: callbacks": ("R on_close", "C on_close"),
            "realtime_too_many_requests: callbacks": ("R on_close", "C on_close"),
        },
    ),
    Difference(
        "Realtime: Sending on a connection that is closed",
        "`ConnectionError` without the cause",
        "`ConnectionLost` (a `ConnectionError`) with the same text, the cause, and what the service had reported",
        "the cause is what a program needs",
        {
            "realtime_a_bad_key: append_text": _CLOSED,
            "realtime_an_error_and_a_close: append_text": ("connection is active.", "code 1008 (policy)"),
            "realtime_closed_by_the_program: append_text": _CLOSED,
            "realtime_closed_by_the_service_at_the_text: append_text again": (_CLOSED[0], "code 1001 (restart)"),
        },
    ),
    Difference(
        "Realtime: The getters inside a callback",
        "are a message behind, and stay so if the callback raises",
        "know the message the callback is given",
        "bookkeeping comes first",
        {
            "realtime_what_the_getters_say_inside_a_callback: seen": (
                "['session.created', None, None, True]", "['session.created', 'sess_1', None, True]",
            ),
            "realtime_a_callback_that_raises: get_session_id after": ("None", "sess_1"),
            "realtime_a_callback_that_raises: get_last_response_id after": ("None", "resp_1"),
            "realtime_a_callback_that_raises: get_first_audio_delay after": ("NoneType", "float"),
        },
    ),
    Difference(
        "Realtime: No callback",
        "connects, then `AttributeError`",
        "nobody is called",
        "the `wait_for_...` methods tell as well",
        {"realtime_without_a_callback: connect": ("AttributeError", "None")},
    ),
    Difference(
        "Realtime: No API key",
        "`TypeError` about adding None to a str",
        "`InputRequired`; the environment and the key file are looked at as well",
        "says what is missing",
        {"realtime_without_a_key: connect": ("can only concatenate", "apikey is required!")},
    ),
    Difference(
        "Realtime: `close` before `connect`",
        "`AttributeError`",
        "nothing",
        "clean-up code should not fail",
        {"realtime_before_connecting: close": ("AttributeError", "None")},
    ),
    Difference(
        "Realtime: The address",
        "Beijing's, whatever `set_region` and `base_websocket_api_url` say; `?model=` behind another query",
        "follows the settings; `workspace=` is filled in; `&model=` behind another query",
        "one switch for all of the package, and a URL that a server can read",
        {
            "realtime_the_base_url_is_followed: url": ("wss://dashscope.aliyuncs.com/", "wss://ws-1.us-east-1.maas"),
            "realtime_a_url_with_a_workspace: url": ("{workspace_id}", "wss://ws-1.example/"),
            "realtime_a_url_with_a_query: handshake": ("?region=1?model=", "?region=1&model="),
        },
    ),
    Difference(
        "Realtime: A header of the program in another spelling than the package's own, such as `AUTHORIZATION`",
        "both are sent",
        "the package's own is sent",
        "two keys in one request are refused by some gateways",
        {"realtime_headers_in_another_spelling: handshake": ("AUTHORIZATION: Bearer mine", "")},
    ),
    Difference(
        "Realtime: Arguments that cannot be meant: text that is no str, numbers out of their range, formats by name",
        "sent as they are, or an error of the interpreter's own",
        "`InvalidParameter` (a `ValueError`) that says what is allowed; nothing is sent",
        "said where the mistake is",
        {
            "realtime_text_that_is_no_text: append_text(None)": ("None", "InvalidParameter"),
            "realtime_text_that_is_no_text: append_text(bytes)": ("TypeError", "InvalidParameter"),
            "realtime_text_that_is_no_text: send_raw(dict)": ("TypeError", "InvalidParameter"),
            "realtime_text_that_is_no_text: response_format as text": ("AttributeError", "InvalidParameter"),
            "realtime_text_that_is_no_text: volume out of range": ("None", "from 0 to 100"),
            "realtime_text_that_is_no_text: frames": ('"text": null', ""),
            "realtime_text_that_is_no_text: callbacks": ("session.updated", ""),
        },
    ),
    Difference(
        "Realtime: JSON of the service that is no object",
        "is handed to `on_event`",
        "is logged, and dropped",
        "`on_event` is for events, which are dicts",
        {"realtime_service_junk_shapes: callbacks": ("['R', 'on_event', [1, 2]]", "")},
    ),
]  # fmt: skip
