"""What a scenario of the realtime client writes down."""

from __future__ import annotations

import threading
from typing import Any

from .trace import Trace

__all__ = ["RealtimeTrace"]


class RealtimeTrace(Trace):
    """A notebook that knows the types of the events its callback was given, and can wait for one."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.types: list[str] = []
        self._changed = threading.Condition()

    def told(self, method: str, *arguments: Any) -> None:
        super().told(method, *arguments)
        if method == "on_event":
            event = arguments[0]
            with self._changed:
                self.types.append(str(event.get("type")) if isinstance(event, dict) else type(event).__name__)
                self._changed.notify_all()

    def callbacks_in_order(self) -> list[list[Any]]:
        """Under both packages it is chance whether the first event comes just before or just after ``on_open``."""
        calls = list(self.callbacks)
        if [call[1] for call in calls[:2]] == ["on_event", "on_open"]:
            calls[:2] = calls[1::-1]
        return calls

    def wait_for(self, kind: str, count: int = 1, seconds: float = 3.0) -> None:
        """Wait until ``on_event`` has been called with that type so many times."""
        with self._changed:
            came = self._changed.wait_for(lambda: self.types.count(kind) >= count, seconds)
        assert came, f"{kind} has not come {count} times"
