"""Which scenarios there are."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Scenario", "all_scenarios", "scenario"]


@dataclass(frozen=True)
class Scenario:
    """A program and the conditions it runs under.

    Args:
        function: takes a ``Trace``.
        script: what the server does; see scripts.py.
        limit: seconds after which it counts as hung.
        alone: it needs a process of its own, as it changes settings of the process.
        environment: variables of that process.
    """

    function: Callable[[Any], None]
    script: str
    limit: float
    alone: bool
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.function.__name__


_found: dict[str, Scenario] = {}


def scenario(
    script: str = "plain", limit: float = 15.0, alone: bool = False, environment: Mapping[str, str] | None = None
) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """Register a function as a scenario, under its own name."""

    def register(function: Callable[[Any], None]) -> Callable[[Any], None]:
        assert function.__name__ not in _found, f"two scenarios are called {function.__name__}"
        own_process = alone or environment is not None
        _found[function.__name__] = Scenario(function, script, limit, own_process, environment or {})
        return function

    return register


def all_scenarios() -> dict[str, Scenario]:
    """All scenarios; imports their modules, and with them whatever answers to ``dashscope``."""
    package = importlib.import_module(f"{__package__}.scenarios")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return dict(_found)
