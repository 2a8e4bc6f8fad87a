"""Where the audio goes: files, pipes, terminals, devices; and how long it is."""

from __future__ import annotations

import os
import stat
import subprocess
import wave

import pytest

from dashscope_tts.cli.measure import AudioLength

from ..local.client import decode, pcm, rms
from .command import CLOSING_LINE, COMMAND, assert_error, posix, samples_of


@pytest.mark.parametrize("name", ["speech.mp3", "speech.wav", "speech.opus", "speech.ogg", "SPEECH.MP3"])
def test_the_suffix_gives_the_format_and_the_closing_line_the_length(run, name):
    result = run("say", "Hello, how are you?", "-o", name)
    line = CLOSING_LINE.fullmatch(result.stderr)
    assert (result.returncode, result.stdout, line["path"]) == (0, b"", name)
    assert os.listdir(run.folder) == [name]
    samples, rate = samples_of(run.folder / name)
    assert float(line["seconds"]) == pytest.approx(len(samples) / rate, abs=0.12)  # what an encoder adds
    assert len(samples) / rate > 0.5


def test_pcm_is_bare_samples_at_the_sample_rate_asked_for(run):
    result = run("say", "Hello.", "-o", "speech.pcm", "--sample-rate", "8000")
    samples = pcm((run.folder / "speech.pcm").read_bytes())
    assert rms(samples) > 0.01
    assert float(CLOSING_LINE.fullmatch(result.stderr)["seconds"]) == pytest.approx(len(samples) / 8000, abs=0.01)


def test_a_wav_file_tells_its_true_length(run):
    run("say", "Hello.", "-o", "speech.wav", "--sample-rate", "16000")
    path = run.folder / "speech.wav"
    assert int.from_bytes(path.read_bytes()[4:8], "little") == path.stat().st_size - 8
    with wave.open(str(path)) as reader:
        assert reader.getframerate() == 16000
        assert reader.getnframes() * 2 == path.stat().st_size - 44


def test_audio_goes_through_a_pipe_as_mp3(run):
    for arguments in ((), ("-o", "-")):
        result = run("say", "Hello there.", *arguments)
        samples, rate = decode(result.stdout)
        assert (rate, len(samples) / rate > 0.5) == (22050, True)
        assert CLOSING_LINE.fullmatch(result.stderr)["path"] is None


def test_text_comes_through_a_pipe_and_the_format_by_name(run):
    result = run("say", "-", "--format", "wav", text="你好，世界。\n".encode())
    assert result.stdout.startswith(b"RIFF")
    assert rms(pcm(result.stdout[44:])) > 0.01


def test_a_reader_that_has_had_enough_ends_it_quietly(run, environment):
    writer = subprocess.Popen(
        [*COMMAND, "say", "Hello. " * 400, "--format", "wav"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with writer:
        assert writer.stdout.read(4) == b"RIFF"
        writer.stdout.close()
        assert (writer.wait(20), writer.stderr.read()) == (141, b"")


@posix
def test_a_terminal_gets_no_audio(environment):
    import pty

    ours, theirs = pty.openpty()
    try:
        result = subprocess.run(
            [*COMMAND, "say", "Hello."], env=environment, stdout=theirs, stderr=subprocess.PIPE, timeout=60
        )
    finally:
        os.close(ours)
        os.close(theirs)
    assert result.returncode == 1
    assert b"not for a terminal" in result.stderr


@posix
def test_a_file_that_is_written_anew_keeps_its_mode_and_a_link_stays_a_link(run):
    (run.folder / "real.mp3").write_bytes(b"old")
    (run.folder / "real.mp3").chmod(0o640)
    (run.folder / "link.mp3").symlink_to("real.mp3")
    assert run("say", "Hello.", "-o", "link.mp3").returncode == 0
    assert (run.folder / "link.mp3").is_symlink()
    assert stat.S_IMODE((run.folder / "real.mp3").stat().st_mode) == 0o640
    samples_of(run.folder / "real.mp3")


@posix
def test_a_device_is_written_to_and_not_replaced(run):
    assert run("say", "Hello.", "-o", "/dev/null", "--format", "mp3").returncode == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_full_disk_is_an_error_with_the_name_of_the_file(run):
    assert_error(run("say", "Hello.", "-o", "/dev/full", "--format", "wav"), "/dev/full: No space left on device")


@posix
def test_streams_the_shell_has_closed_are_no_error(run):
    command = " ".join(f"'{part}'" for part in COMMAND) + " say Hello. -o a.mp3 <&- >&- 2>&-"
    result = subprocess.run(["/bin/sh", "-c", command], cwd=run.folder, env=run.environment, timeout=60)
    assert result.returncode == 0
    samples_of(run.folder / "a.mp3")


def test_an_error_leaves_an_older_file_as_it_was(run):
    (run.folder / "speech.mp3").write_bytes(b"old")
    assert_error(run("say", "Hello.", "-o", "speech.mp3", "--voice", "nobody"), "418")
    assert os.listdir(run.folder) == ["speech.mp3"]
    assert (run.folder / "speech.mp3").read_bytes() == b"old"


@pytest.mark.parametrize(("name", "rate"), [("mp3", 44100), ("mp3", 8000), ("opus", 24000), ("wav", 16000)])
def test_the_length_does_not_depend_on_how_the_stream_is_cut(run, name, rate):
    audio = run("say", "Hello there.", "--format", name, "--sample-rate", str(rate)).stdout
    samples, decoded_rate = decode(audio)
    for size in (100, 333, len(audio)):
        length = AudioLength(name, rate)
        for at in range(0, len(audio), size):
            length.add(audio[at : at + size])
        assert length.seconds == pytest.approx(len(samples) / decoded_rate, abs=0.15)
