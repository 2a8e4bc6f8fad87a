from __future__ import annotations

from ..cli.conftest import environment, run, start_service, strict_service
from ..local.conftest import start

__all__ = ["environment", "run", "start", "start_service", "strict_service"]

