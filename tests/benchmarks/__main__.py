"""``python -m tests.benchmarks [--rounds N] [--json FILE]``: a table on the screen, and a JSON file."""

from __future__ import annotations

import argparse
import json
import os
import platform
from datetime import date

from .compare import OFFICIAL, OURS, medians
from .server import running_server

# case, its first figure, what the figure is
_ROWS = (
    ("importing", "s", "import, s"),
    ("importing", "modules", "import, modules"),
    ("fresh", "ms", "first package delay, fresh connection, ms"),
    ("frames", "us", "CPU per 3,200-byte frame with its event, us"),
    ("frames_alone", "us", "CPU per 3,200-byte frame alone, us"),
    ("blocking_20mb", "s", "20 MB in one blocking call, s"),
    ("blocking_20mb", "memory_times", "its peak memory, times the audio"),
    ("pool_lending", "us", "pool: borrow and return, us"),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="runs of each case and package, in turn (default 5)")
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    figures = {}
    with running_server() as url:
        for case in dict.fromkeys(row[0] for row in _ROWS):
            figures[case] = medians(case, url, options.rounds)
        kept = medians("kept", url, options.rounds, (OURS,))
        pooled = medians("pool_kept", url, options.rounds, (OURS,))
        idle = medians("pool_idle", url, 1, (OURS,))
    with running_server(accept_seconds=0.05) as slow_url:
        figures["pool_opening"] = medians("pool_opening", slow_url, options.rounds)
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{date.today()}, {machine}, medians of {options.rounds} runs in turn\n")
    print(f"{'':45} {'official':>10} {'here':>10} {'ratio':>8}")
    for case, figure, title in (*_ROWS, ("pool_opening", "ms", "pool of 20, server accepts after 50 ms, ms")):
        official, ours = figures[case][OFFICIAL][figure], figures[case][OURS][figure]
        print(f"{title:45} {official:10.3f} {ours:10.3f} {official / ours:7.1f}x")
    print(f"{'first package delay, kept connection, ms':45} {'-':>10} {kept[OURS]['ms']:10.3f}")
    print(f"{'the same on a pooled synthesizer, ms':45} {'-':>10} {pooled[OURS]['ms']:10.3f}")
    print(f"{'  and on a bare one in the same run, ms':45} {'-':>10} {pooled[OURS]['bare_ms']:10.3f}")
    for figure, title in (("kb", "KB"), ("threads", "threads"), ("cpu_percent", "percent of a core for all, 30 s")):
        print(f"{f'100 idle connections: {title}':45} {'-':>10} {idle[OURS][figure]:10.3f}")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            cases = {**figures, "kept": kept, "pool_kept": pooled, "pool_idle": idle}
            found = {"date": str(date.today()), "machine": machine, "cases": cases}
            json.dump(found, file, indent=1)


if __name__ == "__main__":
    main()
