"""Temporary tokens: getting one, and a provider that renews it in time."""

from __future__ import annotations

import threading
import time

import pytest

import dashscope_tts
from dashscope_tts.audio.http_tts import HttpSpeechSynthesizer
from dashscope_tts.audio.tts_v2 import SpeechSynthesizer, SpeechSynthesizerObjectPool, VoiceEnrollmentService
from dashscope_tts.common.error import (
    AuthenticationError,
    AuthenticationFailed,
    ConnectFailed,
    InvalidParameter,
    MalformedFrame,
    RequestFailure,
)
from dashscope_tts.tokens import Token, TokenProvider, get_token
from tests.local.client import decode

from .stand_in import Answer, error, ok

DATE = "Wed, 01 Jan 2025 00:00:00 GMT"  # the service's clock may be far off
DATE_SECONDS = 1735689600


def counted(seconds=60):
    """A script that issues st-0, st-1, ..., each with that lifetime by the service's clock."""

    def answer(number, _):
        body = ok({"token": f"st-{number}", "expires_at": DATE_SECONDS + seconds}).body
        return Answer(200, body, {"Content-Type": "application/json", "Date": DATE})

    return answer


@pytest.fixture
def issuer(point_at):
    """Points at a stand-in that issues tokens by a script; gives how many it was asked for."""

    def start(script):
        server = point_at("tokens")
        server.scripts["tokens"] = script
        return lambda: len(server.requests("tokens"))

    return start


def test_a_token_is_asked_for_as_documented(point_at):
    server = point_at("tokens")
    server.scripts["tokens"] = lambda number, request: ok({"token": "st-0", "expires_at": int(time.time()) + 120})
    token = get_token(120)
    assert token.token == "st-0"
    assert 115 < token.lifetime <= 120
    (request,) = server.requests("tokens")
    assert (request.method, request.path, request.body) == ("POST", "/api/v1/tokens?expire_in_seconds=120", None)
    assert request.headers["Authorization"] == "Bearer sk-0123456789"
    assert "st-0" not in repr(token) + str(token)


@pytest.mark.parametrize("seconds", [0, 1801, -5, 1.5, "60", True])
def test_a_lifetime_out_of_range_is_refused(point_at, seconds):
    server = point_at("plain")
    with pytest.raises(InvalidParameter, match="expire_in_seconds"):
        get_token(seconds)
    with pytest.raises(InvalidParameter):
        TokenProvider(expire_in_seconds=seconds)
    assert not server.requests("plain")


@pytest.mark.parametrize(
    "body", [{}, {"token": ""}, {"token": "st"}, {"token": 3, "expires_at": 1}, {"expires_at": 1}]
)
def test_an_answer_without_a_token(issuer, body):
    issuer(lambda number, request: ok(body))
    with pytest.raises(MalformedFrame, match="no token"):
        get_token()


def test_a_refused_key(issuer):
    issuer(lambda number, request: error(401, "InvalidApiKey", "Invalid API-key provided."))
    with pytest.raises(AuthenticationFailed, match="Invalid API-key provided") as caught:
        get_token()
    assert isinstance(caught.value, AuthenticationError)
    assert (caught.value.code, caught.value.http_code, caught.value.retryable) == ("InvalidApiKey", 401, False)


def test_another_error_of_the_service(issuer):
    issuer(lambda number, request: Answer(500, b"oops", {}))
    with pytest.raises(RequestFailure, match="HTTP 500") as caught:
        get_token()
    assert caught.value.retryable


def test_a_provider_gives_one_token_until_it_is_to_be_renewed(issuer):
    asked = issuer(counted())
    provider = TokenProvider()
    assert [provider() for _ in range(5)] == ["st-0"] * 5
    assert asked() == 1
    assert isinstance(provider.token, Token)
    assert "st-0" not in repr(provider)


def test_a_provider_renews_before_the_end(issuer):
    asked = issuer(counted(1))
    provider = TokenProvider(expire_in_seconds=1, renew_before=0.7)
    assert provider() == "st-0"
    assert provider() == "st-0"
    deadline = time.monotonic() + 0.9  # the first one would still be valid
    while provider() == "st-0":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert asked() == 2


def test_the_services_clock_decides_however_wrong_ours_is(issuer):
    issuer(counted(5))
    assert get_token(60).lifetime == 5


