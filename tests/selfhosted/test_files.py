"""Saving: whole files, or none."""

from __future__ import annotations

import sys
import wave

import numpy as np
import pytest

from dashscope_tts.common.error import ConnectionLost, InvalidParameter
from dashscope_tts.selfhosted import CosyVoiceServer

from ..local.client import decode, rms

RATE = 24000
SECONDS = 1.5


@pytest.fixture
def speech(upstream):
    """A speech of a tone, which encoders can do something with."""
    tone = np.sin(np.arange(int(RATE * SECONDS)) * 2 * np.pi * 440 / RATE) * 12000
    samples = tone.astype("<i2").tobytes()

    def behaviour(request, answer):
        answer.head()
        for at in range(0, len(samples), 4567):
            answer.chunk(samples[at : at + 4567])
        answer.end()

    upstream.behaviour = behaviour
    made = CosyVoiceServer(upstream.url, model="CosyVoice2-0.5B").sft("Hello.", "A")
    made.samples = samples
    return made


def test_a_wav_file_has_its_true_sizes(speech, tmp_path):
    path = tmp_path / "hello.wav"
    speech.save(path)
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        assert file.getnframes() == RATE * SECONDS
        assert file.readframes(10**6) == speech.samples
    data = path.read_bytes()
    assert int.from_bytes(data[4:8], "little") == len(data) - 8


def test_a_pcm_file_has_the_bare_samples(speech, tmp_path):
    speech.save(str(tmp_path / "hello.raw"), format="pcm")
    assert (tmp_path / "hello.raw").read_bytes() == speech.samples


@pytest.mark.parametrize("name", ["hello.mp3", "hello.opus", "HELLO.OGG"])
def test_an_encoded_file_has_all_the_audio(speech, tmp_path, name):
    speech.save(tmp_path / name)
    samples, rate = decode((tmp_path / name).read_bytes())
    assert abs(len(samples) / rate - SECONDS) < 0.12
    assert abs(rms(samples) - 12000 / 32768 / 2**0.5) < 0.03


@pytest.mark.parametrize(("name", "format"), [("hello.txt", None), ("hello", None), ("hello.wav", "flac")])
def test_an_unknown_format_is_refused_before_anything_is_asked(speech, upstream, tmp_path, name, format):
    with pytest.raises(InvalidParameter, match="format"):
        speech.save(tmp_path / name, format)
    assert upstream.requests == []
    assert list(tmp_path.iterdir()) == []


def test_without_pyav_the_error_says_what_to_install(speech, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ImportError, match=r"dashscope_tts\[local\]"):
        speech.save(tmp_path / "hello.mp3")


def test_a_speech_that_breaks_off_leaves_the_old_file_alone(upstream, tmp_path):
    path = tmp_path / "hello.wav"
    path.write_bytes(b"before")
    upstream.behaviour = lambda request, answer: (answer.head(), answer.chunk(b"ab"), answer.break_off())
    with pytest.raises(ConnectionLost):
        CosyVoiceServer(upstream.url).sft("Hello.", "A").save(path)
    assert path.read_bytes() == b"before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["hello.wav"]
