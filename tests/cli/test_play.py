"""``say --play``, with players of our own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from ..local.client import pcm, rms
from .command import CLOSING_LINE, assert_error, posix, samples_of

PLAYERS = ("ffplay", "mpv", "play", "aplay", "paplay", "afplay")


def install_player(folder: Path, name: str, script: str) -> str:
    """A player of our own, alone on the search path."""
    folder.mkdir()
    (folder / name).write_text(f"#!{shutil.which('sh')}\n{script}\n")
    (folder / name).chmod(0o755)
    return f"{folder}{os.pathsep}{Path(shutil.which('cat')).parent}"


@posix
@pytest.mark.skipif(any(map(shutil.which, ("ffplay", "mpv", "play"))), reason="a real player would come first")
def test_play_sends_to_the_player_what_it_takes(run, tmp_path):
    path = install_player(tmp_path / "bin", "play", f'echo "$@" > {tmp_path}/arguments; cat > {tmp_path}/heard')
    result = run("say", "Hello there.", "--play", PATH=path)
    assert (result.returncode, result.stdout) == (0, b"")
    assert CLOSING_LINE.fullmatch(result.stderr)
    assert "-r 22050 -e signed-integer -b 16 -c 1" in (tmp_path / "arguments").read_text()
    assert rms(pcm((tmp_path / "heard").read_bytes())) > 0.01


@posix
@pytest.mark.skipif(any(map(shutil.which, ("ffplay", "mpv"))), reason="a real player would come first")
def test_play_beside_a_file_plays_what_the_file_holds(run, tmp_path):
    path = install_player(tmp_path / "bin", "mpv", f"cat > {tmp_path}/heard")
    assert run("say", "Hello there.", "--play", "-o", "speech.opus", PATH=path).returncode == 0
    assert (tmp_path / "heard").read_bytes() == (run.folder / "speech.opus").read_bytes()


@posix
@pytest.mark.skipif(any(map(shutil.which, PLAYERS[:-1])), reason="a real player would come first")
def test_a_player_that_takes_nothing_but_files_plays_at_the_end(run, tmp_path):
    path = install_player(tmp_path / "bin", "afplay", f'cat "$1" > {tmp_path}/heard')
    assert run("say", "Hello there.", "--play", PATH=path).returncode == 0
    samples_of(tmp_path / "heard")


@posix
def test_a_player_that_fails_is_told_of_in_its_own_words(run, tmp_path):
    path = install_player(tmp_path / "bin", "ffplay", "echo no sound card >&2; exit 3")
    assert_error(run("say", "Hello there. " * 300, "--play", PATH=path), "ffplay failed: no sound card")


def test_play_without_a_player_names_those_that_would_do(run, tmp_path):
    assert_error(run("say", "Hello.", "--play", PATH=str(tmp_path)), "ffplay, mpv, play, aplay")
