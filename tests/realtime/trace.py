"""What a scenario of the realtime client writes down."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from ..compat.trace import Trace

__all__ = ["RealtimeTrace"]


class RealtimeTrace(Trace):
    """The notebook of one scenario; ``recorder`` makes its callback."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.types: list[str] = []
        self._changed = threading.Condition()

    def recorder(self, base: type, **instead: Callable[..., Any]) -> Any:
        """A ``QwenTtsRealtimeCallback`` that writes everything down, then does ``instead[method](*arguments)``."""
        trace = self

        def method_named(name: str) -> Callable[..., None]:
            def method(self: Any, *arguments: Any) -> None:
                trace.heard(name, *arguments)
                try:
                    if name in instead:
                        instead[name](*arguments)
                finally:
                    trace._tell(name, arguments)

            return method

        names = ("on_open", "on_event", "on_close")
        return type("Recording", (base,), {name: method_named(name) for name in names})()

    def _tell(self, name: str, arguments: Any) -> None:
        with self._changed:
            if name == "on_event":
                event = arguments[0]
                self.types.append(str(event.get("type")) if isinstance(event, dict) else type(event).__name__)
            self._changed.notify_all()
        if name == "on_close":
            self.closed.set()

    def wait_for(self, kind: str, count: int = 1, seconds: float = 3.0) -> None:
        """Wait until ``on_event`` has been called with that type so many times."""
        with self._changed:
            came = self._changed.wait_for(lambda: self.types.count(kind) >= count, seconds)
        assert came, f"{kind} has not come {count} times"
