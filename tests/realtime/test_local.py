"""The realtime route of the local service: events, modes, formats, refusals."""

from __future__ import annotations

import base64
import json
import socket
import time

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from dashscope_tts.local import made_voices, serve
from dashscope_tts.local.engine import Chunk, Engine
from dashscope_tts.local.refusals import Refusal
from dashscope_tts.local.voices import VOICES

from ..local.client import decode, fundamental, pcm, rms

WAIT = 10.0
MODEL = "qwen3-tts-flash-realtime"
RESPONSE = [
    "response.created", "response.output_item.added", "response.content_part.added", "response.audio.delta",
    "response.audio.done", "response.content_part.done", "response.output_item.done", "response.done",
]  # fmt: skip


class Talk:
    """One raw connection."""

    def __init__(self, service, model=MODEL, key="sk-x", **connecting):
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        url = service.url.replace("inference", "realtime")
        self._connecting = connect(f"{url}?model={model}", additional_headers=headers, proxy=None, **connecting)
        self.events = []

    def __enter__(self):
        self.ws = self._connecting.__enter__()
        return self

    def __exit__(self, *error):
        self._connecting.__exit__(*error)

    def say(self, type, **fields):
        self.ws.send(json.dumps({"event_id": f"event_{len(self.events)}", "type": type, **fields}))

    def update(self, **session):
        self.say("session.update", session=session)
        return self.until("session.updated", "error")

    def append(self, text):
        self.say("input_text_buffer.append", text=text)

    def until(self, *types):
        while True:
            event = json.loads(self.ws.recv(timeout=WAIT))
            self.events.append(event)
            if event["type"] in types:
                return event

    def rest(self):
        """To the end of the session and of the connection; the close code."""
        self.until("session.finished")
        with pytest.raises(ConnectionClosed):
            self.ws.recv(timeout=WAIT)
        return self.ws.close_code

    @property
    def types(self):
        types = [event["type"] for event in self.events]
        return [kind for before, kind in zip(["", *types], types) if kind != before]

    @property
    def audio(self):
        deltas = [event["delta"] for event in self.events if event["type"] == "response.audio.delta"]
        return b"".join(map(base64.b64decode, deltas))

    def response(self):
        return [event for event in self.events if event["type"] == "response.done"][-1]["response"]


def spoken(service, text, model=MODEL, **session):
    with Talk(service, model) as talk:
        if session:
            assert talk.update(**session)["type"] == "session.updated", talk.events[-1]
        talk.append(text)
        talk.say("session.finish")
        talk.rest()
        return talk


# -- events


def test_a_session_of_server_commit_has_all_events_in_order(local):
    with Talk(local) as talk:
        created = talk.until("session.created")["session"]
        assert (created["voice"], created["mode"], created["response_format"]) == ("Cherry", "server_commit", "pcm")
        assert (created["model"], created["sample_rate"], created["object"]) == (MODEL, 24000, "realtime.session")
        updated = talk.update(voice="Ethan", language_type="English", volume=60)["session"]
        assert (updated["voice"], updated["language_type"], updated["volume"]) == ("Ethan", "English", 60)
        assert updated["id"] == created["id"]
        talk.append("Hello there. How are you?")
        talk.say("session.finish")
        assert talk.rest() == 1000
        assert talk.types == ["session.created", "session.updated", *RESPONSE, "session.finished"]
        assert len({event["event_id"] for event in talk.events}) == len(talk.events)


def test_the_ids_of_a_response_agree(local):
    talk = spoken(local, "Hello there.")
    by_type = {event["type"]: event for event in talk.events}
    response, item = by_type["response.created"]["response"], by_type["response.output_item.added"]["item"]
    assert [response["id"][:5], item["id"][:5], len(response["id"])] == ["resp_", "item_", 26]
    for event in talk.events:
        if event["type"].startswith("response.") and "response_id" in event:
            assert event["response_id"] == response["id"]
        if "item_id" in event:
            assert event["item_id"] == item["id"]
    done = by_type["response.done"]["response"]
    assert (done["status"], done["usage"], done["voice"]) == ("completed", {"characters": 12}, "Cherry")
    assert (done["modalities"], done["output"][0]["status"]) == (["text", "audio"], "completed")


def test_server_commit_speaks_before_the_text_is_finished(local):
    with Talk(local) as talk:
        talk.append("The first sentence is whole. The second is")
        talk.until("response.audio.delta")
        talk.append(" too.")
        talk.until("response.done")
        talk.append("Another response.")
        talk.until("response.done")
        talk.say("session.finish")
        assert talk.rest() == 1000
    assert talk.types.count("response.created") == 2


def test_server_commit_speaks_half_a_sentence_when_no_more_comes(local):
    with Talk(local) as talk:
        talk.append("no full stop here")
        assert talk.until("response.done")["response"]["usage"] == {"characters": 17}


