"""The process in which scenarios run, under one of the two packages; prints a line of JSON for each that ends.

    python -m tests.compat.runner official|ours list
    python -m tests.compat.runner official|ours HOST:PORT NAME...

The scenarios of one process are of one family, and the address is that of its service.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .alias import answer_dashscope_with_ours
from .families import FAMILIES
from .registry import Scenario, all_scenarios
from .trace import raised


def run(chosen: Scenario, package: str, address: str) -> dict[str, Any]:
    """One scenario on a thread of its own, which is left behind when its time is over."""
    family = FAMILIES[chosen.family]
    trace = family.trace(family.url_of(address, chosen.script, f"{package}.{chosen.name}"))

    def program() -> None:
        trace.caller = threading.get_ident()
        try:
            chosen.function(trace)
        except BaseException as error:
            trace.fields["the scenario ended"] = raised(error)

    thread = threading.Thread(target=program, daemon=True)
    thread.start()
    thread.join(chosen.limit)
    fields = trace.fields_so_far if thread.is_alive() else dict(trace.fields)
    return {"name": chosen.name, "fields": fields, "callbacks": trace.callbacks_in_order()}


def run_all(chosen: list[Scenario], package: str, address: str) -> Iterator[dict[str, Any]]:
    """Those that change settings of the process one by one, then the others beside each other."""
    first, others = ([one for one in chosen if one.first is first] for first in (True, False))
    for ones, at_once in ((first, 1), (others, FAMILIES[chosen[0].family].at_once)):
        with ThreadPoolExecutor(at_once) as pool:
            yield from pool.map(lambda one: run(one, package, address), ones)


def main() -> None:
    package, address, *names = sys.argv[1:]
    # Scenarios, and the packages, may print: what is for the parent goes out by another door.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    if package == "ours":
        answer_dashscope_with_ours()
    scenarios = all_scenarios()
    if address == "list":
        listed = {
            name: {"family": one.family, "alone": one.alone, "environment": dict(one.environment)}
            for name, one in scenarios.items()
        }
        answers.write(json.dumps(listed) + "\n")
    else:
        for result in run_all([scenarios[name] for name in names], package, address):
            answers.write(json.dumps(result) + "\n")
    answers.flush()
    os._exit(0)  # threads that hang must not keep the process


if __name__ == "__main__":
    main()
