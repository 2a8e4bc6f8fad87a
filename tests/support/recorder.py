"""Who listens to a synthesizer in the tests, and remembers."""

from __future__ import annotations

import json
import threading
from typing import Any, Callable

from dashscope_tts.audio.tts_v2 import ResultCallback

__all__ = ["Recorder"]


class Recorder(ResultCallback):
    """Notes every call with its thread, and does what it is told on top: ``Recorder(on_data=lambda data: ...)``."""

    def __init__(self, **reactions: Callable[..., Any]) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.threads: list[threading.Thread] = []
        self.reactions = reactions
        self._changed = threading.Condition()

    # -- what was heard

    @property
    def names(self) -> list[str]:
        """The methods in the order of their calls; neighbours of the same name stand for one."""
        names = [name for name, _ in self.calls]
        return [name for number, name in enumerate(names) if number == 0 or names[number - 1] != name]

    def count(self, name: str) -> int:
        return sum(called == name for called, _ in self.calls)

    @property
    def audio(self) -> bytes:
        return b"".join(argument for name, argument in list(self.calls) if name == "on_data")

    @property
    def error(self) -> dict[str, Any]:
        """The header of the one on_error."""
        errors = [argument for name, argument in self.calls if name == "on_error"]
        assert len(errors) == 1, f"{len(errors)} calls of on_error"
        header: dict[str, Any] = json.loads(errors[0])["header"]
        return header

    def wait_for(self, name: str, times: int = 1, seconds: float = 5.0) -> None:
        """Until the method has been called that often and has returned."""
        with self._changed:
            happened = self._changed.wait_for(lambda: self.count(name) >= times, seconds)
        assert happened, f"{name} was not called {times} times within {seconds} s: {self.names}"

    def wait_closed(self, seconds: float = 5.0) -> None:
        self.wait_for("on_close", seconds=seconds)

    # -- what is called

    def _note(self, name: str, *arguments: Any) -> None:
        try:
            reaction = self.reactions.get(name)
            if reaction is not None:
                reaction(*arguments)
        finally:
            with self._changed:
                self.calls.append((name, arguments[0] if arguments else None))
                self.threads.append(threading.current_thread())
                self._changed.notify_all()

    def on_open(self) -> None:
        self._note("on_open")

    def on_complete(self) -> None:
        self._note("on_complete")

    def on_error(self, message: str) -> None:
        self._note("on_error", message)

    def on_close(self) -> None:
        self._note("on_close")

    def on_event(self, message: str) -> None:
        self._note("on_event", message)

    def on_data(self, data: bytes) -> None:
        self._note("on_data", data)