def test_commit_mode_speaks_once_per_commit_and_not_before(local):
    with Talk(local) as talk:
        talk.update(mode="commit")
        talk.append("One whole sentence. And another.")
        with pytest.raises(TimeoutError):
            talk.ws.recv(timeout=0.3)
        lengths = []
        for number in range(2):
            if number:
                talk.append("This is a rather longer sentence, which takes some time to say.")
            before = len(talk.audio)
            talk.say("input_text_buffer.commit")
            assert talk.until("input_text_buffer.committed")["item_id"].startswith("item_")
            talk.until("response.done")
            lengths.append((len(talk.audio) - before) / 48000)
        talk.append("Not committed, but finished.")
        talk.say("session.finish")
        assert talk.rest() == 1000
    assert talk.types.count("response.done") == 3
    assert all(1 < seconds < 8 for seconds in lengths)


def test_a_commit_in_server_commit_speaks_what_there_is(local):
    with Talk(local) as talk:
        talk.append("half a")
        talk.say("input_text_buffer.commit")
        talk.until("input_text_buffer.committed")
        assert talk.until("response.done")["response"]["usage"] == {"characters": 6}


def test_cleared_text_is_not_spoken(local):
    with Talk(local) as talk:
        talk.update(mode="commit")
        talk.append("This is dropped.")
        talk.say("input_text_buffer.clear")
        talk.until("input_text_buffer.cleared")
        talk.say("session.finish")
        talk.rest()
    assert talk.types == ["session.created", "session.updated", "input_text_buffer.cleared", "session.finished"]


def test_cancel_stops_the_response_and_the_session_goes_on(local):
    with Talk(local) as talk:
        talk.update(mode="commit")
        talk.append("A long text. " * 200)
        talk.say("input_text_buffer.commit")
        talk.until("response.audio.delta")
        talk.say("response.cancel")
        assert talk.until("response.done")["response"]["status"] == "incomplete"
        assert len(talk.audio) / 48000 < 100
        talk.append("And on.")
        talk.say("input_text_buffer.commit")
        assert talk.until("response.done")["response"]["status"] == "completed"


# -- audio


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 24000, 44100, 48000])
def test_pcm_comes_at_the_rate_that_is_asked_for(local, rate):
    samples = pcm(spoken(local, "How do you do?", sample_rate=rate).audio)
    assert 0.6 < len(samples) / rate < 2.5
    assert rms(samples) > 0.02


@pytest.mark.parametrize(("format", "head"), [("wav", b"RIFF"), ("mp3", b"\xff"), ("opus", b"OggS")])
def test_other_formats_decode_to_speech(local, format, head):
    audio = spoken(local, "How do you do?", response_format=format, sample_rate=48000, bit_rate=64).audio
    assert audio.startswith((head, b"ID3"))
    samples, rate = decode(audio)
    assert rate == 48000
    assert 0.6 < len(samples) / rate < 2.5
    assert rms(samples) > 0.02


def test_each_response_is_a_file_of_its_own(local):
    with Talk(local) as talk:
        talk.update(mode="commit", response_format="wav")
        for _ in range(2):
            talk.events.clear()
            talk.append("Hello.")
            talk.say("input_text_buffer.commit")
            talk.until("response.done")
            assert talk.audio.startswith(b"RIFF")


def test_rate_volume_pitch_and_voice_are_heard(local):
    text = "The quick brown fox jumps over the lazy dog."
    plain, fast, loud, high, man = (
        pcm(spoken(local, text, **session).audio)
        for session in (
            {"voice": "Cherry"}, {"speech_rate": 2.0}, {"volume": 100}, {"pitch_rate": 1.5}, {"voice": "Ethan"},
        )
    )  # fmt: skip
    assert len(fast) < 0.7 * len(plain)
    assert rms(loud) > 1.5 * rms(plain)
    assert fundamental(high, 24000) > 1.2 * fundamental(plain, 24000)
    assert fundamental(man, 24000) < 0.8 * fundamental(plain, 24000)


def test_the_language_type_decides_how_letters_are_read(local):
    text = "Die Reise nach Wien"
    german = pcm(spoken(local, text, language_type="German").audio)
    english = pcm(spoken(local, text, language_type="English").audio)
    assert len(german) != len(english) or not np.array_equal(german, english)


def test_instructions_change_how_an_instruct_model_speaks(local):
    text, model = "The quick brown fox jumps over the lazy dog.", "qwen3-tts-instruct-flash-realtime"
    plain = spoken(local, text, model=model, instructions="", optimize_instructions=False)
    slow = spoken(
        local, text, model=model, instructions="Speak slowly. " * 50, optimize_instructions=True, enable_tn=True
    )
    assert len(slow.audio) > 1.1 * len(plain.audio)


def test_the_first_models_bill_tokens(local):
    usage = spoken(local, "Hello there.", model="qwen-tts-realtime").response()["usage"]
    assert usage["output_tokens_details"]["audio_tokens"] > 20
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]


def test_chinese_counts_twice(local):
    assert spoken(local, "你好，world").response()["usage"] == {"characters": 10}


# -- refusals


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
