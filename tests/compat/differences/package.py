"""What is seen of the package without a task: arguments, settings, names, exceptions."""

from __future__ import annotations

from ..difference import Difference

__all__ = ["DELIBERATE"]

_WITHIN = ("False", "True")
_HTTP_CALLS = ("http", "qwen", "conversation", "voices")
_NO_KEY = ("No api key provided.", "No api key provided.")
_NO_WORKSPACE = ("no workspace id is available", "no workspace id is known")
_NOT_SPEECH = (
    "audio.asr", "audio.qwen_omni", "common.api_key", "common.base_type", "common.constants", "common.env",
    "common.utils",
)  # fmt: skip

DELIBERATE = [
    Difference(
        "`enable_ssml` of `call()`, and `additional_params`",
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
        headline=True,
    ),
    Difference(
        "`headers=` with a default header in another spelling",
        "both are sent",
        "the program's replaces ours",
        "which of two a server takes is chance",
        {"headers_that_override_in_another_spelling: handshake": ("Bearer sk-", "authorization: bearer other")},
    ),
    Difference(
        "The `user-agent` header",
        "names the official package",
        "names this one",
        "honesty",
        tested="tests/test_connection.py::test_the_handshake_has_the_official_headers",
        headline=True,
    ),
    Difference(
        "`thread` of a synthesizer",
        "a `threading.Thread` that ends with the connection",
        "looks like one, and is over when the connection is; the thread below may read the next connection",
        "to start and end a thread takes a fifth of the time of a short task",
        tested="tests/test_reading.py::test_a_join_ends_with_its_time",
    ),
    Difference(
        "A `user-agent` among the `headers=` of Sambert and of the calls by HTTP",
        "is put behind the package's own, and taken out of the program's dict",
        "stands alone; the dict is not changed",
        "what a program sets is sent as it is, as in tts_v2",
        {
            "sambert_headers_that_override: headers": ("<user agent>; mine", "'user-agent': 'mine'"),
            "http_headers_that_override: requests": ("<user agent>; mine", "'user-agent': 'mine'"),
            "http_headers_that_override: headers are unchanged": ("{'Accept'", "{'user-agent': 'mine'"),
        },
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
        headline=True,
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
            "http_empty_key: requests": ("'authorization': 'Bearer '", "[]"),
            **{f"http_empty_key: {call}": ("", "No api key provided.") for call in _HTTP_CALLS},
        },
        headline=True,
    ),
    Difference(
        "No API key, for Sambert and for the calls by HTTP",
        "`AuthenticationError`",
        "`AuthenticationError`, in other words",
        "texts are our own where no program looks at them",
        {
            "sambert_no_key: call": _NO_KEY,
            **{f"http_without_a_key: {call}": _NO_KEY for call in _HTTP_CALLS},
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
            "sambert_url_without_a_workspace: call": _NO_WORKSPACE,
            **{f"http_a_workspace_is_missing: {call}": _NO_WORKSPACE for call in _HTTP_CALLS},
        },
    ),
    Difference(
        "Additions: keywords of the constructors, of `borrow_synthesizer`, of `RequestFailure`, of `__update_params`",
        "-",
        "`api_key`, `connect_timeout`, `proxy`, `sslopt`; `hot_fix`, `api_key`, `timeout`; `retryable`, `hint`",
        "after the official ones, so that no call changes its meaning",
        {
            "methods_of_the_synthesizer: signature of SpeechSynthesizer": ("", "keyword_only sslopt"),
            "request_failure_and_its_fields: signature of RequestFailure": ("", "keyword_only retryable"),
            "pool_signatures: signature of borrow_synthesizer": ("", "keyword_only hot_fix"),
            "pool_signatures: signature of pool": ("", ""),
            "reused_by_private_means: signature of update_params": ("", "positional_or_keyword api_key"),
            **{
                f"members_of_every_class: {place}": ("", "'keyword_only sslopt = None'")
                for place in (
                    "tts.SpeechSynthesizer.call", "signature of tts_v2.SpeechSynthesizer",
                    "signature of qwen_tts_realtime.QwenTtsRealtime",
                )
            },
            "members_of_every_class: tts_v2.SpeechSynthesizerObjectPool.borrow_synthesizer": (
                "", "'keyword_only hot_fix = None', 'keyword_only api_key = None', 'keyword_only timeout = None'",
            ),
            "members_of_every_class: signature of http_tts.HttpSpeechSynthesisResult": (
                "response = None']", "response = None', 'keyword_only is_final = True', 'keyword_only new_audio",
            ),
        },
    ),
    Difference(
        "Arguments that may be left out here",
        "are required",
        "have a default: the `url` of `create_voice`, all of `SpeechSynthesisResult`",
        "a voice can be designed without a recording",
        {
            "members_of_every_class: tts_v2.VoiceEnrollmentService.create_voice": (" url'", " url = None'"),
            "members_of_every_class: signature of tts.SpeechSynthesisResult": (" frame'", " frame = None'"),
        },
    ),
    Difference(
        "How signatures that take anything are written",
        "`*args, **kwargs`",
        "by other names, or those of a dict",
        "no call can tell",
        {
            "members_of_every_class: signature of tts_v2.SpeechSynthesizerObjectPool": ("args", "arguments"),
            "classes_of_responses: signature of DictMixin": ("args", "unknown"),
        },
    ),
    Difference(
        "Insides of the official package that show as attributes",
        "`PoolObject` of the pool, `call` of the class under `VoiceEnrollmentService`",
        "not there",
        "no program is known that uses them",
        {
            f"members_of_every_class: tts_v2.{what}": ("", "(absent)")
            for what in ("SpeechSynthesizerObjectPool.PoolObject", "VoiceEnrollmentService.call")
        },
    ),
    Difference(
        "`repr` of the output of a `MultiModalConversationResponse`",
        "leaves out `text` and `finish_reason`",
        "has all fields",
        "it is there to be looked at",
        {
            "responses_as_programs_make_them: MultiModalConversationResponse, full, in words": (
                "Output(choices=None", "Output(text=None, finish_reason='stop'",
            )
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
            "members_of_every_class: MultiModalConversation.Models": ("class Models", "(absent)"),
            "members_of_every_class: MultiModalConversation.call": ("keyword temperature", "var_keyword kwargs"),
        },
        headline=True,
    ),
]
