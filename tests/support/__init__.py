"""What the tests of the client stand on: a service that can be told to do anything, and who listens to it."""

from __future__ import annotations

__all__ = ["KEY"]

KEY = "sk-0123456789-of-the-tests"
