"""The callback form: the order of the cloud's callbacks, on a thread of its own."""

from __future__ import annotations

import json

import pytest

from dashscope_tts.audio.tts_v2 import ResultCallback
from dashscope_tts.common.error import InvalidTask
from dashscope_tts.selfhosted import CosyVoiceServer

from .stand_in import WAIT


class Listener(ResultCallback):
    def __init__(self):
        self.names, self.audio, self.message = [], b"", ""

    def on_open(self):
        self.names.append("open")

    def on_data(self, data):
        if not self.audio:
            self.names.append("data")
        self.audio += data

    def on_complete(self):
        self.names.append("complete")

    def on_error(self, message):
        self.message = message
        self.names.append("error")

    def on_close(self):
        self.names.append("close")


def speak(upstream, listener):
    speech = CosyVoiceServer(upstream.url).sft("Hello.", "A", callback=listener)
    assert speech.wait(WAIT)
    return speech


def test_the_callbacks_of_a_speech_that_succeeds(upstream):
    listener = Listener()
    speak(upstream, listener)
    assert listener.names == ["open", "data", "complete", "close"]
    assert listener.audio == upstream.requests[0].audio


def test_the_callbacks_of_a_speech_that_breaks_off(upstream):
    def behaviour(request, answer):
        answer.head()
        answer.chunk(request.audio[:100])
        answer.break_off()

    upstream.behaviour = behaviour
    listener = Listener()
    speak(upstream, listener)
    assert listener.names == ["open", "data", "error", "close"]
    header = json.loads(listener.message)["header"]
    assert (header["event"], header["error_code"]) == ("task-failed", "ConnectionLost")
    assert "broke off after 100 bytes" in header["error_message"]


def test_a_refused_speech_is_not_opened(upstream):
    upstream.behaviour = lambda request, answer: answer.say(422, {"detail": "no such speaker"})
    listener = Listener()
    speak(upstream, listener)
    assert listener.names == ["error", "close"]
    assert json.loads(listener.message)["header"]["error_message"] == "no such speaker"


def test_nothing_but_on_close_comes_after_a_cancel(upstream):
    class Interrupter(Listener):
        speech = None

        def on_data(self, data):
            super().on_data(data)
            assert self.speech.wait() is False  # waiting for oneself would be for ever
            self.speech.cancel()

    listener = Interrupter()
    speech = listener.speech = CosyVoiceServer(upstream.url).sft("Hello.", "A")
    assert speech.start(listener).wait(WAIT)
    assert listener.names == ["open", "data", "close"]
    assert len(listener.audio) < len(upstream.requests[0].audio)


def test_a_callback_that_raises_stops_nothing(upstream, caplog):
    class Clumsy(Listener):
        def on_data(self, data):
            super().on_data(data)
            raise RuntimeError("clumsy")

    listener = Clumsy()
    speak(upstream, listener)
    assert listener.names == ["open", "data", "complete", "close"]
    assert listener.audio == upstream.requests[0].audio
    assert "clumsy" in caplog.text


def test_what_has_not_been_started_cannot_be_waited_for(upstream):
    with pytest.raises(InvalidTask):
        CosyVoiceServer(upstream.url).sft("Hello.", "A").wait()
