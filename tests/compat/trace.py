"""What a scenario writes down: results, exceptions, callbacks, as JSON that can be compared."""

from __future__ import annotations

import enum
import inspect
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["Trace", "described", "raised"]

_FIELDS = ("request_id", "http_code", "name", "message")


def described(value: Any) -> Any:
    """A value as JSON; what JSON has no form for as text."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (bytes, bytearray)):
        head = bytes(value[:64])
        return f"{type(value).__name__} of {len(value)}: {head!r}"
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, Mapping):
        kind = {} if type(value) is dict else {"(type)": type(value).__name__}
        return {**kind, **{str(key): described(entry) for key, entry in value.items()}}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [described(entry) for entry in value]
    if isinstance(value, type):
        return f"class {value.__name__}"
    return f"{type(value).__name__} object"


def raised(error: BaseException) -> dict[str, Any]:
    """An exception: what it can be caught as, its text, and the fields of a RequestFailure."""
    bases = [base for base in type(error).__mro__ if base is not object]
    caught_as = [f"{base.__module__}.{base.__name__}".replace("builtins.", "") for base in bases]
    found: dict[str, Any] = {"raised": type(error).__name__, "caught as": caught_as, "text": str(error)}
    if any(base.__name__ == "RequestFailure" for base in bases):
        found["fields"] = {name: described(getattr(error, name, "(missing)")) for name in _FIELDS}
    return found


def signature(function: Any) -> list[str]:
    """The parameters of a function with kinds and defaults, without annotations."""
    lines = []
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:
        return ["unknown"]  # of the interpreter's own
    for parameter in parameters:
        default = parameter.default
        shown = "" if default is inspect.Parameter.empty else f" = {described(default)!r}"
        lines.append(f"{parameter.kind.name.lower()} {parameter.name}{shown}")
    return lines


def _member(value: Any) -> Any:
    if isinstance(value, property):
        return "property"
    return signature(value) if callable(value) and not isinstance(value, type) else described(value)


class Trace:
    """The notebook of one scenario.

    Args:
        url: where the recording server plays this scenario's script.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.fields: dict[str, Any] = {}
        self.callbacks: list[list[Any]] = []
        self.closed = threading.Event()  # on_close has been called
        self.caller = threading.get_ident()
        self.kept: list[Any] = []  # a synthesizer that goes away takes its task with it
        self._step = "setting up"

    def url_of(self, script: str) -> str:
        """The same run's URL under another script."""
        scheme, _, host, _, rest = self.url.split("/", 4)
        return f"{scheme}//{host}/{script}/{rest}"

    @property
    def fields_so_far(self) -> dict[str, Any]:
        """What has been written down, when the scenario did not come to its end."""
        return {**self.fields, self._step: "(hung)"}

    # -- writing down

    def note(self, label: str, value: Any) -> None:
        """Write down a value."""
        assert label not in self.fields, f"{label!r} has been written down before"
        self.fields[label] = described(value)

    def step(self, label: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a function, and write down what it returned or raised; gives the result, None after an exception."""
        assert label not in self.fields, f"{label!r} has been written down before"
        self._step = label
        try:
            result = function(*args, **kwargs)
        except Exception as error:
            self.fields[label] = raised(error)
            return None
        self.fields[label] = described(result)
        return result

    def takes_at_most(self, label: str, seconds: float, function: Callable[..., Any], *args: Any) -> None:
        """Call a function as a step, and write down whether it took no longer than that."""
        began = time.monotonic()
        self.step(label, function, *args)
        self.note(f"{label} within {seconds:g} s", time.monotonic() - began <= seconds)

    def signature(self, label: str, function: Any) -> None:
        self.fields[f"signature of {label}"] = signature(function)

    def members(self, label: str, kind: Any) -> None:
        """Each public member of a class as a field of its own: how it is called, or what it is.

        A member that only our class has is an addition; see comparison.py. What every dict or error has is not told.
        """
        self.fields[f"signature of {label}"] = signature(kind)
        usual = {name for base in (dict, Exception) if issubclass(kind, base) for name in dir(base)}
        for name in dir(kind):
            if not name.startswith("_") and name not in usual:
                self.fields[f"{label}.{name}"] = {"member": _member(getattr(kind, name))}

    # -- callbacks

    def heard(self, method: str, *arguments: Any) -> None:
        """A callback, with the role of its thread: C for the caller's, R for any other."""
        role = "C" if threading.get_ident() == self.caller else "R"
        self.callbacks.append([role, method, *map(described, arguments)])

    def callback(self, base: type, **instead: Callable[..., Any]) -> Any:
        """A callback of that class that writes everything down, then does ``instead[method](*arguments)``."""
        trace = self

        def method_named(name: str) -> Callable[..., None]:
            def method(self: Any, *arguments: Any) -> None:
                trace.heard(name, *arguments)
                try:
                    if name in instead:
                        instead[name](*arguments)
                finally:
                    trace.told(name, *arguments)

            return method

        names = [name for name in dir(base) if name.startswith("on_")]
        return type("Recording", (base,), {name: method_named(name) for name in names})()

    def told(self, method: str, *arguments: Any) -> None:
        """A callback has done all it does."""
        if method == "on_close":
            self.closed.set()

    def callbacks_in_order(self) -> list[list[Any]]:
        """The callbacks so far, as they are to be compared."""
        return list(self.callbacks)

    def wait_for_calls(self, count: int, seconds: float = 2.0) -> None:
        """Wait until there have been that many callbacks."""
        end = time.monotonic() + seconds
        while len(self.callbacks) < count and time.monotonic() < end:
            time.sleep(0.005)

    def wait_for_close(self, seconds: float = 2.0) -> None:
        """Wait until on_close has been called; then a moment for what may come after it."""
        self.note("on_close was called", self.closed.wait(seconds))
        time.sleep(0.05)
