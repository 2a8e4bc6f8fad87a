"""Which audio to ask for: from the options, the file's suffix and what the player takes."""

from __future__ import annotations

from pathlib import PurePath
from typing import Optional

from ..protocol.audio_format import SERVICE_DEFAULT_SAMPLE_RATE, AudioFormat
from .problem import Problem

__all__ = ["choose_format", "format_of_suffix"]

_SUFFIXES = {".mp3": "mp3", ".wav": "wav", ".pcm": "pcm", ".opus": "opus", ".ogg": "opus"}
_OPUS_KBITS = 32  # the service's own default


def format_of_suffix(path: str, wanted: Optional[str]) -> str:
    """The format of a file: what its name says; what was ``wanted`` where the name says nothing.

    Raises:
        Problem: the name says nothing and nothing was wanted, or the two differ.
    """
    suffix = PurePath(path).suffix.lower()
    named = _SUFFIXES.get(suffix)
    if named is None:
        if wanted is None:
            what = f"the suffix {suffix} is not known" if suffix else "the name has no suffix"
            raise Problem(f"{path}: {what}, so give --format, or one of {', '.join(_SUFFIXES)}.")
        return wanted
    if wanted is not None and wanted != named:
        raise Problem(f"{path}: a {suffix} file cannot hold {wanted}; change the suffix, or leave out --format.")
    return named


def choose_format(name: str, sample_rate: Optional[int]) -> AudioFormat:
    """The member of ``AudioFormat`` for a format and a sample rate in Hz (None: the service's own, if it has it).

    Raises:
        Problem: the format does not come with that sample rate.
    """
    members = {
        member.sample_rate: member
        for member in AudioFormat
        if member.format == name and (name != "opus" or member.bit_rate == _OPUS_KBITS)
    }
    if sample_rate is None:
        sample_rate = SERVICE_DEFAULT_SAMPLE_RATE if SERVICE_DEFAULT_SAMPLE_RATE in members else 24000
    if sample_rate not in members:
        raise Problem(f"--sample-rate {sample_rate}: {name} comes with {', '.join(map(str, sorted(members)))} Hz.")
    return members[sample_rate]
