"""What goes wrong with a self-hosted server, and what is said of it."""

from __future__ import annotations

import logging
import socket
import time

import pytest

from dashscope_tts.common.error import (
    AuthenticationError,
    AuthenticationFailed,
    ConnectFailed,
    ConnectionLost,
    TaskFailed,
    TaskTimeout,
)
from dashscope_tts.selfhosted import CosyVoiceServer, TimeLimits

TOKEN = "sk-0123456789"
LIMITS = TimeLimits(connect=5, first_byte=0.15, between_chunks=0.15)


def read(upstream, limits=None):
    return CosyVoiceServer(upstream.url, TOKEN, limits=limits).sft("Hello.", "A").read()


def test_a_missing_field_is_told_in_the_servers_words(upstream):
    upstream.behaviour = lambda request, answer: answer.say(
        422, {"detail": [{"type": "missing", "loc": ["body", "spk_id"], "msg": "Field required"}]}
    )
    with pytest.raises(TaskFailed, match="spk_id: Field required") as failure:
        read(upstream)
    assert failure.value.http_code == 422
    assert failure.value.code == "HTTP422"
    assert not failure.value.retryable


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_told_and_not_shown(upstream, status, caplog):
    caplog.set_level(logging.DEBUG)
    upstream.behaviour = lambda request, answer: answer.say(status, {"detail": f"{TOKEN} is wrong"})
    with pytest.raises(AuthenticationFailed, match=r"\*\*\* is wrong") as failure:
        read(upstream)
    assert isinstance(failure.value, AuthenticationError)
    assert failure.value.http_code == status
    assert TOKEN not in f"{failure.value!r} {caplog.text}"


@pytest.mark.parametrize(
    ("status", "body", "code", "words", "retryable"),
    [
        (404, {"detail": "Not Found"}, "HTTP404", "Not Found", False),
        (500, b"Internal Server Error", "HTTP500", "Internal Server Error", True),
        (503, b"", "HTTP503", "HTTP 503 without a word", True),
        (400, {"error": {"message": "no such voice", "code": "bad_voice"}}, "bad_voice", "no such voice", False),
        (429, {"code": "Throttling", "message": "Slow down"}, "Throttling", "Slow down", True),
        (418, ["odd"], "HTTP418", "odd", False),
    ],
)
def test_another_status_is_told_in_the_servers_words(upstream, status, body, code, words, retryable):
    upstream.behaviour = lambda request, answer: answer.say(status, body)
    with pytest.raises(TaskFailed, match=words) as failure:
        read(upstream)
    assert (failure.value.http_code, failure.value.code, failure.value.retryable) == (status, code, retryable)


def test_words_instead_of_audio_are_no_audio(upstream):
    upstream.behaviour = lambda request, answer: answer.say(200, {"detail": "the model is loading"})
    with pytest.raises(TaskFailed, match="application/json, no audio: the model is loading"):
        read(upstream)


def test_a_body_that_breaks_off_is_an_error(upstream):
    def behaviour(request, answer):
        answer.head()
        answer.chunk(request.audio[:1000])
        answer.break_off()

    upstream.behaviour = behaviour
    with pytest.raises(ConnectionLost, match="broke off after 1000 bytes") as failure:
        read(upstream)
    assert isinstance(failure.value, ConnectionError)
    assert failure.value.retryable


def test_what_came_before_the_break_has_been_given(upstream):
    def behaviour(request, answer):
        answer.head()
        answer.chunk(request.audio[:1001])
        answer.break_off()

    upstream.behaviour = behaviour
    heard = []
    with pytest.raises(ConnectionLost):
        heard.extend(CosyVoiceServer(upstream.url).sft("Hello.", "A"))
    assert b"".join(heard) == upstream.requests[0].audio[:1000]


def test_a_body_of_known_length_that_breaks_off_is_an_error(upstream):
    def behaviour(request, answer):
        answer.head(Content_Length="2000")
        answer.handler.wfile.write(request.audio[:1000])
        answer.break_off()

    upstream.behaviour = behaviour
    with pytest.raises(ConnectionLost, match="after 1000 bytes"):
        read(upstream)


def test_a_body_that_ends_within_a_sample_is_an_error(upstream):
    def behaviour(request, answer):
        answer.head()
        answer.chunk(request.audio[:1001])
        answer.end()

    upstream.behaviour = behaviour
    with pytest.raises(ConnectionLost, match="after 1001 bytes"):
        read(upstream)


def test_a_body_that_stops_before_its_first_byte_says_what_that_may_mean(upstream):
    upstream.behaviour = lambda request, answer: (answer.head(), answer.break_off())
    with pytest.raises(ConnectionLost, match="before any audio") as failure:
        read(upstream)
    assert "do not know the speaker" in failure.value.hint


def test_a_body_without_a_byte_is_an_error(upstream):
    upstream.behaviour = lambda request, answer: (answer.head(), answer.end())
    with pytest.raises(TaskFailed, match="sent no audio"):
        read(upstream)


@pytest.mark.parametrize("sent", [None, 0, 500], ids=["no answer", "no audio", "no more audio"])
def test_a_server_that_falls_silent_runs_into_a_time_limit(upstream, sent):
    def behaviour(request, answer):
        if sent is not None:
            answer.head()
        if sent:
            answer.chunk(request.audio[:sent])
        answer.wait_for_hang_up()

    upstream.behaviour = behaviour
    begun = time.monotonic()
    with pytest.raises(TaskTimeout, match="no more audio" if sent else "no audio") as failure:
        read(upstream, LIMITS)
    assert 0.1 < time.monotonic() - begun < 3
    assert isinstance(failure.value, TimeoutError)


def test_nobody_there_is_told_at_once(upstream):
    upstream.kill()
    begun = time.monotonic()
    with pytest.raises(ConnectFailed, match="connection refused") as failure:
        read(upstream)
    assert time.monotonic() - begun < 3
    assert failure.value.retryable


def test_a_server_of_another_protocol_is_told():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        limits = TimeLimits(connect=0.15)
        with pytest.raises(ConnectFailed, match=r"no answer in 0\.15 s"):
            CosyVoiceServer(url, limits=limits).sft("Hello.", "A").read()
