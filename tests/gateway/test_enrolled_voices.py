"""Voices that are created at the gateway: their recordings are what the self-hosted servers speak with."""

from __future__ import annotations

import io
import json
import sqlite3
import struct
import wave

import av
import numpy as np
import pytest

import dashscope_tts
from dashscope_tts.audio.tts_v2 import VoiceEnrollmentException, VoiceEnrollmentService
from dashscope_tts.local.voice_recording import kept_recording
from dashscope_tts.transport.http import session

from ..http.test_local_voices import data_url, recording
from ..local.client import MODEL, speak

RATE = 22050
DESIGN = {"voice_prompt": "A calm old man", "preview_text": "Good evening, and welcome."}
REFUSED = ("InvalidParameter", "[tts:]Engine return error code: 418")


@pytest.fixture
def enroll(start, monkeypatch):
    """Starts a gateway that the package's own client of voices is pointed at; gives both."""

    def enroll_at(*upstreams, model="voice-enrollment", **settings):
        gateway = start(*upstreams, deploy_seconds=0.0, **settings)
        monkeypatch.setattr(dashscope_tts, "api_key", "any-key")
        monkeypatch.setattr(dashscope_tts, "base_http_api_url", gateway.http_url)
        return gateway, VoiceEnrollmentService(model=model)

    yield enroll_at
    session().close()


def heard(gateway, voice, text="One.", **parameters):
    return speak(gateway, text, voice=voice, sample_rate=RATE, **parameters)


def asked(upstream):
    return [(request.path.partition("_")[2], request.form) for request in upstream.requests]


def encoded(format, channels=1, seconds=5.0):
    """The recording as another kind of file."""
    samples = np.frombuffer(recording(seconds=seconds, rate=44100)[44:], "<i2")
    file = io.BytesIO()
    with av.open(file, "w", format=format) as container:
        layout = "mono" if channels == 1 else "stereo"
        stream = container.add_stream("mp3" if format == "mp3" else "pcm_s16le", rate=44100, layout=layout)
        frame = av.AudioFrame.from_ndarray(np.repeat(samples, channels)[None, :], format="s16", layout=layout)
        frame.sample_rate = 44100
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return file.getvalue()


def described(audio):
    with wave.open(io.BytesIO(audio)) as reader:
        assert 44 + 2 * reader.getnframes() == len(audio)
        form = reader.getnchannels(), reader.getsampwidth(), reader.getframerate()
        return form, reader.getnframes() / reader.getframerate()


def test_a_recording_reaches_the_server_byte_for_byte(enroll, upstream):
    gateway, service = enroll(upstream)
    mine = recording(120.0)
    voice = service.create_voice(MODEL, "mine", data_url(mine))
    spoken = heard(gateway, voice)
    assert spoken.last["header"]["event"] == "task-finished"
    assert spoken.audio == upstream.requests[0].audio
    heard(gateway, voice, instruction="Slowly.")
    one = {"tts_text": "One.", "prompt_wav": mine}
    assert asked(upstream) == [("cross_lingual", one), ("instruct2", {**one, "instruct_text": "Slowly."})]


def test_with_the_text_of_the_recording_it_is_zero_shot(enroll, upstream):
    gateway, service = enroll(upstream)
    mine = recording()
    voice = service.create_voice(MODEL, "mine", data_url(mine), prompt_text="Said in it.")
    heard(gateway, voice)
    assert asked(upstream) == [("zero_shot", {"tts_text": "One.", "prompt_text": "Said in it.", "prompt_wav": mine})]


def test_qwens_voices_tell_the_text_under_their_own_name(enroll, upstream):
    gateway, service = enroll(upstream, model="qwen-voice-enrollment")
    model = "qwen3-tts-vc-2026-01-22"
    voice = service.create_voice(model, "mine", data_url(recording()), text="Said in it.")
    speak(gateway, "One.", voice=voice, model=model)
    ((mode, form),) = asked(upstream)
    assert (mode, form["prompt_text"], form["prompt_wav"]) == ("zero_shot", "Said in it.", recording())


def test_each_voice_is_heard_with_its_own_recording(enroll, upstream):
    gateway, service = enroll(upstream)
    recordings = [recording(hertz) for hertz in (100.0, 150.0, 210.0)]
    voices = [service.create_voice(MODEL, "v", data_url(one)) for one in recordings]
    for voice in voices[::-1]:
        heard(gateway, voice)
    assert [form["prompt_wav"] for _, form in asked(upstream)] == recordings[::-1]


def test_update_replaces_the_recording_and_its_text(enroll, upstream):
    gateway, service = enroll(upstream)
    voice = service.create_voice(MODEL, "mine", data_url(recording()), prompt_text="Said in it.")
    service.update_voice(voice, data_url(recording(200.0)))
    heard(gateway, voice)
    assert asked(upstream) == [("cross_lingual", {"tts_text": "One.", "prompt_wav": recording(200.0)})]


def test_after_delete_the_voice_is_refused_and_its_recording_is_gone(enroll, upstream, tmp_path):
    gateway, service = enroll(upstream, data_dir=str(tmp_path))
    mine = recording()
    voice = service.create_voice(MODEL, "mine", data_url(mine))
    assert mine[5000:5200] in (tmp_path / "voices.sqlite3").read_bytes()
    service.delete_voice(voice)
    assert heard(gateway, voice).error == REFUSED
    ssml = f'<speak voice="{voice}">One.</speak>'
    assert heard(gateway, "longanyang", ssml, enable_ssml=True).error == REFUSED
    assert upstream.requests == []
    assert mine[5000:5200] not in (tmp_path / "voices.sqlite3").read_bytes()


