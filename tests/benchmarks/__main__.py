"""``python -m tests.benchmarks [--case NAME] [--rounds N] [--json FILE]``: a table on the screen, and a JSON file."""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from contextlib import ExitStack
from datetime import date
from typing import NamedTuple, Optional

from .compare import BARE, OFFICIAL, OURS, WEBSOCKETS, medians, self_signed
from .server import running_server

_ALL = (OFFICIAL, WEBSOCKETS, BARE, OURS)
_BOTH = (OFFICIAL, OURS)
_Figures = dict[str, dict[str, float]]


class _Case(NamedTuple):
    name: str
    packages: tuple[str, ...]
    rows: tuple[tuple[str, str], ...]  # figure, title
    most_rounds: int = 99
    once: tuple[str, ...] = ()
    server: str = "at once"


def _cpu(name: str, title: str, server: str = "at once") -> _Case:
    return _Case(name, _ALL, (("us", f"CPU per frame of {title}, us"),), server=server)


def _pool(size: int) -> _Case:
    titles = (("ms", "opening, ms"), ("mb", "memory, MB"), ("threads", "threads"))
    rows = tuple((figure, f"pool of {size}: {title}") for figure, title in titles)
    return _Case(f"pool_of_{size}", _BOTH, rows, once=(OFFICIAL,))


_WORK_ROWS = (("per_second", "tasks per second"), ("cpu_ms", "CPU per task, ms"))
_CASES = (
    _Case(
        "importing",
        (OFFICIAL, WEBSOCKETS, OURS),
        (("s", "import, s"), ("modules", "import, modules"), ("mb", "import, memory in MB")),
    ),
    _Case("fresh", _ALL, (("ms", "first package delay, fresh connection, ms"),)),
    _Case("fresh_tls", _ALL, (("ms", "the same with TLS, ms"),), server="tls"),
    _Case("kept", (WEBSOCKETS, BARE, OURS), (("ms", "first package delay, kept connection, ms"),)),
    _Case("pooled", _BOTH, (("ms", "first package delay, pooled connection, ms"),)),
    _cpu("frames_512", "512 B with its event"),
    _cpu("frames_512_alone", "512 B alone"),
    _cpu("frames", "3,200 B with its event"),
    _cpu("frames_alone", "3,200 B alone"),
    _cpu("frames_tls", "3,200 B with its event, TLS", "tls"),
    _cpu("frames_64k", "64 KiB with its event"),
    _cpu("frames_64k_alone", "64 KiB alone"),
    _Case(
        "blocking_50mb",
        _ALL,
        (("s", "50 MB in one blocking call, s"), ("memory_times", "its peak memory, times the audio")),
        once=(OFFICIAL,),
    ),
    _Case("workers_fresh", _ALL, tuple((figure, f"50 fresh workers: {title}") for figure, title in _WORK_ROWS)),
    _Case("workers_pooled", _ALL, tuple((figure, f"20 pooled workers: {title}") for figure, title in _WORK_ROWS)),
    _pool(20),
    _pool(100),
    _Case(
        "pool_opening", _BOTH, (("ms", "pool of 20, server accepts after 50 ms, ms"),), most_rounds=3, server="slow"
    ),
    _Case("pool_lending", _BOTH, (("us", "pool: borrow and return, us"),), most_rounds=3),
    _Case("pool_idle", (OURS,), (("cpu_percent", "100 idle connections: percent of a core for all"),), most_rounds=1),
    _Case(
        "streams_200",
        _ALL,
        (
            ("cpu_us", "200 realtime streams, one core: CPU per frame, us"),
            ("median_ms", "their frames late by, median, ms"),
            ("p99_ms", "their frames late by, 99th of 100, ms"),
            ("worst_ms", "their frames late by, the worst, ms"),
        ),
        most_rounds=3,
    ),
)


def _number(value: Optional[float]) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _times(one: Optional[float], other: Optional[float]) -> str:
    return f"{one / other:.3g}x" if one is not None and other else "-"


def _print_rows(case: _Case, found: _Figures) -> None:
    for figure, title in case.rows:
        values = {package: found.get(package, {}).get(figure) for package in _ALL}
        official, bare, ours = values[OFFICIAL], values[BARE], values[OURS]
        # Of tasks per second more is better, of all else less.
        by_official = _times(ours, official) if figure == "per_second" else _times(official, ours)
        columns = [*(_number(values[package]) for package in _ALL), by_official, _times(ours, bare)]
        print(f"{title:50}" + "".join(f"{column:>11}" for column in columns), flush=True)


def main() -> None:
    names = [case.name for case in _CASES]
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--case", action="append", choices=names, metavar="NAME", help="only " + ", ".join(names))
    parser.add_argument("--rounds", type=int, default=5, help="runs of each case and package, in turn (default 5)")
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{date.today()}, {machine}, medians of {options.rounds} runs in turn\n")
    heads = ("official", "websockets", "bare", "here", "gain", "of bare")
    print(f"{'':50}" + "".join(f"{head:>11}" for head in heads))
    begun, cases = time.monotonic(), {}
    with ExitStack() as stack:
        certificate = self_signed(stack.enter_context(tempfile.TemporaryDirectory()))
        urls = {
            "at once": stack.enter_context(running_server()),
            "slow": stack.enter_context(running_server(accept_seconds=0.05)),
            "tls": stack.enter_context(running_server(certificate=certificate)) if certificate else "",
        }
        for case in _CASES:
            if not urls[case.server] or (options.case and case.name not in options.case):
                continue
            rounds, used = min(options.rounds, case.most_rounds), certificate if case.server == "tls" else ""
            found = medians(case.name, urls[case.server], rounds, case.packages, used, case.once)
            cases[case.name] = found
            _print_rows(case, found)
    print("\ngain: over the official package; of bare: how many times the bare socket's.")
    print(f"Took {time.monotonic() - begun:.0f} s.")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"date": str(date.today()), "machine": machine, "cases": cases}, file, indent=1)


if __name__ == "__main__":
    main()
