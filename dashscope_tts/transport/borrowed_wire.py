"""A connection that the program made itself: a WebSocketApp it runs, or a stand-in of its unit tests."""

from __future__ import annotations

from typing import Any, Callable, Optional

from .failures import connection_lost

__all__ = ["BorrowedWire"]


class BorrowedWire:
    """Any object with ``send`` and ``close``; its owner hands the frames to ``on_message``."""

    on_reader_thread = False
    is_open = True

    def __init__(self, app: Any) -> None:
        self.app = app

    def send(self, *texts: str) -> None:
        try:
            for text in texts:
                self.app.send(text)
        except Exception as error:
            raise connection_lost(error) from error

    def close(self, then: Optional[Callable[[], None]] = None) -> None:
        try:
            self.app.close()
        finally:
            if then is not None:
                then()

    def abort(self) -> None:
        pass  # its owner's business

    def wake(self) -> None:
        pass

    def pin(self) -> None:
        pass

    def unpin(self) -> None:
        pass
