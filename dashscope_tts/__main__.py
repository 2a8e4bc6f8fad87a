"""``python -m dashscope_tts`` is ``dashscope-tts``; with a script first, ``dashscope-tts run``."""

import sys

from .cli import main

_arguments = sys.argv[1:]
if _arguments and (_arguments[0].endswith(".py") or _arguments[0] in ("-m", "--local")):
    _arguments = ["run", *_arguments]
sys.exit(main(_arguments))
