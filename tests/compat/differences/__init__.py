"""Where this package means to answer otherwise than the official one: all of it, with the reasons.

Whatever differs and is not listed here or in defects.py fails, and so does what is listed and does not differ.
``python -m tests.compat`` prints the table of the README, with ``--all`` every row.
"""

from __future__ import annotations

from . import http, package, realtime, sambert, tasks

__all__ = ["DELIBERATE"]

DELIBERATE = [row for family in (tasks, package, realtime, sambert, http) for row in family.DELIBERATE]
