"""``python -m tests.compat`` prints the table of deliberate differences for the README."""

from __future__ import annotations

from .differences import DELIBERATE

if __name__ == "__main__":
    print("| What | Official package 2.0.2 | Here | Why |\n|---|---|---|---|")
    for one in DELIBERATE:
        print(f"| {one.what} | {one.official} | {one.here} | {one.why} |")
