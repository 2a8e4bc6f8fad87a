"""Upstream servers that fail: the request moves on while it can, and is refused with a reason when it cannot."""

from __future__ import annotations

import threading

import pytest

from dashscope_tts.selfhosted import TimeLimits

from ..local.client import Task, connect, speak
from ..selfhosted.stand_in import WAIT, marked, speak_oddly

VOICE = "longanyang"
RATE = 22050


def heard(gateway, text="One sentence."):
    return speak(gateway, text, voice=VOICE, sample_rate=RATE)


def silent(request, answer):
    answer.wait_for_hang_up()


def breaks_off_without_audio(request, answer):
    answer.head()
    answer.break_off()


def breaks_off(request, answer):
    answer.head()
    answer.chunk(request.audio[:8001])
    answer.break_off()


def says(status, body=b""):
    return lambda request, answer: answer.say(status, body)


@pytest.mark.parametrize(
    "behaviour",
    [silent, breaks_off_without_audio, says(500), says(503), says(404), says(429), says(401)],
    ids=["silent", "breaks off", "500", "503", "404", "429", "401"],
)
def test_a_request_without_audio_yet_moves_to_another_server(start, behaviour):
    bad, good = start.stand_in(behaviour=behaviour), start.stand_in()
    gateway = start(bad, good, upstream={"limits": TimeLimits(first_byte=0.2)})
    assert heard(gateway).audio == marked("One sentence.", VOICE)
    assert (len(bad.requests), len(good.requests)) == (1, 1)


def test_a_server_that_is_gone_is_left_out_and_tried_again(start):
    one, other = start.stand_in(), start.stand_in()
    gateway = start(one, other)
    one.kill()
    for number in range(6):
        assert heard(gateway, f"Text {number}.").audio == marked(f"Text {number}.", VOICE)
    assert len(one.requests) == 0
    one.revive()
    upstream = gateway._engine.upstreams._all[0]
    assert upstream.failures
    upstream.retry_at = 0.0  # the pause is over
    assert heard(gateway, "Again.").audio == marked("Again.", VOICE)
    assert len(one.requests) == 1
    assert not upstream.failures


def test_one_bad_request_does_not_take_the_servers_out(start):
    """A body that just stops is how these servers report a speaker they do not know."""
    one, other = (start.stand_in(behaviour=breaks_off_without_audio) for _ in range(2))
    gateway = start(one, other)
    code, message = heard(gateway).error
    assert (code, "does not know the voice" in message) == ("InternalError", True)
    one.behaviour = other.behaviour = speak_oddly
    assert [upstream.failures for upstream in gateway._engine.upstreams._all] == [0, 0]


def test_audio_that_breaks_off_is_an_error_and_not_said_again(start):
    one, other = (start.stand_in(behaviour=breaks_off) for _ in range(2))
    spoken = heard(start(one, other))
    assert spoken.error == ("InternalError", "The audio of the speech server broke off.")
    assert spoken.last["header"]["task_id"]
    assert marked("One sentence.", VOICE).startswith(spoken.audio)
    assert len(one.requests) + len(other.requests) == 1


@pytest.mark.parametrize(
    ("behaviour", "code", "words"),
    [
        (says(422, {"detail": "tts_text is too long"}), "InvalidParameter", "tts_text is too long"),
        (says(401, {"detail": "Bad token sk-up"}), "UpstreamRefused", "refused the key of this gateway"),
        (says(429, {"detail": "Too many"}), "Throttling", "Too many"),
        (says(500), "InternalError", "HTTP 500"),
        (says(200, {"detail": "loading"}), "InternalError", "loading"),
        (silent, "GatewayTimeout", "no audio in time"),
    ],
    ids=["422", "401", "429", "500", "words", "silent"],
)
def test_the_client_is_told_why(start, behaviour, code, words):
    upstream = start.stand_in(behaviour=behaviour)
    gateway = start(upstream, upstream={"limits": TimeLimits(first_byte=0.2), "token": "sk-up"})
    told, message = heard(gateway).error
    assert told == code
    assert words in message
    assert "127.0.0.1" not in message
    assert "sk-up" not in message


def test_with_nobody_there_the_client_is_told_at_once(start, upstream):
    gateway = start(upstream)
    upstream.kill()
    assert heard(gateway).error == ("ServiceUnavailable", "No speech server can be reached.")


def test_cancel_reaches_the_upstream(start, upstream):
    asked, gone = threading.Event(), threading.Event()

    def behaviour(request, answer):
        answer.head()
        answer.chunk(request.audio)
        asked.set()
        if answer.wait_for_hang_up():
            gone.set()

    upstream.behaviour = behaviour
    with connect(start(upstream)) as connection:
        task = Task(connection, voice=VOICE, sample_rate=RATE).run().text("One. ").flush()
        task.until("audio")
        assert asked.wait(WAIT)
        task.finish(directive="cancel")
        assert gone.wait(WAIT)
        assert task.rest().last["header"]["event"] == "task-finished"


@pytest.mark.parametrize("answers", [False, True])
def test_a_client_that_hangs_up_reaches_an_upstream_that_has_sent_nothing(start, upstream, answers):
    asked, gone = threading.Event(), threading.Event()

    def behaviour(request, answer):
        if answers:
            answer.head()
        asked.set()
        if answer.wait_for_hang_up():
            gone.set()

    upstream.behaviour = behaviour
    gateway = start(upstream)
    with connect(gateway) as connection:
        Task(connection, voice=VOICE, sample_rate=RATE).run().text("One. ").flush()
        assert asked.wait(WAIT)
    assert gone.wait(WAIT)
    upstream.behaviour = speak_oddly
    assert heard(gateway).audio == marked("One sentence.", VOICE)
