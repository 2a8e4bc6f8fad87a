"""The local service's speech over HTTP, end to end: what is said can be decoded."""

from __future__ import annotations

import base64
import io
import time
import wave

import pytest
import requests

from dashscope_tts import MultiModalConversation
from dashscope_tts.audio.http_tts import HttpSpeechSynthesizer, new_audio
from dashscope_tts.audio.qwen_tts import SpeechSynthesizer as QwenTts
from tests.local.client import decode, pcm, rms

MODEL, VOICE = "cosyvoice-v3-flash", "longanyang"
TEXT = "The tide comes in at seven. 明天会下雨。"


def fetch(url):
    with requests.get(url, timeout=10) as answer:
        return answer.status_code, answer.headers.get("Content-Type"), answer.content


def assert_speech(audio: bytes, rate: int) -> None:
    samples, found = decode(audio)
    assert found == rate
    assert 1.0 < len(samples) / found < 10
    assert rms(samples) > 0.01


@pytest.mark.parametrize(
    ("format", "rate", "media"),
    [
        ("wav", 24000, "audio/wav"),
        ("mp3", 16000, "audio/mpeg"),
        ("opus", 48000, "audio/ogg"),
        ("wav", 8000, "audio/wav"),
    ],
)
def test_the_url_serves_the_audio(start_local, format, rate, media):
    start_local()
    result = HttpSpeechSynthesizer.call(MODEL, TEXT, VOICE, format, rate)
    assert (result.status_code, result.usage) == (200, {"characters": len(TEXT) + 5})
    assert abs(result.expires_at - time.time() - 24 * 3600) < 60
    status, type_, audio = fetch(result.audio_url)
    assert (status, type_) == (200, media)
    assert_speech(audio, 48000 if format == "opus" else rate)


def test_a_wav_tells_its_true_length(start_local):
    start_local()
    _, _, audio = fetch(HttpSpeechSynthesizer.call(MODEL, TEXT, VOICE).audio_url)
    with wave.open(io.BytesIO(audio)) as reader:
        assert reader.getnframes() * 2 == len(audio) - 44


def test_the_url_ends(start_local):
    start_local(file_lifetime=0.3)
    url = HttpSpeechSynthesizer.call(MODEL, "Hi.", VOICE).audio_url
    assert fetch(url)[0] == 200
    time.sleep(0.35)
    assert fetch(url)[0] == 403
    assert fetch(url.replace("audio_", "audio_x"))[0] == 404


def test_streamed_audio_is_the_same_as_whole(start_local):
    start_local()
    results = list(HttpSpeechSynthesizer.call(MODEL, TEXT, VOICE, "pcm", 16000, True, word_timestamp_enabled=True))
    audio = b"".join(new_audio(results))
    assert len(results) > 5
    assert audio == results[-1].audio_data == fetch(results[-1].audio_url)[2]
    assert 1.0 < len(pcm(audio)) / 16000 < 10
    assert [result.is_final for result in results] == [False] * (len(results) - 1) + [True]
    ends = [sentence for sentence in results[-1].sentences if sentence["words"]]
    assert [word["text"] for word in ends[0]["words"]][:3] == ["The", "tide", "comes"]
    assert [sentence["index"] for sentence in ends] == [0, 1]


def test_words_come_with_a_stream_only(start_local):
    start_local()
    result = HttpSpeechSynthesizer.call(MODEL, TEXT, VOICE, word_timestamp_enabled=True)
    assert result.sentences == []


def test_the_streams_raw_events(start_local):
    service = start_local()
    body = {"model": MODEL, "input": {"text": "One. Two.", "voice": VOICE, "format": "pcm"}}
    headers = {"Authorization": "bearer k", "X-DashScope-SSE": "enable"}
    url = f"{service.http_url}/services/audio/tts/SpeechSynthesizer"
    with requests.post(url, json=body, headers=headers, timeout=10) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        events = [event.splitlines() for event in answer.text.split("\n\n") if event]
    assert [lines[0] for lines in events] == [f"id:{number}" for number in range(1, len(events) + 1)]
    assert all(lines[1:3] == ["event:result", ":HTTP_STATUS/200"] and len(lines) == 4 for lines in events)
    documents = [requests.compat.json.loads(lines[3][len("data:") :]) for lines in events]
    types = [document["output"].get("type") for document in documents]
    assert types[:2] == ["sentence-begin", "sentence-synthesis"]
    assert types[-2:] == ["sentence-end", None]
    assert [document["output"]["finish_reason"] for document in documents[-2:]] == ["null", "stop"]
    assert documents[0]["output"]["original_text"] == "One."


