"""The official package in front of one's own server: its three ways to call give that server's samples."""

from __future__ import annotations

import threading

import pytest

from ..selfhosted.stand_in import WAIT, marked

pytest.importorskip("dashscope")
pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

VOICE = "longanyang"
TEXTS = ["The first sentence. ", "And the second, in ", "two pieces. 第三句。"]
WANTED = b"".join(
    marked(text, VOICE) for text in ("The first sentence.", "And the second, in two pieces.", "第三句。")
)


@pytest.fixture
def synthesizer(start, upstream, monkeypatch):
    """Makes synthesizers of the official package that speak to the gateway."""
    import dashscope
    from dashscope.audio.tts_v2 import AudioFormat, SpeechSynthesizer

    gateway = start(upstream)
    monkeypatch.setattr(dashscope, "api_key", "any")
    monkeypatch.setattr(dashscope, "base_websocket_api_url", gateway.url)

    def make(callback=None):
        audio_format = AudioFormat.PCM_22050HZ_MONO_16BIT
        return SpeechSynthesizer("cosyvoice-v3-flash", VOICE, format=audio_format, callback=callback)

    return make


@pytest.fixture
def listener():
    from dashscope.audio.tts_v2 import ResultCallback

    class Listener(ResultCallback):
        def __init__(self):
            self.audio, self.error, self.over = b"", None, threading.Event()

        def on_data(self, data):
            self.audio += data

        def on_error(self, message):
            self.error = message

        def on_close(self):
            self.over.set()

    return Listener()


def test_a_call_that_returns_the_audio(synthesizer):
    assert synthesizer().call("".join(TEXTS)) == WANTED


def test_a_call_with_a_callback(synthesizer, listener):
    synthesizer(listener).call("".join(TEXTS))
    assert listener.over.wait(WAIT)
    assert (listener.audio, listener.error) == (WANTED, None)


def test_text_in_pieces(synthesizer, listener):
    speaking = synthesizer(listener)
    for text in TEXTS:
        speaking.streaming_call(text)
    speaking.streaming_complete()
    assert listener.over.wait(WAIT)
    assert (listener.audio, listener.error) == (WANTED, None)
