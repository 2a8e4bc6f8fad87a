"""One response: the audio of an order, with the events around it."""

from __future__ import annotations

import base64
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from ..protocol import realtime_events as events
from .encoder import Encoder
from .realtime_ids import new_id
from .realtime_order import Order
from .realtime_request import is_token_billed
from .refusals import Refusal
from .script import Sentence
from .speech import Speech, Studio

__all__ = ["Response", "SendEvent"]

_logger = logging.getLogger("dashscope_tts.local")

_AUDIO_TOKENS_PER_SECOND = 50

SendEvent = Callable[[str, "dict[str, Any]"], Awaitable[None]]
"""Sends an event of that type with those fields; waits while the client does not read."""


class Response:
    """Speaks an order. One sentence is in work at a time, and the next is begun when the client has been sent it.

    Args:
        order: the text.
        conversation_id: of the session.
        studio: where it is spoken.
        send: to the client.
    """

    def __init__(self, order: Order, conversation_id: str, studio: Studio, send: SendEvent) -> None:
        self.id = new_id("resp")
        self._order = order
        self._conversation_id = conversation_id
        self._studio = studio
        self._send = send
        request = order.request
        self._encoder = Encoder(request.format, request.sample_rate, request.bit_rate)
        self._speech: Speech | None = None
        self._is_cancelled = False
        self.on_audio: Callable[[int], object] | None = None
        """Told the size of each frame that was sent."""

    @property
    def is_cancelled(self) -> bool:
        return self._is_cancelled

    @property
    def characters(self) -> int:
        """Counted characters of the text."""
        return self._order.characters

    def cancel(self) -> None:
        """Stop the engine and the audio; the response is ended as incomplete."""
        self._is_cancelled = True
        self._order.cancel()
        if self._speech is not None:
            self._speech.cancel()

    async def run(self, sentence: Sentence | None) -> None:
        """Speak, beginning with this sentence, and end the response.

        Raises:
            Refusal: the engine would not speak, or failed; the response has been ended as failed.
        """
        response = self._response("in_progress", [])
        await self._send(events.RESPONSE_CREATED, {"response": response})
        item = self._item("in_progress", [])
        place = {"response_id": self.id, "item_id": item["id"], "output_index": 0, "content_index": 0}
        part = {"type": "audio", "text": ""}
        await self._send(events.OUTPUT_ITEM_ADDED, {"response_id": self.id, "output_index": 0, "item": item})
        await self._send(events.CONTENT_PART_ADDED, {**place, "part": part})
        status, failure = "completed", None
        try:
            while sentence is not None and not self._is_cancelled:
                await self._speak(sentence, place)
                sentence = await self._order.next(is_first=False)
        except Refusal as refusal:
            status, failure = "failed", refusal
        if self._is_cancelled:
            status = "incomplete"
        await self._end(status, place, part)
        if failure is not None:
            raise failure

    async def _speak(self, sentence: Sentence, place: dict[str, Any]) -> None:
        self._speech = Speech(sentence.utterance, self._encoder, self._studio, lambda: self._order.ends_here)
        pieces = self._speech.__aiter__()
        while True:
            try:
                piece = await pieces.__anext__()
            except StopAsyncIteration:
                return
            except Refusal:
                raise
            except Exception as error:
                _logger.exception("a response failed: %s", type(error).__name__)
                raise Refusal("The speech engine failed.", code="internal_error") from error
            for frame in piece.frames:
                if self._is_cancelled:
                    return
                await self._send(events.AUDIO_DELTA, {**place, "delta": base64.b64encode(frame).decode()})
                if self.on_audio is not None:
                    self.on_audio(len(frame))

    async def _end(self, status: str, place: dict[str, Any], part: dict[str, Any]) -> None:
        await self._send(events.AUDIO_DONE, place)
        await self._send(events.CONTENT_PART_DONE, {**place, "part": part})
        item = self._item("completed" if status == "completed" else "incomplete", [part])
        await self._send(events.OUTPUT_ITEM_DONE, {"response_id": self.id, "output_index": 0, "item": item})
        response = self._response(status, [item])
        response.update(modalities=["text", "audio"], usage=self._usage())
        await self._send(events.RESPONSE_DONE, {"response": response})

    def _response(self, status: str, output: list[Any]) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": "realtime.response",
            "conversation_id": self._conversation_id,
            "status": status,
            "voice": self._order.request.prosody.voice,
            "output": output,
        }

    def _item(self, status: str, content: list[Any]) -> dict[str, Any]:
        return {
            "id": self._order.item_id,
            "object": "realtime.item",
            "type": "message",
            "status": status,
            "role": "assistant",
            "content": content,
        }

    def _usage(self) -> dict[str, Any]:
        if not is_token_billed(self._order.request.model):
            return {"characters": self._order.characters}
        text_tokens = max(1, self._order.characters // 2)
        audio_tokens = round(self._encoder.seconds * _AUDIO_TOKENS_PER_SECOND)
        return {
            "total_tokens": text_tokens + audio_tokens,
            "input_tokens": text_tokens,
            "output_tokens": audio_tokens,
            "input_tokens_details": {"text_tokens": text_tokens},
            "output_tokens_details": {"text_tokens": 0, "audio_tokens": audio_tokens},
        }
