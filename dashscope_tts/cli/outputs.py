"""Where the audio goes: a file that is there whole or not at all, standard output, a player.

Each is a context manager with ``write``; leaving it after an error leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import IO, Optional

from .measure import wav_data_offset
from .players import Player
from .problem import Problem

__all__ = ["Output", "PlayerOutput", "StandardOutput", "file_output"]


class Output:
    """A place for audio; ``name`` is what an error calls it."""

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self._stream = stream
        self._name = name

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        with self._naming_errors():
            self._stream.write(data)

    @contextlib.contextmanager
    def _naming_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.filename is None:
                error.filename = self._name
            raise

    def finish(self) -> None:
        """All audio has been written."""

    def discard(self) -> None:
        """There will be no more; it is of no use as it is."""

    def __enter__(self) -> Output:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if kind is not None:
            self.discard()
            return
        try:
            with self._naming_errors():
                self.finish()
        except BaseException:
            self.discard()
            raise


def file_output(path: str) -> Output:
    """The file at ``path``, opened before anything is sent, so that one that cannot be written costs nothing.

    Raises:
        OSError: it cannot be written.
    """
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        mode = None
    if mode is None or stat.S_ISREG(mode):
        return _File(path, mode)
    return _Stream(open(path, "wb"), path)  # a device or a named pipe: to be written to, not to be replaced


class StandardOutput(Output):
    """Standard output, unless a person looks at it."""

    def __init__(self) -> None:
        if sys.stdout.isatty():
            raise Problem("audio is not for a terminal: give -o FILE or --play, or send it on through a pipe.")
        super().__init__(sys.stdout.buffer, "standard output")

    def write(self, data: bytes) -> None:
        super().write(data)
        with self._naming_errors():
            self._stream.flush()


class _Stream(Output):
    def finish(self) -> None:
        self._stream.close()

    def discard(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.close()


class _File(Output):
    """Written beside its place under another name, and moved there when it is whole."""

    def __init__(self, path: str, mode: Optional[int]) -> None:
        self._path = os.path.realpath(path)  # a link stays one
        if mode is not None and not os.access(self._path, os.W_OK):
            raise PermissionError(13, "Permission denied", path)
        self._mode = mode
        self._part = os.path.join(os.path.dirname(self._path), f".dashscope-tts-{os.getpid()}-{os.urandom(4).hex()}")
        try:
            super().__init__(open(self._part, "xb"), path)  # noqa: SIM115  # closed by finish or discard
        except OSError as error:
            raise OSError(error.errno, error.strerror, path) from error

    def finish(self) -> None:
        _repair_wav(self._stream, self._part)
        self._stream.close()
        if self._mode is not None:
            os.chmod(self._part, stat.S_IMODE(self._mode))
        os.replace(self._part, self._path)

    def discard(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.close()
        with contextlib.suppress(OSError):
            os.unlink(self._part)


def _repair_wav(stream: IO[bytes], path: str) -> None:
    """Write the sizes into a wav header that was sent before they were known."""
    stream.flush()
    with open(path, "r+b") as file:
        offset = wav_data_offset(file.read(4096))
        if not offset:
            return
        size = os.fstat(file.fileno()).st_size
        for at, length in ((4, size - 8), (offset - 4, size - offset)):
            file.seek(at)
            file.write(min(length, 0xFFFFFFFF).to_bytes(4, "little"))


class PlayerOutput(Output):
    """A player program that plays while the audio comes, or at the end where it takes nothing but files."""

    def __init__(self, player: Player, format: str, sample_rate: int) -> None:
        self._player = player
        self._command = player.command(format, sample_rate)
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._files = files = contextlib.ExitStack()
        self._errors = files.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  # closed with the stack
        if player.takes_files:
            file = files.enter_context(tempfile.NamedTemporaryFile(suffix=f".{format}"))  # noqa: SIM115
            self._command.append(file.name)
            super().__init__(file.file, file.name)
        else:
            super().__init__(self._start(subprocess.PIPE).stdin or self._errors, player.program)

    def _start(self, stdin: int) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(
            self._command, stdin=stdin, stdout=subprocess.DEVNULL, stderr=self._errors, bufsize=0
        )
        return self._process

    def write(self, data: bytes) -> None:
        try:
            super().write(data)
        except BrokenPipeError:
            self._wait()
            raise Problem(f"{self._player.program} ended before the audio did.") from None

    def finish(self) -> None:
        if self._player.takes_files:
            self._stream.flush()
            self._start(subprocess.DEVNULL)
        else:
            self._stream.close()
        self._wait()
        self._files.close()

    def _wait(self) -> None:
        """Wait for the player to end, and tell of its failure in its own words."""
        status = self._process.wait() if self._process is not None else 0
        if status:
            self._errors.seek(0)
            said = self._errors.read().decode("utf-8", "replace").strip().splitlines()
            raise Problem(f"{self._player.program} failed: {said[-1] if said else f'status {status}'}")

    def discard(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait()
        with contextlib.suppress(OSError):
            self._stream.close()
        self._files.close()
