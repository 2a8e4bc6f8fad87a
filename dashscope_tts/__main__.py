"""``python -m dashscope_tts`` is ``dashscope-tts``."""

import sys

from .cli import main

sys.exit(main())
