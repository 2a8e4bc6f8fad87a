"""The shapes of answers, with ``responses``: error bodies, Retry-After, streams, what is not JSON."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
import requests
import responses

import dashscope_tts
from dashscope_tts import MultiModalConversation
from dashscope_tts.audio.http_tts import HttpSpeechSynthesizer, new_audio
from dashscope_tts.audio.http_tts.http_speech_synthesizer import SynthesisFailed
from dashscope_tts.audio.qwen_tts import SpeechSynthesizer as QwenTts
from dashscope_tts.audio.tts_v2 import VoiceEnrollmentException, VoiceEnrollmentService
from dashscope_tts.common.error import (
    ConnectFailed,
    ConnectionLost,
    DashScopeException,
    InputRequired,
    MalformedFrame,
    UnsupportedTask,
)

from .scripts import PLAIN, QWEN, audio_event, piece, sse

BASE = "http://speech.example/api/v1"
SPEECH = f"{BASE}/services/audio/tts/SpeechSynthesizer"
QWEN_URL = f"{BASE}/services/aigc/multimodal-generation/generation"
VOICES = f"{BASE}/services/audio/tts/customization"
STREAM = "text/event-stream"


@pytest.fixture(autouse=True)
def base(monkeypatch, key):
    monkeypatch.setattr(dashscope_tts, "base_http_api_url", BASE)


@pytest.fixture
def web():
    with responses.RequestsMock() as mocked:
        yield mocked


def speak(**more):
    return HttpSpeechSynthesizer.call(model="m", text="hi", voice="v", **more)


def body(*events: str) -> bytes:
    return "".join(f"{event}\n\n" for event in events).encode()


def test_too_many_requests_say_how_long_to_wait(web):
    answer = {"code": "Throttling.RateQuota", "message": "slow"}
    web.post(SPEECH, json=answer, status=429, headers={"Retry-After": "7"})
    result = speak()
    assert (result.status_code, result.code) == (429, "Throttling.RateQuota")
    assert (result.retry_after, result.retryable) == (7.0, True)
    assert result.response.hint


def test_retry_after_may_be_a_date(web):
    moment = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=90), usegmt=True)
    web.post(QWEN_URL, json={"code": "Throttling"}, status=429, headers={"retry-after": moment})
    assert 85 < MultiModalConversation.call(model="m", text="t", voice="v").retry_after <= 90


@pytest.mark.parametrize("value", ["soon", "", "-1", "1.5e3", "Mon, 99 Foo 2020"])
def test_a_retry_after_that_cannot_be_read_is_none(web, value):
    web.post(SPEECH, json={}, status=429, headers={"Retry-After": value})
    assert speak().retry_after is None


def test_retry_after_is_on_what_a_stream_raises(web):
    web.post(SPEECH, json={"code": "Throttling", "message": "slow"}, status=429, headers={"Retry-After": "3"})
    with pytest.raises(RuntimeError, match=r"^Request failed: 429 slow") as caught:
        next(speak(stream=True))
    assert isinstance(caught.value, SynthesisFailed)
    assert (caught.value.retry_after, caught.value.retryable, caught.value.http_code) == (3.0, True, 429)


def test_retry_after_is_on_what_enrollment_raises(web):
    answer = {"code": "Throttling.AllocationQuota", "message": "full", "request_id": "r"}
    web.post(VOICES, json=answer, status=400, headers={"Retry-After": "9"})
    with pytest.raises(VoiceEnrollmentException) as caught:
        VoiceEnrollmentService().list_voices()
    error = caught.value
    assert (error.status_code, error.code, error.request_id) == (400, answer["code"], "r")
    assert error.error_message == error.message == "full"
    assert (error.retry_after, error.retryable) == (9.0, True)
    assert isinstance(error, DashScopeException)


@pytest.mark.parametrize(
    ("answer", "code", "message", "request_id"),
    [
        ('{"code":"C","message":"M","request_id":"R"}', "C", "M", "R"),
        ('{"code":"C","msg":"M"}', "C", "M", ""),
        ("{}", None, "", ""),
        ("[]", "Unknown", "[]", ""),
        ("", "Unknown", "", ""),
        ("<html>", "Unknown", "<html>", ""),
        ('{"code":"C","message":{"a":1}}', "C", '{"a": 1}', ""),
    ],
)
def test_error_bodies(web, answer, code, message, request_id):
    web.post(SPEECH, body=answer, status=500)
    result = speak()
    assert (result.status_code, result.code, result.message, result.request_id) == (500, code, message, request_id)
    assert result.audio_data is None
    assert result.is_final


@pytest.mark.parametrize("answer", ["", "<html>", "[]", "3", '{"a":'])
def test_a_good_status_with_a_body_that_is_no_answer(web, answer):
    web.post(QWEN_URL, body=answer, status=200)
    with pytest.raises(MalformedFrame) as caught:
        QwenTts.call(model="m", text="t")
    assert isinstance(caught.value, requests.exceptions.JSONDecodeError)


def test_a_stream_of_new_audio_repeats_nothing(web):
    last = sse(audio_event(b"abcd", "stop", "http://host/w"))
    web.post(SPEECH, body=body(piece(b"ab"), piece(b"cd"), last), content_type=STREAM)
    results = list(speak(stream=True))
    assert [result.is_final for result in results] == [False, False, True]
    assert results[-1].audio_data == b"abcd"
    assert list(new_audio(results)) == [b"ab", b"cd"]


def test_audio_that_comes_only_with_the_last_event_is_new(web):
    web.post(SPEECH, body=body(sse(audio_event(b"zz", "stop", "http://host/w"))), content_type=STREAM)
    (result,) = speak(stream=True)
    assert (result.audio_data, result.is_final, list(new_audio([result]))) == (b"zz", True, [b"zz"])


def test_a_broken_stream_keeps_what_came(web):
    text = body(piece(b"ab")) + b'event:result\ndata:{"output":{"ty'
    web.post(SPEECH, body=text, content_type=STREAM)
    results = speak(stream=True)
    assert next(results).audio_data == b"ab"
    with pytest.raises(DashScopeException):
        list(results)


def test_a_stream_of_qwen_ends_with_its_error(web):
    refused = '{"code":"C","message":"M","request_id":"R"}'
    events = body(sse(audio_event(b"ab")), sse(refused, "error", ":HTTP_STATUS/429"))
    web.post(QWEN_URL, body=events, content_type=STREAM)
    first, last = MultiModalConversation.call(model="m", text="t", voice="v", stream=True)
    assert first.output.audio["data"] == "YWI="
    assert (last.status_code, last.code, last.message, last.request_id, last.output) == (429, "C", "M", "R", None)


def test_an_event_in_two_data_lines_is_one(web):
    web.post(QWEN_URL, body=b'data: {"output":\r\ndata: {"finish_reason":"stop"}}\r\n\r\n', content_type=STREAM)
    (only,) = QwenTts.call(model="m", text="t", stream=True)
    assert only.output.finish_reason == "stop"


def test_a_network_error_of_the_library_comes_as_itself(web):
    web.post(VOICES, body=requests.exceptions.SSLError("bad"))
    with pytest.raises(requests.exceptions.SSLError) as caught:
        VoiceEnrollmentService._tried.__get__(_once())(_call())
    assert isinstance(caught.value, ConnectFailed)


def _once():
    service = VoiceEnrollmentService()
    service.MAX_QUERY_TRY_COUNT = 1
    return service


def _call():
    from dashscope_tts.transport.http_api import ApiCall

    return ApiCall("/services/audio/tts/customization", {})


def test_a_stream_broken_by_the_library_is_a_lost_connection(web):
    web.post(SPEECH, body=requests.exceptions.ConnectionError(ConnectionResetError(104, "reset")))
    with pytest.raises(ConnectionLost, match="reset"):
        next(speak(stream=True))


def test_the_request_of_the_speech_form(web):
    expected = {
        "model": "qwen3-tts-instruct-flash",
        "input": {"text": "中文", "voice": "Cherry", "language_type": "Chinese"},
        "parameters": {"instructions": "softly"},
    }
    web.post(QWEN_URL, json=QWEN, match=[responses.matchers.json_params_matcher(expected)])
    response = MultiModalConversation.call(
        model="qwen3-tts-instruct-flash", text="中文", voice="Cherry", language_type="Chinese", instructions="softly"
    )
    assert response.output.audio.url == response.output["audio"]["url"] == "http://host/q.wav"
    headers = web.calls[0].request.headers
    assert headers["user-agent"].endswith("; incremental_to_full/0")
    assert headers["x-dashscope-sdk-client"].endswith("/aigc")
    assert "中文" in web.calls[0].request.body.decode()


def test_a_conversation_is_refused_with_the_reason(web):
    with pytest.raises(UnsupportedTask, match="messages="):
        MultiModalConversation.call(model="qwen-vl", messages=[{"role": "user", "content": [{"text": "hi"}]}])
    with pytest.raises(InputRequired):
        MultiModalConversation.call(model="m", text="")


def test_headers_that_the_environment_asks_for(web, monkeypatch):
    monkeypatch.setenv("DASHSCOPE_DISABLE_DATA_INSPECTION", "false")
    monkeypatch.setenv("DASHSCOPE_DISABLE_SDK_HEADERS", "1")
    web.post(SPEECH, json=PLAIN)
    speak(workspace="ws-1")
    headers = web.calls[0].request.headers
    assert headers["X-DashScope-DataInspection"] == "enable"
    assert headers["X-DashScope-WorkSpace"] == "ws-1"
    assert not [name for name in headers if name.lower().startswith("x-dashscope-sdk")]


def test_qwen_voices_have_their_own_words(web):
    expected = {
        "model": "qwen-voice-enrollment",
        "parameters": {},
        "input": {
            "action": "create", "target_model": "qwen3-tts-vc", "preferred_name": "me",
            "audio": {"data": "data:audio/wav;base64,AA=="}, "language": "en", "text": "what is said",
        },
    }  # fmt: skip
    web.post(VOICES, json={"output": {"voice": "q-1"}, "request_id": "r"},
             match=[responses.matchers.json_params_matcher(expected)])  # fmt: skip
    service = VoiceEnrollmentService(model="qwen-voice-enrollment")
    made = service.create_voice("qwen3-tts-vc", "me", "data:audio/wav;base64,AA==", ["en"], text="what is said")
    assert made == "q-1"
    assert json.loads(str(service.last_response))["output"] == {"voice": "q-1"}


def test_a_voice_that_will_not_be_is_not_waited_for(web):
    web.post(VOICES, json={"output": {"status": "DEPLOYING"}, "request_id": "r1"})
    web.post(VOICES, json={"output": {"status": "UNDEPLOYED"}, "request_id": "r2"})
    with pytest.raises(VoiceEnrollmentException, match="UNDEPLOYED"):
        VoiceEnrollmentService().wait_until_ready("v", timeout=10)


def test_waiting_for_a_voice_has_an_end(web):
    web.post(VOICES, json={"output": {"status": "DEPLOYING"}, "request_id": "r1"})
    with pytest.raises(TimeoutError, match="not ready after"):
        VoiceEnrollmentService().wait_until_ready("v", timeout=0.4)
