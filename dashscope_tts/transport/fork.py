"""What a child process must do first with what it has inherited."""

from __future__ import annotations

import os
import weakref
from typing import Protocol

__all__ = ["Inherited", "start_afresh_in_children"]


class Inherited(Protocol):
    """Something that cannot be used on both sides of a fork."""

    def start_afresh_after_fork(self) -> None:
        """In the child: drop what is the parent's, and do not touch locks that another thread may have held."""


_inherited: weakref.WeakSet[Inherited] = weakref.WeakSet()


def start_afresh_in_children(thing: Inherited) -> None:
    """Have a thing told of each fork, in the child, as long as it lives."""
    _inherited.add(thing)


def _after_fork() -> None:
    for thing in list(_inherited):
        thing.start_afresh_after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
