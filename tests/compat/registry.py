"""Which scenarios there are."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .families import FAMILIES

__all__ = ["Scenario", "all_scenarios", "scenario"]


@dataclass(frozen=True)
class Scenario:
    """A program and the conditions it runs under.

    Args:
        name: what it is called, in all of the suite.
        function: takes the trace of its family.
        family: whose service it speaks with; see families.py.
        script: what that service does.
        limit: seconds after which it counts as hung.
        alone: it needs a process of its own, as it changes settings of the process.
        first: it runs before the others of the process, and not beside them, as it changes settings for a while.
        environment: variables of its process.
    """

    name: str
    function: Callable[[Any], None]
    family: str
    script: str
    limit: float
    alone: bool
    first: bool
    environment: Mapping[str, str] = field(default_factory=dict)


_found: dict[str, Scenario] = {}


def scenario(
    script: str = "plain",
    limit: float = 15.0,
    alone: bool = False,
    environment: Mapping[str, str] | None = None,
    *,
    family: str = "cosyvoice",
    first: bool = False,
    name: str = "",
) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """Register a function as a scenario, under its own name or the one given.

    The names of all families but the first begin with that of the family.
    """
    assert family in FAMILIES

    def register(function: Callable[[Any], None]) -> Callable[[Any], None]:
        own = (name or function.__name__).replace(" ", "_").replace("-", "_")
        called = own if family == "cosyvoice" or own.startswith(f"{family}_") else f"{family}_{own}"
        assert called not in _found, f"two scenarios are called {called}"
        own_process = alone or environment is not None
        _found[called] = Scenario(called, function, family, script, limit, own_process, first, environment or {})
        return function

    return register


def all_scenarios() -> dict[str, Scenario]:
    """All scenarios; imports their modules, and with them whatever answers to ``dashscope``."""
    package = importlib.import_module(f"{__package__}.scenarios")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return dict(_found)
