"""The process in which scenarios run, under one of the two packages; prints a line of JSON for each that ends.

    python -m tests.realtime.runner official|ours PORT [NAME...]
"""

from __future__ import annotations

import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..compat.alias import answer_dashscope_with_ours
from ..compat.trace import raised
from .trace import RealtimeTrace

AT_ONCE = 8
LIMIT = 12.0


def run(name: str, script: str, function: Any, package: str, port: str) -> dict[str, Any]:
    """One scenario on a thread of its own, which is left behind when its time is over."""
    trace = RealtimeTrace(f"ws://127.0.0.1:{port}/{script}/{package}.{name}/api-ws/v1/realtime")

    def program() -> None:
        trace.caller = threading.get_ident()
        try:
            function(trace)
        except BaseException as error:
            trace.fields["the scenario ended"] = raised(error)

    thread = threading.Thread(target=program, daemon=True)
    thread.start()
    thread.join(LIMIT)
    fields = trace.fields_so_far if thread.is_alive() else dict(trace.fields)
    return {"name": name, "fields": fields, "callbacks": list(trace.callbacks)}


def main() -> None:
    package, port, *names = sys.argv[1:]
    # Scenarios, and the packages, may print: what is for the parent goes out by another door.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    if package == "ours":
        answer_dashscope_with_ours()
    from . import scenarios_of_subclasses  # noqa: F401  # which adds its own
    from .scenarios import SCENARIOS

    # Those that touch settings of the process go one by one, before the others.
    alone = ["the_base_url_is_followed", "without_a_key"]
    together = [name for name in SCENARIOS if name not in alone]
    for chosen, at_once in ((alone, 1), (together, AT_ONCE)):
        with ThreadPoolExecutor(at_once) as pool:
            wanted = [name for name in chosen if not names or name in names]
            for result in pool.map(lambda name: run(name, *SCENARIOS[name], package, port), wanted):
                answers.write(json.dumps(result) + "\n")
    answers.flush()
    os._exit(0)  # threads that hang must not keep the process


if __name__ == "__main__":
    main()
