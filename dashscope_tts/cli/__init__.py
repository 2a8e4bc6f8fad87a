"""``dashscope-tts`` at a shell: say, serve, voices. argparse over the public API."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Optional

from .parser import build_parser

__all__ = ["main"]

_INTERRUPTED = 130
_PIPE_CLOSED = 141


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run one command.

    Args:
        argv: the arguments after the program's name; those of this process by default.

    Returns:
        The exit status: 0, 1 for an error that has been told in one line, 130 after Ctrl-C. Wrong usage leaves
        with 2, as argparse does.
    """
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the shell
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: SIM115
    try:
        arguments = build_parser().parse_args(argv)
        status: int = arguments.run(arguments)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # Who read our output has had enough; the interpreter must not stumble over it once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return _PIPE_CLOSED
    except Exception as error:
        if os.environ.get("DASHSCOPE_LOGGING_LEVEL"):
            raise
        from .problem import one_line

        print(f"dashscope-tts: {one_line(error)}", file=sys.stderr)
        return 1
