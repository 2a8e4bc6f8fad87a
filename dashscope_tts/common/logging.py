"""The package's logger, set up as the official one is: silent unless ``DASHSCOPE_LOGGING_LEVEL`` is set."""

from __future__ import annotations

import logging
import os

__all__ = ["enable_logging", "logger"]

DASHSCOPE_LOGGING_LEVEL_ENV = "DASHSCOPE_LOGGING_LEVEL"
_FORMAT = "%(asctime)s - %(name)s - %(filename)s - %(funcName)s - %(lineno)d - %(levelname)s - %(message)s"

logger = logging.getLogger("dashscope")
logger.addHandler(logging.NullHandler())


def enable_logging() -> None:
    """Log to standard error at the level that ``DASHSCOPE_LOGGING_LEVEL`` names: ``debug``, otherwise info."""
    level = os.environ.get(DASHSCOPE_LOGGING_LEVEL_ENV)
    if not level:
        return
    logger.setLevel(logging.DEBUG if level == "debug" else logging.INFO)
    # Both this package and the official one may be in the process: one line each, not two.
    if not any(type(handler) is logging.StreamHandler for handler in logger.handlers):
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter(_FORMAT))
        logger.addHandler(handler)


enable_logging()
