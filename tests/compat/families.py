"""The families of scenarios: each speaks with a service of its own, in a process of its own under either package."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from .realtime_trace import RealtimeTrace
from .trace import Trace

__all__ = ["FAMILIES", "Family"]


@dataclass(frozen=True)
class Family:
    """What the scenarios of a family have in common.

    Args:
        url: where the service of the family plays a script for a run.
        at_once: how many scenarios share the process at a time; one, where they change its settings.
        trace: what a scenario is given to write in.
    """

    url: str
    at_once: int
    trace: type[Trace] = Trace

    def url_of(self, address: str, script: str, run: str) -> str:
        """Where a scenario finds its script."""
        return self.url.format(address=address, script=quote(script), run=run)


FAMILIES = {
    "cosyvoice": Family("ws://{address}/{script}/{run}/api-ws/v1/inference", 12),
    "realtime": Family("ws://{address}/{script}/{run}/api-ws/v1/realtime", 8, RealtimeTrace),
    "sambert": Family("ws://{address}/{script}/{run}/api-ws/v1/inference", 1),
    "http": Family("http://{address}/{script}~{run}/api/v1", 1),
}