def test_voices_and_their_recordings_are_kept_over_a_restart(enroll, upstream, tmp_path):
    first, service = enroll(upstream, data_dir=str(tmp_path))
    kept = service.create_voice(MODEL, "mine", data_url(recording()), prompt_text="Said in it.")
    gone = service.create_voice(MODEL, "gone", data_url(recording()))
    service.delete_voice(gone)
    first.stop()
    gateway, _ = enroll(upstream, data_dir=str(tmp_path))
    heard(gateway, kept)
    form = {"tts_text": "One.", "prompt_text": "Said in it.", "prompt_wav": recording()}
    assert asked(upstream) == [("zero_shot", form)]
    assert heard(gateway, gone).error == REFUSED


def test_a_file_of_an_earlier_version_is_taken_and_its_voices_ask_for_their_recording(enroll, upstream, tmp_path):
    first, service = enroll(upstream, data_dir=str(tmp_path))
    voice = service.create_voice(MODEL, "mine", data_url(recording()))
    first.stop()
    with sqlite3.connect(tmp_path / "voices.sqlite3") as database:
        database.execute("DROP TABLE recordings")
    database.close()
    gateway, service = enroll(upstream, data_dir=str(tmp_path))
    assert "was not kept; update the voice" in heard(gateway, voice).error[1]
    service.update_voice(voice, data_url(recording(200.0)))
    heard(gateway, voice)
    assert [form["prompt_wav"] for _, form in asked(upstream)] == [recording(200.0)]


def test_espeak_keeps_no_recording(enroll, tmp_path):
    _, service = enroll(engine="espeak", data_dir=str(tmp_path))
    service.create_voice(MODEL, "mine", data_url(recording()), prompt_text=5)
    with sqlite3.connect(tmp_path / "voices.sqlite3") as database:
        assert database.execute("SELECT COUNT(*) FROM recordings").fetchall() == [(0,)]
    database.close()


def test_enrolled_voices_go_before_the_star_of_the_file_and_after_its_names(enroll, upstream, tmp_path):
    path = tmp_path / "voices.json"
    path.write_text(json.dumps({"*": "A"}))
    first, service = enroll(upstream, voices=path, data_dir=str(tmp_path))
    voice = service.create_voice(MODEL, "mine", data_url(recording()))
    heard(first, voice)
    heard(first, "another")
    first.stop()
    path.write_text(json.dumps({voice: "B"}))
    gateway, _ = enroll(upstream, voices=path, data_dir=str(tmp_path))
    heard(gateway, voice)
    assert [(mode, form.get("spk_id")) for mode, form in asked(upstream)] == [
        ("cross_lingual", None), ("sft", "A"), ("sft", "B")
    ]  # fmt: skip


def test_a_designed_voice_instructs_the_voice_of_the_star(enroll, upstream, tmp_path):
    path = tmp_path / "voices.json"
    path.write_text(json.dumps({"*": "A"}))
    gateway, service = enroll(upstream, voices=path)
    voice = service.create_voice(MODEL, "made", **DESIGN)
    assert heard(gateway, voice).audio == upstream.requests[-1].audio
    heard(gateway, voice, instruction="Slowly.")
    assert {mode for mode, _ in asked(upstream)} == {"instruct"}
    told = [form["instruct_text"] for _, form in asked(upstream)]
    assert told == ["A calm old man"] * (len(told) - 1) + ["A calm old man Slowly."]


def test_without_a_star_a_designed_voice_is_refused_with_the_reason(enroll, upstream, tmp_path):
    espeak, service = enroll(engine="espeak", data_dir=str(tmp_path))
    voice = service.create_voice(MODEL, "made", **DESIGN)
    espeak.stop()
    gateway, service = enroll(upstream, data_dir=str(tmp_path))
    code, told = heard(gateway, voice).error
    assert code == "InvalidParameter"
    assert "designed from a description" in told
    with pytest.raises(VoiceEnrollmentException, match="designed from a description"):
        service.create_voice(MODEL, "made", **DESIGN)
    assert upstream.requests == []


@pytest.mark.parametrize("text", [5, "x" * 1025])
def test_a_text_of_the_recording_that_cannot_be_is_refused(enroll, upstream, text):
    _, service = enroll(upstream)
    with pytest.raises(VoiceEnrollmentException, match="prompt_text"):
        service.create_voice(MODEL, "mine", data_url(recording()), prompt_text=text)


def test_max_prompt_audio_length_cuts_what_is_sent(enroll, upstream):
    gateway, service = enroll(upstream)
    heard(gateway, service.create_voice(MODEL, "mine", data_url(recording()), max_prompt_audio_length=3.5))
    ((_, form),) = asked(upstream)
    assert described(form["prompt_wav"]) == ((1, 2, 16000), 3.5)
    assert form["prompt_wav"][44:] == recording()[44 : 44 + 7 * 16000]


def test_what_is_kept_is_16_bit_mono_of_30_seconds_at_most():
    long = recording(seconds=40.0)
    cut = kept_recording(long, "Said in it.")
    assert described(cut.audio) == ((1, 2, 16000), 30.0)
    assert cut.audio[44:] == long[44 : 44 + 30 * 32000]
    assert cut.text == ""
    for audio in (encoded("wav", channels=2), encoded("mp3")):
        kept = kept_recording(audio, "Said in it.")
        form, seconds = described(kept.audio)
        assert (form, kept.text) == ((1, 2, 44100), "Said in it.")
        assert abs(seconds - 5.0) < 0.1


@pytest.mark.parametrize("size", [0xFFFFFFFF, 6 * 32000])
def test_a_wav_file_without_true_sizes_gets_them(size):
    streamed = bytearray(recording())
    streamed[40:44] = struct.pack("<I", size)
    assert kept_recording(bytes(streamed), "").audio == recording()
