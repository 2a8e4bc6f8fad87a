"""``dashscope-tts say --server``"""

from __future__ import annotations

import wave

import pytest

from dashscope_tts.cli import main

from .stand_in import marked

RECORDING = b"RIFF of me"


@pytest.fixture
def say(upstream, tmp_path, monkeypatch):
    """Says "One." through the stand-in; gives the exit status."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    (tmp_path / "me.wav").write_bytes(RECORDING)
    return lambda *options: main(["say", "One.", "--server", upstream.url, *options])


def test_the_servers_audio_goes_into_the_file(say, tmp_path, capsys):
    assert say("--voice", "A", "-o", "one.wav") == 0
    with wave.open(str(tmp_path / "one.wav")) as file:
        assert file.getframerate() == 22050
        assert file.readframes(10**6) == marked("One.", "A")
    assert "0.54 s of audio" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ([], "sft"), (["--instruction", "Gently."], "instruct"), (["--prompt-audio", "me.wav"], "cross_lingual"),
        (["--prompt-audio", "me.wav", "--prompt-text", "Said."], "zero_shot"),
        (["--prompt-audio", "me.wav", "--instruction", "Gently."], "instruct2"),
        (["--mode", "cross_lingual", "--prompt-audio", "me.wav", "--prompt-text", "Said."], "cross_lingual"),
    ],
)  # fmt: skip
def test_the_mode_follows_from_what_is_given(say, upstream, options, path):
    assert say("-o", "one.pcm", *options) == 0
    assert [request.path for request in upstream.requests] == [f"/inference_{path}"]


def test_the_key_of_the_cloud_is_not_sent_to_the_server(say, upstream, monkeypatch):
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-cloud")
    monkeypatch.setenv("DASHSCOPE_TTS_SERVER_KEY", "sk-server")
    say("-o", "one.pcm")
    assert upstream.requests[0].headers["X-API-TOKEN"] == "sk-server"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--mode", "zero_shot", "--prompt-audio", "me.wav"], "--mode zero_shot needs --prompt-text."),
        (["--prompt-audio", "none.wav"], "none.wav: No such file"), (["--server", "ftp://a"], "url is not of"),
    ],
)  # fmt: skip
def test_what_is_missing_is_told_in_one_line(say, capsys, options, told, tmp_path):
    assert say("-o", "one.wav", *options) == 1
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
    assert not (tmp_path / "one.wav").exists()
