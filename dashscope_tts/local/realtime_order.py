"""The text of one response, while it comes and while it is spoken."""

from __future__ import annotations

import asyncio

from .realtime_ids import new_id
from .request import SpeechRequest
from .script import Script, Sentence
from .settings import ServiceSettings

__all__ = ["Order"]

_QUIET_SECONDS = 0.5  # without more text after the last sentence was spoken: the response is done
_UNFINISHED_SECONDS = 1.5  # without more text after half a sentence: it is spoken as it is


class Order:
    """Takes text until it is closed; gives its sentences.

    Args:
        request: how to speak.
        settings: of the service.
        by_itself: in the mode ``server_commit``: sentences are given as soon as they are complete, and the order
            closes itself when no more text comes.
    """

    def __init__(self, request: SpeechRequest, settings: ServiceSettings, by_itself: bool) -> None:
        self.request = request
        self.item_id = new_id("item")
        self.is_empty = True  # it was given nothing to say
        self._by_itself = by_itself
        self._settings = settings
        self._script = Script(request, settings)
        self._changed = asyncio.Event()
        self._is_cancelled = False

    @property
    def characters(self) -> int:
        """Counted characters taken so far."""
        return self._script.characters

    @property
    def is_closed(self) -> bool:
        """Whether it takes no more text."""
        return self._script.is_closed or self._is_cancelled

    @property
    def ends_here(self) -> bool:
        """Whether the sentence that was given last is the last."""
        return self._script.is_closed and not self._script.has_more

    def add(self, text: str) -> None:
        """Take text.

        Raises:
            Refusal: too much.
        """
        self._script.add(text)
        self.is_empty = self.is_empty and not text.strip()
        self._changed.set()

    def close(self) -> None:
        """No more text comes, and what there is will be spoken.

        Raises:
            Refusal: there is none.
        """
        self._script.close()
        self._changed.set()

    def cancel(self) -> None:
        """Give no more sentences."""
        self._is_cancelled = True
        self._changed.set()

    async def next(self, is_first: bool) -> Sentence | None:
        """The next sentence as soon as there is one; None when there will be none."""
        while not self._is_cancelled:
            if self._by_itself or self._script.is_closed:
                sentence = self._script.next()
                if sentence is not None:
                    return sentence
            if self._script.is_closed:
                return None
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), self._patience(is_first))
            except asyncio.TimeoutError:
                if self._script.rest.strip():
                    self._script.flush()
                else:
                    self._script.close()
        return None

    def _patience(self, is_first: bool) -> float | None:
        if not self._by_itself:
            return None
        if self._script.is_settling:
            return self._settings.settle_timeout
        if self._script.rest.strip():
            return _UNFINISHED_SECONDS
        return None if is_first else _QUIET_SECONDS
