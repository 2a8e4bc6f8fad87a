"""What went wrong, in one line for a person at a shell."""

from __future__ import annotations

from ..common.error import ConnectFailed, InvalidParameter, RequestFailure

__all__ = ["Problem", "one_line"]

_OPTIONS = {"speech_rate": "--rate", "pitch_rate": "--pitch", "volume": "--volume", "seed": "--seed"}


class Problem(Exception):
    """Something the command itself has found; its text is the line to print."""


def one_line(error: BaseException) -> str:
    """The error as a line: what happened, then what to look at where that is known."""
    if isinstance(error, ConnectFailed):
        # The official text, which programs match, begins with advice; at a shell the cause is enough.
        cause = str(error.message).partition("Cause: ")[2] or str(error.message)
        text = _sentences(f"no connection to the service: {cause}", error.hint)
    elif isinstance(error, RequestFailure):
        said = ", ".join(f"{what} {value}" for what, value in (("code", error.code), ("request", error.request_id))
                         if value)  # fmt: skip
        text = _sentences(f"{error.message}" + (f" ({said})" if said else ""), error.hint)
    elif isinstance(error, InvalidParameter):
        text = str(error)
        name = text.partition(" ")[0]
        text = _OPTIONS.get(name, name) + text[len(name):]
    elif isinstance(error, OSError) and error.strerror:
        text = f"{error.filename}: {error.strerror}" if error.filename is not None else error.strerror
    else:
        text = str(error) or type(error).__name__
    return " ".join(text.split())


def _sentences(first: str, second: str) -> str:
    return f"{first.rstrip('. ')}. {second}" if second else first
