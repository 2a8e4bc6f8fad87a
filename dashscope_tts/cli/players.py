"""Programs that can play audio, in order of preference."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import Optional

from .problem import Problem

__all__ = ["Player", "find_player"]


@dataclass(frozen=True)
class Player:
    """A program that plays audio.

    Attributes:
        program: its name.
        formats: what it plays, the best for it first.
        arguments: for a compressed format or wav.
        raw_arguments: for 16-bit mono samples; ``{rate}`` is the sample rate.
        takes_files: it reads no standard input; the file's name is added to the arguments.
    """

    program: str
    formats: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    raw_arguments: tuple[str, ...] = ()
    takes_files: bool = False

    def command(self, format: str, sample_rate: int) -> list[str]:
        """What to run for audio of that format."""
        arguments = self.raw_arguments if format == "pcm" else self.arguments
        return [self.program, *(part.format(rate=sample_rate) for part in arguments)]


_FFPLAY = ("-nodisp", "-autoexit", "-loglevel", "error")
_SOX_RAW = ("-q", "-t", "raw", "-r", "{rate}", "-e", "signed-integer", "-b", "16", "-c", "1", "-")
_ALL = ("mp3", "wav", "pcm", "opus")
PLAYERS = (
    Player("ffplay", _ALL, (*_FFPLAY, "-i", "-"), (*_FFPLAY, "-f", "s16le", "-sample_rate", "{rate}", "-i", "-")),
    Player("mpv", _ALL, ("--no-terminal", "--no-video", "-"),
           ("--no-terminal", "--no-video", "--demuxer=rawaudio", "--demuxer-rawaudio-rate={rate}",
            "--demuxer-rawaudio-channels=1", "--demuxer-rawaudio-format=s16le", "-")),
    Player("play", ("pcm",), (), _SOX_RAW),
    Player("aplay", ("pcm", "wav"), ("-q", "-"), ("-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", "{rate}", "-")),
    Player("paplay", ("pcm",), (), ("--raw", "--format=s16le", "--channels=1", "--rate={rate}")),
    Player("afplay", ("mp3", "wav"), takes_files=True),
)  # fmt: skip


def find_player(format: Optional[str]) -> Player:
    """The first player on the search path that plays ``format`` (None: anything).

    Raises:
        Problem: there is none.
    """
    found = [player for player in PLAYERS if shutil.which(player.program)]
    for player in found:
        if format is None or format in player.formats:
            return player
    names = [player.program for player in PLAYERS]
    if not found:
        raise Problem(f"--play needs one of these programs: {', '.join(names)}; none is installed.")
    others = ", ".join(f"{player.program} ({', '.join(player.formats)})" for player in found)
    raise Problem(f"no player for {format} is installed; there is: {others}.")
