"""Hearing a text while it is made, and seeing the word that is spoken."""

from __future__ import annotations

import re

import numpy as np
import pytest

from ..local.client import rms, speak
from ..operation.asking import numbers, wait_until
from .hesitant import HesitantEngine

TEXT = "Good morning. How are you today?"
LONG = "This is a rather long sentence that goes on and on, and then on again. " * 5


def through_the_api(service, text, **parameters):
    return speak(service, text, sample_rate=24000, word_timestamp_enabled=True, **parameters)


def test_what_is_heard_is_what_the_api_gives_sample_for_sample(visit, service):
    visitor = visit(service)
    visitor.speak(TEXT)
    expected = np.frombuffer(through_the_api(service, TEXT).audio, "<i2")
    assert np.array_equal(visitor.samples, expected)
    assert rms(expected / 32768) > 0.02
    # The sound has left for the loudspeaker, at its time.
    assert visitor.loudest > 0.1
    assert visitor.played_seconds >= len(expected) / 24000
    assert visitor.told("status") == "Finished."
    assert visitor.complaints == []


def test_delay_length_and_real_time_factor_are_told(visit, service):
    visitor = visit(service)
    assert visitor.told("delay") == visitor.told("seconds") == visitor.told("factor") == "–"
    visitor.speak("Hello.")
    seconds = len(through_the_api(service, "Hello.").audio) / 48000
    assert 0 < int(re.fullmatch(r"(\d+) ms", visitor.told("delay"))[1]) < 5000
    heard, whole = map(float, re.fullmatch(r"([\d.]+) / ([\d.]+) s", visitor.told("seconds")).groups())
    assert whole == pytest.approx(seconds, abs=0.06)
    assert heard == pytest.approx(whole, abs=0.5)
    assert 0 < float(visitor.told("factor")) < 1


@pytest.mark.parametrize(
    "text",
    [TEXT, "早上好！今天很冷。", "One 👍 two. Not 𠮷 four.", " Two\n\nlines, and <b> on."],
    ids=["English", "Chinese", "beyond 16 bits", "spaces and signs"],
)
def test_each_word_is_marked_in_the_text_in_its_turn(visit, service, text):
    visitor = visit(service)
    visitor.speak(text)
    words = [word["text"] for word in through_the_api(service, text).words]
    assert len(words) >= 4
    # A very short word may fall between two pictures of the screen.
    marks, remaining = [mark["text"] for mark in visitor.marks], iter(words)
    assert all(mark in remaining for mark in marks), (marks, words)
    assert len(marks) >= len(words) * 0.6
    assert visitor.page.locator("#backdrop mark").count() == 0


def test_the_mark_is_where_the_word_is_and_comes_when_it_is_heard(visit, service):
    visitor = visit(service)
    words = through_the_api(service, TEXT).words
    visitor.speak(TEXT)
    times = {word["text"]: word["begin_time"] / 1000 for word in words}
    assert len(visitor.marks) >= 4
    for mark in visitor.marks:
        assert mark["before"] == TEXT[: TEXT.index(mark["text"])]
        assert times[mark["text"]] - 0.1 <= mark["heard"] <= times[mark["text"]] + 0.5


def test_the_words_of_ssml_are_marked_between_its_tags(visit, service):
    visitor = visit(service)
    visitor.speak('<speak>One.<break time="100ms"/>Two and three.</speak>')
    marks = [mark["text"] for mark in visitor.marks]
    assert marks[0] == "One"
    assert {"Two", "three"} <= set(marks) <= {"One", "Two", "and", "three"}


def test_it_is_heard_while_it_is_made(visit, start):
    engine = HesitantEngine()
    visitor = visit(start(engine=engine))
    visitor.type("Only a tone.")
    visitor.page.click("#speak")
    # Words have no times here: the sentence is marked.
    visitor.page.wait_for_selector("#backdrop mark.sentence >> text=Only a tone.")
    visitor.page.wait_for_selector("#seconds >> text=/^(0.[5-9]|1.0) . 1.0 s$/")
    assert visitor.loudest > 0.2
    assert visitor.told("factor") == "–"
    engine.go_on.set()
    visitor.until_over()
    assert len(visitor.heard) == pytest.approx(2 * 24000, abs=24000)  # with the silence between
    assert rms(visitor.heard[:24000] / 32768) > 0.1 < rms(visitor.heard[-24000:] / 32768)


@pytest.mark.parametrize("by", ["button", "Escape"])
def test_stop_silences_it_at_once_and_ends_the_task(visit, start, by):
    service = start(engine=HesitantEngine())
    visitor = visit(service)
    visitor.type("Only a tone.")
    visitor.page.click("#speak")
    visitor.page.wait_for_selector("#backdrop mark")
    if by == "button":
        visitor.page.click("#stop")
    else:
        visitor.page.keyboard.press("Escape")
    assert visitor.told("status") == "Stopped."
    assert visitor.page.evaluate("ears.contexts[0].state") == "closed"
    assert visitor.page.locator("#backdrop mark").count() == 0
    wait_until(lambda: numbers(service).get(("tasks_total", "cancelled", "duplex")) == 1)  # which frees the engine
    wait_until(lambda: numbers(service)["sessions",] == 0)


def test_speaking_again_drops_what_was_spoken(visit, service):
    visitor = visit(service)
    visitor.type(LONG)
    visitor.page.click("#speak")
    visitor.page.wait_for_selector("#backdrop mark")
    visitor.speak("Now this.")
    assert visitor.page.evaluate("ears.contexts.map((context) => context.state)") == ["closed", "closed"]
    assert visitor.marks[-1]["text"] == "this"
    assert visitor.told("status") == "Finished."


def test_a_text_of_twenty_minutes_is_not_laid_out_at_once(visit, service):
    visitor = visit(service)
    visitor.type(LONG)
    visitor.page.click("#speak")
    visitor.page.wait_for_selector("#factor >> text=/^0/")  # all of it has come
    seconds = len(visitor.heard) / 24000
    assert seconds < 12 < float(visitor.told("seconds").split()[2])
    visitor.page.click("#stop")
