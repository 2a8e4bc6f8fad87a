"""The DashScope protocol in front, a self-hosted server behind: what is heard is that server's audio."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from ..local.client import Task, connect, decode, pcm, speak
from ..selfhosted.stand_in import WAIT, marked

VOICE = "longanyang"
RATE = 22050


def heard(gateway, *texts, **parameters):
    parameters = {"voice": VOICE, "sample_rate": RATE, **parameters}
    return speak(gateway, *texts, **parameters)


def test_the_servers_samples_come_through_unchanged(start, upstream):
    spoken = heard(start(upstream), "One sentence.")
    assert spoken.last["header"]["event"] == "task-finished"
    assert spoken.audio == marked("One sentence.", VOICE)
    assert spoken.words == []


def test_each_sentence_is_a_request_and_they_come_in_order(start, upstream):
    spoken = heard(start(upstream), "First one. Sec", "ond one! 第三句。", "Rest")
    texts = [request.text for request in upstream.requests]
    assert texts == ["First one.", "Second one!", "第三句。", "Rest"]
    assert spoken.audio == b"".join(marked(text, VOICE) for text in texts)
    assert upstream.most_open == 1


def test_another_sample_rate_is_the_same_audio_resampled(start, upstream):
    samples = (np.sin(np.arange(RATE) * 2 * np.pi * 300 / RATE) * 10000).astype("<i2").tobytes()

    def behaviour(request, answer):
        answer.head()
        for at in range(0, len(samples), 999):
            answer.chunk(samples[at : at + 999])
        answer.end()

    upstream.behaviour = behaviour
    audio = pcm(heard(start(upstream), "A tone.", sample_rate=48000).audio)
    assert abs(len(audio) - 48000) <= 2
    wanted = np.sin(np.arange(48000) * 2 * np.pi * 300 / 48000) * 10000 / 32768
    middle = slice(2000, 46000)
    assert np.abs(audio[middle] - wanted[middle]).max() < 0.005


@pytest.mark.parametrize("format", ["mp3", "opus", "wav"])
def test_other_formats_hold_all_of_it(start, upstream, format):
    spoken = heard(start(upstream), "One.", format=format, sample_rate=24000)
    samples, rate = decode(spoken.audio)
    assert abs(len(samples) / rate - 12_000 / RATE) < 0.15


def test_the_volume_becomes_a_gain(start, upstream):
    quiet = bytes.fromhex("e803") * 3000  # 1000 in each sample

    def behaviour(request, answer):
        answer.head()
        answer.chunk(quiet)
        answer.end()

    upstream.behaviour = behaviour
    gateway = start(upstream)
    for volume, level in ((50, 1000), (25, 500), (100, 2000), (0, 0)):
        samples = np.frombuffer(heard(gateway, "One.", volume=volume).audio, "<i2")
        assert len(samples) == 3000
        assert np.abs(samples - level).max() <= 1


def test_bare_punctuation_asks_nobody(start, upstream):
    spoken = heard(start(upstream), "One. … !? Two.")
    assert all(any(character.isalnum() for character in request.text) for request in upstream.requests)
    assert spoken.last["header"]["event"] == "task-finished"
    assert len(upstream.requests) == 2


def test_silence_in_ssml_is_silent_and_pronunciations_are_written_out(start, upstream):
    text = '<speak>One.<break time="500ms"/><phoneme alphabet="py" ph="liu4 an1">六安</phoneme></speak>'
    spoken = heard(start(upstream), text, enable_ssml=True)
    assert [request.text for request in upstream.requests] == ["One.", "六安"]
    audio = spoken.audio
    one, two = marked("One.", VOICE), marked("六安", VOICE)
    assert audio.startswith(one)
    assert audio.endswith(two)
    silence = audio[len(one) : -len(two)]
    assert abs(len(silence) / 2 / RATE - 0.5) < 0.01
    assert not any(silence)


def test_first_audio_comes_before_the_server_has_made_the_rest(start, upstream):
    go_on = threading.Event()

    def behaviour(request, answer):
        answer.head()
        answer.chunk(request.audio[:3001])
        assert go_on.wait(WAIT)
        answer.chunk(request.audio[3001:])
        answer.end()

    upstream.behaviour = behaviour
    with connect(start(upstream)) as connection:
        task = Task(connection, voice=VOICE, sample_rate=RATE).run().text("One sentence.").finish()
        first = task.until("audio")
        assert marked("One sentence.", VOICE).startswith(first)
        go_on.set()
        assert task.rest().audio == marked("One sentence.", VOICE)


def test_the_model_of_the_upstream_gives_its_sample_rate(start, upstream):
    spoken = heard(start(upstream, upstream={"model": "CosyVoice2-0.5B"}), "One.", sample_rate=24000)
    assert spoken.audio == marked("One.", VOICE)


def test_a_token_for_the_upstream_goes_to_the_upstream(start, upstream):
    upstream.token = "sk-upstream"
    gateway = start(upstream, upstream={"token": "sk-upstream"}, api_key="sk-gateway")
    with connect(gateway, key="sk-gateway") as connection:
        spoken = Task(connection, voice=VOICE, sample_rate=RATE).run().text("One.").finish().rest()
    assert spoken.audio == marked("One.", VOICE)
    assert "sk-gateway" not in str(upstream.requests[0].headers)
