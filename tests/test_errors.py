"""The tree of errors: official names, and the builtin ones that programs catch."""

from __future__ import annotations

import inspect
import pickle
import sys

import pytest

from dashscope_tts.common import error
from dashscope_tts.common.error import DashScopeException, RequestFailure

_OFFICIAL = (
    "AuthenticationError", "InputRequired", "ModelRequired", "InvalidTask", "InvalidParameter", "RequestFailure",
    "UnexpectedMessageReceived", "UnknownMessageReceived", "InputDataRequired", "InvalidInput", "InvalidModel",
    "InvalidFileFormat", "UnsupportedModel", "UnsupportedTask", "UnsupportedApiProtocol", "UnsupportedHTTPMethod",
    "UnsupportedData", "UnsupportedDataType", "ServiceUnavailableError", "TimeoutException", "AsyncTaskCreateFailed",
    "UploadFileException", "AssistantError", "MultiInputsWithBinaryNotSupported", "NotImplemented",
)  # fmt: skip


@pytest.mark.parametrize("name", _OFFICIAL)
def test_the_official_names_are_there_under_one_root(name):
    assert issubclass(getattr(error, name), DashScopeException)


def test_every_error_is_exported_and_has_the_one_root():
    found = {
        name
        for name, kind in inspect.getmembers(error, inspect.isclass)
        if issubclass(kind, BaseException) and kind.__module__ == error.__name__ and not name.startswith("_")
    }
    assert found == set(error.__all__)
    assert all(issubclass(getattr(error, name), DashScopeException) for name in found)


@pytest.mark.parametrize(
    ("name", "bases"),
    [
        ("TaskFailed", (RequestFailure,)),
        ("IdleTimeout", (error.TaskFailed,)),
        ("ConnectFailed", (RequestFailure, TimeoutError)),
        ("AuthenticationFailed", (error.ConnectFailed, error.AuthenticationError)),
        ("TaskTimeout", (RequestFailure, TimeoutError)),
        ("ConnectionLost", (RequestFailure, ConnectionError)),
        ("MalformedFrame", (error.ConnectionLost, error.UnexpectedMessageReceived)),
        ("TaskCancelled", (RequestFailure,)),
        ("InvalidParameter", (ValueError,)),
    ],
)
def test_our_own_derive_from_the_official_and_the_builtin_one(name, bases):
    for base in bases:
        assert issubclass(getattr(error, name), base)


def test_the_text_of_a_failure_is_the_official_one():
    failure = RequestFailure("1f", "no voice", "InvalidParameter", 44)
    assert str(failure) == (
        "Request failed, request_id: 1f, http_code: 44 error_name: InvalidParameter, error_message: no voice"
    )
    assert (failure.request_id, failure.message, failure.name, failure.http_code) == (
        "1f", "no voice", "InvalidParameter", 44,
    )  # fmt: skip
    assert failure.code == "InvalidParameter"
    assert failure.retryable is False


def test_a_failure_that_was_a_builtin_error_has_the_text_alone():
    assert str(error.ConnectionLost("1f", "websocket closed")) == "websocket closed"
    assert str(error.TaskTimeout("1f", "too late")) == "too late"


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exceptions have notes from 3.11 on")
def test_the_hint_is_shown_under_the_traceback_and_not_in_the_text():
    failure = error.TaskFailed("1f", "418", "C", 44, hint="Check the voice.")
    assert failure.__notes__ == ["Check the voice."]
    assert "Check" not in str(failure)


@pytest.mark.parametrize("kind", [RequestFailure, error.TaskFailed, error.ConnectFailed, error.ConnectionLost])
def test_a_failure_goes_to_another_process_and_back(kind):
    failure = pickle.loads(pickle.dumps(kind("1f", "text", "Code", 44, retryable=True, hint="h")))
    assert type(failure) is kind
    assert (failure.request_id, failure.message, failure.code, failure.http_code) == ("1f", "text", "Code", 44)
    assert failure.retryable is True
    assert failure.hint == "h"
