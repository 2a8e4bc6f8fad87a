"""What a synthesis, or a piece of one, has brought."""

from __future__ import annotations

from typing import Any, Optional

from ...api_entities.dashscope_response import SpeechSynthesisResponse

__all__ = ["ResultCallback", "SpeechSynthesisResult"]


class SpeechSynthesisResult:
    """A result: that of a whole call, or the piece that ``on_event`` is handed.

    Source: Sambert Python SDK, "SpeechSynthesisResult".
    """

    def __init__(
        self,
        frame: Optional[bytes] = None,
        data: Optional[bytes] = None,
        sentence: Optional[dict[str, Any]] = None,
        sentences: Optional[list[dict[str, Any]]] = None,
        response: Optional[SpeechSynthesisResponse] = None,
    ) -> None:
        self._frame = frame
        self._data = data
        self._sentence = sentence
        self._sentences = sentences
        self._response = response

    def get_audio_frame(self) -> Optional[bytes]:
        """In ``on_event``: the next piece of audio; None where the piece is a time stamp, and for a whole call."""
        return self._frame

    def get_audio_data(self) -> Optional[bytes]:
        """Of a whole call: all audio that came, also before a failure; None where none did."""
        return self._data

    def get_timestamp(self) -> Optional[dict[str, Any]]:
        """In ``on_event``: a sentence, with its times in ms and its words as far as they are known; else None."""
        return self._sentence

    def get_timestamps(self) -> Optional[list[dict[str, Any]]]:
        """Of a whole call: the sentences in order, each in its last form."""
        return self._sentences

    def get_response(self) -> Optional[SpeechSynthesisResponse]:
        """Of a whole call: how it ended. ``status_code`` is 200 where all is well; see ``SpeechSynthesizer.call``."""
        return self._response


class ResultCallback:
    """Derive from this and override what you need; every method does nothing by default.

    All are called on the thread that called ``SpeechSynthesizer.call``, one after another. What one of them raises
    reaches that caller: ``on_open`` and ``on_event`` end the synthesis with it, and ``on_close`` comes nevertheless.
    """

    def on_open(self) -> None:
        """The synthesis begins; nothing has been sent yet."""

    def on_complete(self) -> None:
        """All audio has come."""

    def on_error(self, response: SpeechSynthesisResponse) -> None:
        """The synthesis failed, once and for all.

        Args:
            response: why; the same that ``get_response()`` of the result gives.
        """

    def on_close(self) -> None:
        """The synthesis is over; the last call, whatever happened."""

    def on_event(self, result: SpeechSynthesisResult) -> None:
        """A piece of audio (``result.get_audio_frame()``) or the times of a sentence (``result.get_timestamp()``)."""
