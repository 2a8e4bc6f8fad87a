"""A sentence on its way: through the engine on one thread, the encoder on another, and to the event loop.

The event loop only moves bytes. Engine and encoder work in turns, a sentence and a quarter of a second at a time,
so that fifty sessions get their first audio about when one would.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from .encoder import Encoder
from .engine import Chunk, Engine, Stop, Utterance, Word
from .turns import Turns

__all__ = ["Piece", "Speech", "Studio"]

_STEP_SECONDS = 0.25  # of audio that is encoded before the next session has its turn


class Studio:
    """The engine and the threads of one service, shared by its sessions."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.engine_turns = Turns(max(1, engine.workers), "dashscope-tts-engine")
        self.encoder_turns = Turns(min(4, os.cpu_count() or 1), "dashscope-tts-encoder")

    def close(self) -> None:
        """End the threads; the sessions must have ended."""
        self.engine_turns.close()
        self.encoder_turns.close()
        self.engine.close()


@dataclass(frozen=True)
class Piece:
    """Frames that are ready, and words whose times are known (seconds from the start of the task's audio).

    ``seconds`` is how much of the engine's audio went into it.
    """

    frames: tuple[bytes, ...]
    words: tuple[Word, ...]
    seconds: float = 0.0


class Speech:
    """One sentence; iterate over it to get its pieces. Must be made on the event loop.

    Args:
        utterance: what to speak.
        encoder: the task's, used by nobody else until the iteration ends.
        studio: where it is done.
        is_last: asked when all audio is there: whether the task ends with this sentence.
    """

    def __init__(
        self, utterance: Utterance, encoder: Encoder, studio: Studio, is_last: Callable[[], bool]
    ) -> None:
        self._utterance = utterance
        self._encoder = encoder
        self._studio = studio
        self._is_last = is_last
        self._loop = asyncio.get_running_loop()
        self._arrived: asyncio.Queue[Piece | Exception | None] = asyncio.Queue()
        self._stop = Stop()
        self._lock = threading.Lock()  # guards the five below, which two worker threads share
        self._read_on = threading.Condition(self._lock)
        self._ahead = 0.0  # seconds of audio that the session has not sent yet
        self._chunks: deque[Chunk] = deque()
        self._is_spoken = False
        self._is_encoding = False
        self._is_over = False
        self._begin = encoder.seconds
        studio.engine_turns.submit(self._speak)

    def cancel(self) -> None:
        """Stop engine and encoder; the iteration ends at once. Call it on the event loop."""
        with self._lock:
            self._is_over = True
            self._chunks.clear()
            self._read_on.notify_all()
        self._stop.set()
        self._arrived.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[Piece]:
        while True:
            piece = await self._arrived.get()
            if piece is None or self._is_over:
                return
            if isinstance(piece, Exception):
                raise piece
            yield piece
            with self._lock:
                self._ahead -= piece.seconds
                self._read_on.notify_all()

    def _speak(self) -> bool:
        if self._is_over:
            return False
        try:
            self._studio.engine.perform(self._utterance, self._emit, self._stop)
        except Exception as error:
            self._post(error)
            return False
        with self._lock:
            self._is_spoken = True
            self._wake_encoder()
        return False

    def _emit(self, chunk: Chunk) -> bool:
        with self._lock:
            while self._ahead > self._studio.engine.most_ahead and not self._is_over:
                self._read_on.wait()
            if self._is_over:
                return False
            self._ahead += _seconds(chunk)
            self._chunks.append(chunk)
            self._wake_encoder()
        return True

    def _wake_encoder(self) -> None:
        if not self._is_encoding and not self._is_over:
            self._is_encoding = True
            self._studio.encoder_turns.submit(self._encode)

    def _encode(self) -> bool:
        """One turn of the encoder."""
        with self._lock:
            chunks = self._next_chunks()
            is_end = self._is_spoken and not self._chunks
            if self._is_over or not (chunks or is_end):
                self._is_encoding = False
                return False
        try:
            frames: list[bytes] = []
            for chunk in chunks:
                frames += self._encoder.write(chunk.pcm, chunk.sample_rate, chunk.gain)
            if is_end:
                frames += self._encoder.finish() if self._is_last() else self._encoder.end_sentence()
        except Exception as error:
            self._post(error)
            return False
        words = tuple(word.later(self._begin) for chunk in chunks for word in chunk.words)
        if frames or words or chunks:
            self._post(Piece(tuple(frames), words, sum(map(_seconds, chunks))))
        if is_end:
            self._post(None)
        return not is_end

    def _next_chunks(self) -> list[Chunk]:
        chunks: list[Chunk] = []
        seconds = 0.0
        while self._chunks and seconds < _STEP_SECONDS:
            chunk = self._chunks.popleft()
            seconds += _seconds(chunk)
            chunks.append(chunk)
        return chunks

    def _post(self, piece: Piece | Exception | None) -> None:
        try:
            self._loop.call_soon_threadsafe(self._arrived.put_nowait, piece)
        except RuntimeError:
            pass  # the service has stopped, and its event loop is closed


def _seconds(chunk: Chunk) -> float:
    return len(chunk.pcm) / 2 / chunk.sample_rate
