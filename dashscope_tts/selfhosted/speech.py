"""A text on its way through a self-hosted server."""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Optional, Protocol, Union

from ..common.error import InvalidTask, RequestFailure, TaskCancelled
from ..protocol.events import task_failed
from . import failures
from .exchange import Exchange
from .samples import SampleJoiner, whole_samples

__all__ = ["Callback", "ServerSpeech"]

_logger = logging.getLogger("dashscope_tts.selfhosted")


class Callback(Protocol):
    """What the callback form calls; ``dashscope_tts.audio.tts_v2.ResultCallback`` is one."""

    def on_open(self) -> None: ...

    def on_data(self, data: bytes) -> None: ...

    def on_complete(self) -> None: ...

    def on_error(self, message: str) -> None: ...

    def on_close(self) -> None: ...


class ServerSpeech:
    """The audio of one request: iterate over it, or ``read``, ``save`` or ``start`` it. It can be had once.

    Nothing is sent before. The pieces are 16-bit little-endian mono PCM, come as soon as the server has made them,
    and never cut a sample in two. ``cancel``, or leaving a ``with`` block, closes the connection.

    Attributes:
        sample_rate: of the audio, in Hz; the server does not tell it.
    """

    def __init__(self, exchange: Exchange, send: Callable[[Exchange], None], where: str, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self._exchange = exchange
        self._send = send
        self._where = where
        self._lock = threading.Lock()
        self._is_taken = False
        self._bytes = 0
        self._begun = self._first = 0.0
        self._thread: Optional[threading.Thread] = None

    @property
    def seconds(self) -> float:
        """Of audio so far."""
        return self._bytes / 2 / self.sample_rate

    @property
    def first_package_delay(self) -> float:
        """Milliseconds from the start, connecting included, to the first audio; 0 before that."""
        return (self._first - self._begun) * 1000 if self._first else 0.0

    @property
    def is_answered(self) -> bool:
        """Whether the server has answered with a 200; its audio may be yet to come."""
        return self._exchange.is_answered

    def __iter__(self) -> Iterator[bytes]:
        """The pieces of audio.

        Raises:
            RequestFailure: in one of its kinds; audio may have come before.
            TaskCancelled: ``cancel`` was called.
            InvalidTask: the audio has been taken already.
        """
        self._take()
        return self._pieces(None)

    def read(self) -> bytes:
        """All audio, once it is there. Raises as iterating does."""
        return b"".join(self)

    def save(
        self, path: Union[str, os.PathLike[str]], format: Optional[str] = None, bit_rate: Optional[int] = None
    ) -> None:
        """Write the audio to a file, which is there whole or not at all.

        Args:
            path: of the file.
            format: ``wav``, ``pcm``, ``mp3`` or ``opus``; by the suffix of ``path`` (.ogg is opus) where not given.
                The last two need PyAV, which the extra ``local`` brings.
            bit_rate: in kbit/s, for mp3 and opus.

        Raises:
            InvalidParameter: the format is not known.
            ImportError: it needs PyAV.
            OSError: the file cannot be written.
            RequestFailure: as iterating does.
        """
        from .audio_file import write_file

        write_file(path, self, self.sample_rate, format, bit_rate)

    def start(self, callback: Callback) -> ServerSpeech:
        """Speak in the background; the callback hears of it, on a thread of its own.

        ``on_open`` comes when the server has accepted the text, ``on_data`` with each piece, then ``on_complete`` or
        ``on_error`` (JSON in the shape of the cloud's ``task-failed``), and last ``on_close``; after ``cancel`` only
        that. What a callback raises is logged, and stops nothing.
        """
        self._take()
        self._thread = threading.Thread(
            target=self._run, args=(callback,), name="dashscope-tts-selfhosted", daemon=True
        )
        self._thread.start()
        return self

    def wait(self, timeout: Optional[float] = None) -> bool:
        """Wait for the end of what ``start`` began, its callbacks included.

        Args:
            timeout: seconds; None for no limit.

        Returns:
            Whether it is over. Inside a callback: False, at once.
        """
        thread = self._thread
        if thread is None:
            raise InvalidTask("nothing has been started")
        if thread is threading.current_thread():
            return False
        thread.join(timeout)
        return not thread.is_alive()

    def cancel(self) -> None:
        """Stop: the connection is closed, and who waits for audio gets ``TaskCancelled``. From any thread."""
        self._exchange.close()

    def __enter__(self) -> ServerSpeech:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.cancel()

    def _take(self) -> None:
        with self._lock:
            if self._is_taken:
                raise InvalidTask("the audio has been taken already; ask the server again")
            self._is_taken = True

    def _pieces(self, on_answer: Optional[Callable[[], None]]) -> Iterator[bytes]:
        self._begun = time.monotonic()
        self._send(self._exchange)
        if on_answer is not None:
            on_answer()
        joiner = SampleJoiner()
        body = iter(self._exchange)
        try:
            for piece in whole_samples(body, joiner):
                if not self._bytes:
                    self._first = time.monotonic()
                self._bytes += len(piece)
                yield piece
        finally:
            body.close()  # type: ignore[attr-defined]  # a generator: it closes the connection
        if joiner.rest:
            raise failures.broken_off(self._where, self._exchange.received, None)
        if not self._bytes:
            raise failures.no_audio(self._where)

    def _run(self, callback: Callback) -> None:
        try:
            for piece in self._pieces(lambda: _call(callback.on_open)):
                _call(callback.on_data, piece)
            _call(callback.on_complete)
        except TaskCancelled:
            pass
        except Exception as error:
            message = error.message if isinstance(error, RequestFailure) else f"{type(error).__name__}: {error}"
            code = (error.code if isinstance(error, RequestFailure) else None) or type(error).__name__
            _call(callback.on_error, task_failed(uuid.uuid4().hex, code, str(message)))
        _call(callback.on_close)


def _call(function: Callable[..., Any], *arguments: Any) -> None:
    try:
        function(*arguments)
    except Exception:
        _logger.exception("a callback failed")