@pytest.mark.parametrize("call", [MultiModalConversation.call, QwenTts.call])
def test_qwen_whole(start_local, call):
    start_local()
    response = call(model="qwen3-tts-flash", text=TEXT, voice="Cherry", language_type="English")
    assert response.status_code == 200
    assert response.output["audio"]["data"] == ""
    assert response.usage.characters == len(TEXT) + 5
    assert_speech(fetch(response.output["audio"]["url"])[2], 24000)


@pytest.mark.parametrize("call", [MultiModalConversation.call, QwenTts.call])
def test_qwen_streamed(start_local, call):
    start_local()
    pieces = list(call(model="qwen3-tts-flash", text=TEXT, voice="Ethan", stream=True))
    audio = b"".join(base64.b64decode(piece.output["audio"]["data"]) for piece in pieces)
    assert len(pieces) > 5
    assert 1.0 < len(pcm(audio)) / 24000 < 10
    assert rms(pcm(audio)) > 0.01
    assert [piece.output.finish_reason for piece in pieces[-2:]] == ["null", "stop"]
    assert fetch(pieces[-1].output["audio"]["url"])[2][44:] == audio


def test_instructions_are_followed_by_an_instruct_model(start_local):
    start_local()

    def seconds(model):
        response = MultiModalConversation.call(model=model, text=TEXT, voice="Cherry", instructions="speak slowly")
        samples, rate = decode(fetch(response.output.audio.url)[2])
        return len(samples) / rate

    assert seconds("qwen3-tts-instruct-flash") > 1.1 * seconds("qwen3-tts-flash")


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        ({"voice": None}, "InvalidParameter", "Request voice is invalid!"),
        ({"text": ""}, "InvalidParameter", "Please ensure input text is valid."),
        ({"audio_format": "flac"}, "InvalidParameter", "'format'"),
        ({"rate": 9}, "InvalidParameter", "'rate'"),
        ({"model": None}, "InvalidParameter", "'model'"),
        ({"voice": "nobody_v3"}, "InvalidParameter", "[tts:]Engine return error code: 418"),
        ({"model": "gpt"}, "ModelNotFound", "Model not exist."),
    ],
)
def test_what_is_refused(start_local, given, code, message):
    start_local(strict=True)
    result = HttpSpeechSynthesizer.call(**{"model": MODEL, "text": "Hi.", "voice": VOICE, **given})
    assert result.status_code in (400, 404)
    assert result.code == code
    assert message in result.message
    assert result.request_id


def test_too_long_for_qwen(start_local):
    start_local()
    response = MultiModalConversation.call(model="qwen3-tts-flash", text="a" * 601, voice="Cherry")
    assert (response.status_code, response.code) == (400, "InvalidParameter")


def test_a_conversation_is_refused_by_the_service_too(start_local):
    service = start_local()
    body = {"model": "qwen-vl", "input": {"messages": []}}
    url = f"{service.http_url}/services/aigc/multimodal-generation/generation"
    with requests.post(url, json=body, headers={"Authorization": "Bearer k"}, timeout=5) as answer:
        assert answer.status_code == 400
        assert "does not converse" in answer.json()["message"]


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, b"{}", 401),
        ({"Authorization": "Bearer wrong"}, b"{}", 401),
        ({"Authorization": "bearer right"}, b"{", 400),
        ({"Authorization": "BEARER right"}, b"[]", 400),
        ({"Authorization": "Bearer right"}, b"", 400),
    ],
)
def test_error_bodies_of_the_service(start_local, headers, body, status):
    service = start_local(api_key="right")
    for path in ("audio/tts/SpeechSynthesizer", "aigc/multimodal-generation/generation", "audio/tts/customization"):
        with requests.post(f"{service.http_url}/services/{path}", data=body, headers=headers, timeout=5) as answer:
            assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/json")
            assert set(answer.json()) == {"code", "message", "request_id"}


def test_many_at_once(start_local):
    from concurrent.futures import ThreadPoolExecutor

    start_local()
    with ThreadPoolExecutor(12) as pool:
        urls = list(pool.map(lambda n: HttpSpeechSynthesizer.call(MODEL, f"Number {n}.", VOICE).audio_url, range(24)))
    assert len(set(urls)) == 24
