"""``python -m tests.compat`` prints the README's table of deliberate differences, with ``--all`` every row."""

from __future__ import annotations

import sys

from .difference import as_table
from .differences import DELIBERATE

if __name__ == "__main__":
    print(as_table(one for one in DELIBERATE if one.headline or "--all" in sys.argv))
