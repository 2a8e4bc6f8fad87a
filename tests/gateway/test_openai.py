"""A server with an OpenAI-compatible ``/v1/audio/speech`` behind the gateway."""

from __future__ import annotations

import json
import struct

import pytest

from dashscope_tts.local.wav_intake import NotSupportedAudio, pcm_of

from ..local.client import speak
from ..selfhosted.stand_in import marked

RATE = 24000
VOICE = "alloy"


def heard(gateway, text="One.", **parameters):
    return speak(gateway, text, **{"voice": VOICE, "sample_rate": RATE, **parameters})


def wav(rate, channels=1, bits=16, extra=b""):
    """A header as servers send it that do not know the length yet."""
    body = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, rate * 2, 2, bits)
    return b"RIFF\xff\xff\xff\xffWAVE" + body + extra + b"data\xff\xff\xff\xff"


def test_the_request_is_that_interfaces(start, upstream):
    upstream.token = "sk-up"
    gateway = start(upstream, engine="openai", upstream={"token": "sk-up", "model": "kokoro"})
    assert heard(gateway, rate=1.25, instruction="Gently.").audio == marked("One.", VOICE)
    (request,) = upstream.requests
    assert (request.method, request.path) == ("POST", "/v1/audio/speech")
    assert request.headers["Authorization"] == "Bearer sk-up"
    assert request.json == {
        "model": "kokoro", "input": "One.", "voice": VOICE, "response_format": "pcm", "speed": 1.25,
        "instructions": "Gently.",
    }  # fmt: skip


def test_what_is_not_asked_for_is_not_sent(start, upstream):
    heard(start(upstream, engine="openai"))
    assert upstream.requests[0].json == {
        "model": "tts-1", "input": "One.", "voice": VOICE, "response_format": "pcm",
    }  # fmt: skip


def test_a_url_may_end_with_the_version(start, upstream):
    upstream_url = upstream.url + "/v1"

    class Named:
        url = upstream_url

    heard(start(Named, engine="openai"))
    assert upstream.requests[0].path == "/v1/audio/speech"


@pytest.mark.parametrize("cut", [1, 13, 43, 4096])
def test_a_wav_header_tells_the_sample_rate_and_is_not_heard(start, upstream, cut):
    def behaviour(request, answer):
        body = wav(16000, extra=b"LIST\x03\x00\x00\x00abc\x00") + request.audio
        answer.head(Content_Type="audio/wav")
        for at in range(0, 200, cut):
            answer.chunk(body[at : at + cut][: 200 - at])
        answer.chunk(body[200:])
        answer.end()

    upstream.behaviour = behaviour
    gateway = start(upstream, engine="openai", upstream={"format": "wav"})
    assert heard(gateway, sample_rate=16000).audio == marked("One.", VOICE)
    assert upstream.requests[0].json["response_format"] == "wav"


@pytest.mark.parametrize(
    "body",
    [wav(RATE, channels=2) + bytes(8), wav(RATE, bits=8) + bytes(8), b"RIFF\0\0\0\0AVI " + bytes(8), wav(RATE)[:20]],
    ids=["stereo", "8 bits", "no wav", "cut"],
)  # fmt: skip
def test_other_audio_is_an_error_and_not_noise(start, upstream, body):
    upstream.behaviour = lambda request, answer: (answer.head(), answer.chunk(body), answer.end())
    code, message = heard(start(upstream, engine="openai")).error
    assert code == "InternalError"
    assert "audio that cannot be used" in message


def test_an_error_is_told_in_the_servers_words(start, upstream):
    upstream.behaviour = lambda request, answer: answer.say(
        400, {"error": {"message": "voice 'alloy' is not there", "type": "invalid_request_error"}}
    )
    code, message = heard(start(upstream, engine="openai")).error
    assert code == "InvalidParameter"
    assert "voice 'alloy' is not there" in message
    assert json.dumps(message)


def test_bare_samples_are_not_taken_for_a_header():
    assert list(pcm_of([b"RI", b"XX", b"abcd"], 8000)) == [(b"RIXX", 8000), (b"abcd", 8000)]
    with pytest.raises(NotSupportedAudio):
        list(pcm_of([b"RIFF"], 8000))
