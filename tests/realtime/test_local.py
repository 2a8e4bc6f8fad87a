"""The realtime route of the local service: events, modes, audio."""

from __future__ import annotations

import numpy as np
import pytest

from ..local.client import decode, fundamental, pcm, rms
from .talk import MODEL, RESPONSE, Talk, spoken

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
