"""What the realtime route of the local service refuses, and what ends a session before its time."""

from __future__ import annotations

import json
import socket
import time

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from dashscope_tts.local import made_voices, serve
from dashscope_tts.local.engine import Chunk, Engine
from dashscope_tts.local.refusals import Refusal
from dashscope_tts.local.voices import VOICES

from ..local.client import pcm, rms
from .talk import WAIT, Talk, spoken


@pytest.mark.parametrize(
    ("session", "named"),
    [
        ({"voice": 3}, "voice"), ({"voice": ""}, "voice"), ({"mode": "both"}, "mode"),
        ({"response_format": "flac"}, "response_format"), ({"sample_rate": 12345}, "sample_rate"),
        ({"volume": 101}, "volume"), ({"speech_rate": 3}, "speech_rate"), ({"pitch_rate": "high"}, "pitch_rate"),
        ({"bit_rate": 5}, "bit_rate"), ({"language_type": "Klingon"}, "language_type"),
        ({"enable_tn": "x"}, "enable_tn"),
    ],
    ids=str,
)  # fmt: skip
def test_a_bad_session_is_refused_and_the_one_before_stays(local, session, named):
    with Talk(local) as talk:
        error = talk.update(**session)["error"]
        assert error["code"] == "invalid_value"
        assert named in error["message"]
        talk.append("Still here.")
        talk.say("session.finish")
        assert talk.rest() == 1000
        assert rms(pcm(talk.audio)) > 0.02


def test_an_update_after_the_start_is_refused(local):
    with Talk(local) as talk:
        talk.append("Hello there. ")
        talk.until("response.audio.delta")
        assert talk.update(voice="Ethan")["error"]["message"] == (
            "Session update error: session already started or finished or failed."
        )


def test_an_empty_commit_is_refused(local):
    with Talk(local) as talk:
        for text in ("", "  "):
            talk.append(text)
            talk.say("input_text_buffer.commit")
            error = talk.until("error")["error"]
            assert (error["code"], "empty" in error["message"]) == ("invalid_value", True)
        talk.say("session.finish")
        assert talk.rest() == 1000


@pytest.mark.parametrize(
    "frame",
    ["not JSON", "[1]", "{}", b"binary", '{"type": "session.paused"}', '{"type": "session.update"}',
     '{"type": "input_text_buffer.append"}', '{"type": "input_text_buffer.append", "text": 7}'],
)  # fmt: skip
def test_bad_input_is_answered_with_an_error_and_the_session_goes_on(local, frame):
    with Talk(local) as talk:
        talk.ws.send(frame)
        error = talk.until("error")["error"]
        assert error["code"]
        assert error["message"]
        talk.append("Still here.")
        talk.say("session.finish")
        assert talk.rest() == 1000


def test_too_much_text_is_refused():
    with serve(configure=False, max_message_characters=20, max_task_characters=50) as service, Talk(service) as talk:
        talk.append("x" * 21)
        assert "too long" in talk.until("error")["error"]["message"]
        talk.append("Hello there.")
        talk.say("session.finish")
        assert talk.rest() == 1000


@pytest.mark.parametrize("key", ["", "sk-wrong"])
def test_a_wrong_key_is_refused_in_the_handshake(key):
    with serve(configure=False, api_key="sk-right") as service, pytest.raises(InvalidStatus) as caught:
        Talk(service, key=key).__enter__()
    assert caught.value.response.status_code == 401
    assert json.loads(caught.value.response.body)["code"] == "InvalidApiKey"


def test_a_connection_without_a_model_is_refused(local):
    with Talk(local, model="") as talk:
        assert "model" in talk.until("error")["error"]["message"]
        with pytest.raises(ConnectionClosed):
            talk.ws.recv(timeout=WAIT)


def test_strict_refuses_what_the_real_service_refuses():
    with serve(configure=False, strict=True) as service:
        with Talk(service, model="gpt-4o-realtime") as talk:
            assert talk.until("error")["error"]["code"] == "model_not_found"
        with Talk(service) as talk:
            for voice in ("longanyang", "nobody"):
                told = talk.update(voice=voice)["error"]["message"]
                assert told == f"The requested voice '{voice}' is not supported."
            assert talk.update(voice="Serena")["type"] == "session.updated"
        with Talk(service, model="qwen-tts-realtime") as talk:
            assert "pcm" in talk.update(response_format="mp3")["error"]["message"]


def test_an_unknown_voice_speaks_where_the_service_is_not_strict(local):
    assert rms(pcm(spoken(local, "Hello there.", voice="nobody").audio)) > 0.02


def test_a_voice_that_was_made_belongs_to_its_model(local):
    name, voice, model = "qwen-tts-vc-mine-voice-1-ab12", VOICES["Ethan"], "qwen3-tts-vc-realtime-2026-01-15"
    made_voices.remember(name, voice, model, 0.0)
    try:
        assert rms(pcm(spoken(local, "Hello there.", model=model, voice=name).audio)) > 0.02
        with Talk(local) as talk:
            assert talk.update(voice=name)["error"]["message"] == f"The requested voice '{name}' is not supported."
    finally:
        made_voices.forget(name)


class Broken(Engine):
    """Fails at a sentence that asks for it."""

    def __init__(self, error):
        self.error = error

    def speak(self, utterance, emit):
        emit(Chunk(bytes(4800), 24000))
        if "break" in utterance.text:
            raise self.error


@pytest.mark.parametrize(
    ("error", "code"), [(RuntimeError("of the engine"), "internal_error"), (Refusal("no such voice", "Mine"), "Mine")]
)
def test_an_engine_that_fails_ends_its_response_and_not_the_session(error, code):
    with serve(configure=False, engine=Broken(error)) as service, Talk(service) as talk:
        talk.update(mode="commit")
        for text, status in (("please break", "failed"), ("fine", "completed")):
            talk.append(text)
            talk.say("input_text_buffer.commit")
            assert talk.until("response.done")["response"]["status"] == status
            if status == "failed":
                assert talk.until("error")["error"]["code"] == code
        talk.say("session.finish")
        assert talk.rest() == 1000


def test_an_idle_connection_is_closed():
    with serve(configure=False, idle_timeout=0.3) as service, Talk(service) as talk:
        begun = time.monotonic()
        talk.until("session.created")
        with pytest.raises(ConnectionClosed):
            talk.ws.recv(timeout=WAIT)
        assert 0.2 < time.monotonic() - begun < 2
        assert "idle" in talk.ws.close_reason


def test_a_client_that_hangs_up_first_is_no_failure_of_the_service(local, caplog):
    for number in range(60):
        with Talk(local) as talk:
            talk.say("session.finish")
            if number % 3:
                talk.until("session.finished")
            try:
                talk.ws.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the service was quicker
    assert [record for record in caplog.records if record.name == "dashscope_tts.local"] == []


def test_a_client_that_goes_away_ends_its_session(local):
    with Talk(local) as talk:
        talk.append("A long text. " * 300)
        talk.until("response.audio.delta")
        talk.ws.socket.shutdown(socket.SHUT_RDWR)
    deadline = time.monotonic() + 5
    while local.stats()["connections_now"] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert local.stats()["connections_now"] == 0