def test_threads_ask_once(issuer):
    asked = issuer(lambda number, request: time.sleep(0.1) or counted()(number, request))
    provider = TokenProvider()
    seen = []
    threads = [threading.Thread(target=lambda: seen.append(provider())) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == ["st-0"] * 12
    assert asked() == 1


def test_while_one_thread_renews_the_others_go_on_with_the_present_token(issuer):
    let_go, asking = threading.Event(), threading.Event()

    def script(number, request):
        if number:
            asking.set()
            let_go.wait(5)
        return counted(60)(number, request)

    issuer(script)
    provider = TokenProvider(renew_before=59.99)
    assert provider() == "st-0"
    time.sleep(0.05)
    seen = []
    renewing = threading.Thread(target=lambda: seen.append(provider()))
    renewing.start()
    assert asking.wait(5)
    assert provider() == "st-0"
    let_go.set()
    renewing.join()
    assert seen == ["st-1"]


def test_a_failed_renewal_is_no_error_while_the_token_lives(issuer):
    asked = issuer(lambda number, request: counted()(number, request) if not number else Answer(500, b"{}"))
    provider = TokenProvider(renew_before=59.99)
    provider()
    time.sleep(0.05)
    assert [provider() for _ in range(4)] == ["st-0"] * 4
    assert asked() == 2  # and the service is left in peace for a moment


def test_a_failed_renewal_is_an_error_once_the_token_has_ended(issuer):
    issuer(lambda number, request: counted(1)(number, request) if not number else Answer(500, b"{}"))
    provider = TokenProvider(expire_in_seconds=1, renew_before=0)
    provider()
    time.sleep(1.05)
    with pytest.raises(RequestFailure):
        provider()


def test_an_option_that_there_is_not():
    with pytest.raises(TypeError, match="workspaces"):
        TokenProvider(workspaces="x")


def test_the_local_service_honours_its_tokens_until_they_end(start_local):
    start_local(api_key="the-real-key")
    token = get_token(1).token
    assert token.startswith("st-")

    def speak():
        return HttpSpeechSynthesizer.call("cosyvoice-v3-flash", "Hi.", "longanyang", api_key=token)

    def speak_over_websocket():
        return SpeechSynthesizer("cosyvoice-v3-flash", "longanyang", api_key=token).call("Hi.")

    assert speak().status_code == 200
    assert speak_over_websocket()
    time.sleep(1.1)
    assert (speak().status_code, speak().code) == (401, "InvalidApiKey")
    with pytest.raises(ConnectFailed) as caught:
        speak_over_websocket()
    assert caught.value.http_code == 401


def test_a_service_that_takes_any_key_refuses_a_token_that_has_ended(start_local):
    start_local()
    token = get_token(1).token
    time.sleep(1.1)
    result = HttpSpeechSynthesizer.call("cosyvoice-v3-flash", "Hi.", "longanyang", api_key=token)
    assert result.status_code == 401


def test_a_token_is_good_for_its_own_service_only(start_local):
    start_local(api_key="one-key")
    token = get_token(60).token
    start_local(api_key="another-key")
    result = HttpSpeechSynthesizer.call("cosyvoice-v3-flash", "Hi.", "longanyang", api_key=token)
    forged = HttpSpeechSynthesizer.call("cosyvoice-v3-flash", "Hi.", "longanyang", api_key=token[:-3] + "AAA")
    assert (result.status_code, forged.status_code) == (401, 401)


@pytest.mark.parametrize("asked", ["0", "1801", "-1", "abc", "1.5", "99999999999"])
def test_the_local_service_refuses_other_lifetimes(start_local, asked):
    import requests

    service = start_local()
    answer = requests.post(
        f"{service.http_url}/tokens?expire_in_seconds={asked}", headers={"Authorization": "bearer k"}, timeout=5
    )
    answer.close()
    assert (answer.status_code, answer.json()["code"]) == (400, "InvalidParameter")


def test_a_provider_is_a_key_for_every_client_and_the_pool(start_local, monkeypatch):
    service = start_local(api_key="the-real-key")
    provider = TokenProvider(api_key="the-real-key", url=service.http_url)
    monkeypatch.setattr(dashscope_tts, "api_key", None)
    assert decode(SpeechSynthesizer("cosyvoice-v3-flash", "longanyang", api_key=provider).call("Hi."))[1] == 22050
    assert HttpSpeechSynthesizer.call("m", "Hi.", "longanyang", api_key=provider).status_code == 200
    assert VoiceEnrollmentService(api_key=provider).list_voices() == []
    for call in (dashscope_tts.MultiModalConversation.call, dashscope_tts.audio.qwen_tts.SpeechSynthesizer.call):
        assert call(model="qwen3-tts-flash", text="Hi.", voice="Cherry", api_key=provider).status_code == 200
    pool = SpeechSynthesizerObjectPool(max_size=1, api_key=provider)
    try:
        synthesizer = pool.borrow_synthesizer("cosyvoice-v3-flash", "longanyang")
        assert synthesizer.call("Hi.")
        pool.return_synthesizer(synthesizer)
    finally:
        pool.shutdown()
