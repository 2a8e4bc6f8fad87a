"""Word timestamps: they belong to the text, and to the audio."""

from __future__ import annotations

import numpy as np
import pytest

from .client import Task, connect, pcm, rms, speak

TEXT = "Hello there, 今天天气很好。我买了3个苹果。It's 3.50 dollars now."


def pairs(items):
    return zip(items, items[1:])


@pytest.fixture(scope="module")
def spoken(service):
    return speak(service, TEXT, word_timestamp_enabled=True)


def test_there_are_no_words_unless_they_are_asked_for(service):
    assert speak(service, TEXT).words == []


def test_words_carry_their_text_and_its_place_in_the_sentence(spoken):
    for output in spoken.outputs:
        if output["type"] != "sentence-end":
            continue
        assert output["sentence"]["words"]
        for word in output["sentence"]["words"]:
            assert word["text"] == output["original_text"][word["begin_index"] : word["end_index"]] != ""
        for one, next in pairs(output["sentence"]["words"]):
            assert one["end_index"] <= next["begin_index"]


def test_words_are_whole_words(spoken):
    texts = [word["text"] for word in spoken.words]
    for expected in ("Hello", "there", "今", "了", "3", "It's", "3.50", "dollars"):
        assert expected in texts
    assert "".join(texts) == "Hellothere今天天气很好我买了3个苹果It's3.50dollarsnow"


def test_times_run_on_through_the_task_and_lie_inside_the_audio(spoken):
    times = [(word["begin_time"], word["end_time"]) for word in spoken.words]
    assert all(0 <= begin < end for begin, end in times)
    assert all(one[1] <= next[0] + 1 for one, next in pairs(times))
    assert times[-1][1] <= len(spoken.audio) / 32
    assert times[-1][1] >= 0.8 * len(spoken.audio) / 32


@pytest.mark.parametrize("parameters", [{}, {"rate": 1.7}, {"rate": 0.6, "pitch": 1.4}, {"voice": "longhuhu_v3"}])
def test_times_sit_on_what_is_voiced_and_pauses_lie_between_them(service, parameters):
    spoken = speak(service, TEXT, word_timestamp_enabled=True, **parameters)
    samples = pcm(spoken.audio)
    overall = rms(samples)
    inside = np.zeros(len(samples), bool)
    for word in spoken.words:
        begin, end = word["begin_time"] * 16, word["end_time"] * 16
        assert rms(samples[begin:end]) > 0.2 * overall, word
        inside[begin:end] = True
    margin = 480  # 30 ms for the sounds to die away
    outside = ~np.convolve(inside, np.ones(2 * margin + 1), "same").astype(bool)
    assert rms(samples[outside]) < 0.1 * overall


def test_times_of_a_later_sentence_hold_in_an_encoded_stream_with_pauses(service):
    with connect(service) as connection:
        task = Task(connection, format="mp3", sample_rate=22050, word_timestamp_enabled=True).run()
        task.text("One.").flush().until("sentence-end")
        spoken = task.text("Two.").finish().rest()
    from .client import decode

    samples, rate = decode(spoken.audio)
    word = spoken.words[-1]
    begin, end = (int(word[key] * rate / 1000) for key in ("begin_time", "end_time"))
    assert rms(samples[begin:end]) > rms(samples)
    assert rms(samples[end + rate // 8 :]) < 0.2 * rms(samples)
