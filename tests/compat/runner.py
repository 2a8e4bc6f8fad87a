"""The process in which scenarios run, under one of the two packages; prints a line of JSON for each that ends.

    python -m tests.compat.runner official|ours list
    python -m tests.compat.runner official|ours ws://127.0.0.1:PORT NAME...
"""

from __future__ import annotations

import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .alias import answer_dashscope_with_ours
from .registry import Scenario, all_scenarios
from .trace import Trace, raised

AT_ONCE = 12


def run(chosen: Scenario, package: str, server: str) -> dict[str, Any]:
    """One scenario on a thread of its own, which is left behind when its time is over."""
    trace = Trace(f"{server}/{chosen.script}/{package}.{chosen.name}/api-ws/v1/inference")

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
    return {"name": chosen.name, "fields": fields, "callbacks": list(trace.callbacks)}


def main() -> None:
    package, server, *names = sys.argv[1:]
    # Scenarios, and the packages, may print: what is for the parent goes out by another door.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    if package == "ours":
        answer_dashscope_with_ours()
    scenarios = all_scenarios()
    if server == "list":
        listed = {name: {"alone": one.alone, "environment": dict(one.environment)} for name, one in scenarios.items()}
        answers.write(json.dumps(listed) + "\n")
    else:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for result in pool.map(lambda name: run(scenarios[name], package, server), names):
                answers.write(json.dumps(result) + "\n")
    answers.flush()
    os._exit(0)  # threads that hang must not keep the process


if __name__ == "__main__":
    main()
