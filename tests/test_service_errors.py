"""What the codes of the service mean."""

from __future__ import annotations

import pytest

from dashscope_tts.protocol.service_errors import explain, is_idle_timeout, is_retryable


@pytest.mark.parametrize(
    ("code", "message", "words"),
    [
        ("InvalidParameter", "[tts:]Engine return error code: 418", "voice"),
        ("InvalidParameter", "[tts:]Engine return error code: 428", "instruction"),
        ("InvalidParameter", "request timeout after 23 seconds.", "23 seconds"),
        ("InvalidParameter", "Please ensure input text is valid.", "empty"),
        ("Throttling.RateQuota", "Requests rate limit exceeded, please try again later.", "slow down"),
        ("Throttling.AllocationQuota", "Allocated quota exceeded", "quota"),
        ("Arrearage", "Access denied", "unpaid"),
        ("InvalidApiKey", "Invalid API-key provided.", "key"),
        ("DataInspectionFailed", "Input data may contain inappropriate content.", "content check"),
    ],
)
def test_a_known_error_is_explained(code, message, words):
    assert words in explain(code, message)


def test_an_unknown_error_is_not_explained():
    assert explain("SomethingNew", "hm") == ""


@pytest.mark.parametrize(
    ("code", "message", "retryable"),
    [
        ("Throttling.RateQuota", "", True),
        ("Throttling.AllocationQuota", "", True),
        ("ClientDisconnect", "", True),
        ("InternalError.Algo", "", True),
        ("CLIENT_ERROR", "request timeout after 23 seconds.", True),
        ("InvalidParameter", "[tts:]Engine return error code: 418", False),
        ("DataInspectionFailed", "", False),
        ("Arrearage", "", False),
        ("", "", False),
    ],
)
def test_only_what_may_pass_by_itself_is_retryable(code, message, retryable):
    assert is_retryable(code, message) is retryable


def test_a_status_of_overload_is_retryable_whatever_the_code():
    assert is_retryable("", http_code=503)
    assert is_retryable("", http_code=429)
    assert not is_retryable("", http_code=401)


def test_the_idle_timeout_is_recognised_by_its_text():
    assert is_idle_timeout("request timeout after 23 seconds.")
    assert not is_idle_timeout("request refused")
