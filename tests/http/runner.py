"""The process in which the programs run, under one of the two packages; prints one line of JSON.

    python -m tests.http.runner official|ours http://127.0.0.1:PORT
"""

from __future__ import annotations

import json
import os
import sys

from tests.compat.alias import answer_dashscope_with_ours


def main() -> None:
    package, server = sys.argv[1:]
    if package == "ours":
        answer_dashscope_with_ours()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # the packages may print
    import dashscope

    from .programs import PROGRAMS

    dashscope.api_key = "sk-0123456789"
    seen = {}
    for number, (name, program) in enumerate(PROGRAMS.items()):
        script = program.script.replace(" ", "%20")
        dashscope.base_http_api_url = f"{server}/{script}~{package}{number}/api/v1"
        seen[name] = program.run()
    answers.write(json.dumps(seen) + "\n")
    answers.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
