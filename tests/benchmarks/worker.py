"""One case with one package, in a process of its own: ``worker.py PACKAGE CASE URL``; prints a JSON object.

PACKAGE is ``dashscope`` or ``dashscope_tts``; or ``websockets`` or ``bare``, whose cases are in ``plain.py``.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import statistics
import sys
import threading
import time
from functools import partial
from typing import Any, Callable

from tests.benchmarks.crew import working


def _synthesizer(package: str, url: str, **keywords: Any) -> Any:
    module = importlib.import_module(f"{package}.audio.tts_v2")
    root = importlib.import_module(package)
    root.api_key = "benchmark"
    # The official package has no option for TLS, but the library below it finds this variable by itself.
    certificate = os.environ.get("WEBSOCKET_CLIENT_CA_BUNDLE")
    if certificate and package == "dashscope_tts":
        keywords["sslopt"] = {"ca_certs": certificate}
    return module.SpeechSynthesizer("cosyvoice-v3-flash", "longanyang", url=url, **keywords)


def fresh(package: str, url: str) -> dict[str, float]:
    """First package delay on a connection of its own, ms."""
    delays = []
    for _ in range(20):
        synthesizer = _synthesizer(package, url)
        synthesizer.call("frames=1 size=3200 events=1")
        delays.append(synthesizer.get_first_package_delay())
        synthesizer.close()
    return {"ms": statistics.median(delays[3:]), "best_ms": min(delays)}


def frames(package: str, url: str, events: int = 1, size: int = 3200, count: int = 4000) -> dict[str, float]:
    """CPU time of the client per audio frame, microseconds."""
    costs = []
    module = importlib.import_module(f"{package}.audio.tts_v2")
    for _ in range(4):
        synthesizer = _synthesizer(package, url, callback=module.ResultCallback())
        synthesizer.streaming_call(f"frames={count} size={size} events={events}")
        begun = time.process_time()
        synthesizer.streaming_complete()
        costs.append((time.process_time() - begun) / count * 1e6)
        synthesizer.close()
    return {"us": statistics.median(costs[1:])}


def frames_alone(package: str, url: str) -> dict[str, float]:
    """The same without the event before each frame."""
    return frames(package, url, events=0)


def blocking_20mb(package: str, url: str) -> dict[str, float]:
    """20 MB of audio in one blocking call, seconds."""
    return _blocking(package, url, 20)


def blocking_50mb(package: str, url: str) -> dict[str, float]:
    """50 MB, which take the official package over a minute."""
    return _blocking(package, url, 50)


def _blocking(package: str, url: str, megabytes: int) -> dict[str, float]:
    size = 16384
    count = megabytes * 1_000_000 // size
    synthesizer = _synthesizer(package, url)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    audio = synthesizer.call(f"frames={count} size={size} events=1")
    seconds = time.perf_counter() - begun
    assert len(audio) == count * size
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    return {"s": seconds, "memory_times": peak / len(audio)}


def kept(package: str, url: str) -> dict[str, float]:
    """First package delay of a further task on one object, ms."""
    synthesizer = _synthesizer(package, url)
    delays = []
    for _ in range(200):
        synthesizer.call("frames=1 size=3200 events=1")
        delays.append(synthesizer.get_first_package_delay())
    return {"ms": statistics.median(delays[20:])}


def _pool_class(package: str) -> Any:
    return importlib.import_module(f"{package}.audio.tts_v2").SpeechSynthesizerObjectPool


def _pool(package: str, url: str, size: int) -> Any:
    root = importlib.import_module(package)
    root.api_key, root.base_websocket_api_url = "benchmark", url
    return _pool_class(package)(size)


def _end() -> None:
    """At once: the official pool keeps its process alive."""
    sys.stdout.flush()
    os._exit(0)


def pool_opening(package: str, url: str) -> dict[str, float]:
    """A pool of 20, from the constructor to the last open connection, ms; against a server slow to accept."""
    _pool_class(package)
    begun = time.perf_counter()
    _pool(package, url, 20)
    return {"ms": (time.perf_counter() - begun) * 1000}


def pool_of(package: str, url: str, size: int) -> dict[str, float]:
    """A pool against a server that answers at once: opening it, ms, and what it holds."""
    _pool_class(package)
    before, threads = _resident_kb(), threading.active_count()
    begun = time.perf_counter()
    pool = _pool(package, url, size)
    milliseconds = (time.perf_counter() - begun) * 1000
    assert pool is not None
    return {
        "ms": milliseconds,
        "mb": (_resident_kb() - before) / 1024,
        "threads": threading.active_count() - threads,
    }


def pooled(package: str, url: str) -> dict[str, float]:
    """First package delay of a pooled synthesizer, ms."""
    pool, delays = _pool(package, url, 2), []
    for _ in range(40):
        synthesizer = pool.borrow_synthesizer("cosyvoice-v3-flash", "longanyang")
        synthesizer.call("frames=1 size=3200 events=1")
        delays.append(synthesizer.get_first_package_delay())
        pool.return_synthesizer(synthesizer)
    return {"ms": statistics.median(delays[5:])}


_WORK = "frames=10 size=3200 events=1"


def workers_fresh(package: str, url: str) -> dict[str, float]:
    """50 threads, each task on a synthesizer and a connection of its own."""
    _synthesizer(package, url)

    def task() -> None:
        synthesizer = _synthesizer(package, url)
        assert len(synthesizer.call(_WORK)) == 32000
        synthesizer.close()

    return working(50, 10, task)


def workers_pooled(package: str, url: str) -> dict[str, float]:
    """20 threads and a pool of 20."""
    pool = _pool(package, url, 20)

    def task() -> None:
        synthesizer = pool.borrow_synthesizer("cosyvoice-v3-flash", "longanyang")
        assert len(synthesizer.call(_WORK)) == 32000
        pool.return_synthesizer(synthesizer)

    return working(20, 25, task)


def pool_lending(package: str, url: str) -> dict[str, float]:
    """Borrowing and returning, without a task, microseconds."""
    pool = _pool(package, url, 20)
    costs = []
    for _ in range(5000):
        begun = time.perf_counter()
        pool.return_synthesizer(pool.borrow_synthesizer("cosyvoice-v3-flash", "longanyang"))
        costs.append((time.perf_counter() - begun) * 1e6)
    return {"us": statistics.median(costs)}


def pool_kept(package: str, url: str) -> dict[str, float]:
    """First package delay of a bare kept-open connection and of a pooled synthesizer, in turn, ms."""
    pool, bare = _pool(package, url, 2), _synthesizer(package, url)
    pooled_delays, bare_delays = [], []
    for _ in range(300):
        bare.call("frames=1 size=3200 events=1")
        bare_delays.append(bare.get_first_package_delay())
        pooled = pool.borrow_synthesizer("cosyvoice-v3-flash", "longanyang")
        pooled.call("frames=1 size=3200 events=1")
        pooled_delays.append(pooled.get_first_package_delay())
        pool.return_synthesizer(pooled)
    return {"ms": statistics.median(pooled_delays[20:]), "bare_ms": statistics.median(bare_delays[20:])}


def pool_idle(package: str, url: str, seconds: float = 10.0) -> dict[str, float]:
    """100 idle connections: KB and threads for each, percent of a core while nothing happens."""
    _pool_class(package)
    before, threads = _resident_kb(), threading.active_count()
    pool = _pool(package, url, 100)
    figures = {
        "kb": (_resident_kb() - before) / 100,
        "threads": (threading.active_count() - threads) / 100,
    }
    begun, cpu = time.perf_counter(), time.process_time()
    time.sleep(seconds)
    figures["cpu_percent"] = (time.process_time() - cpu) / (time.perf_counter() - begun) * 100
    assert pool is not None
    return figures


def _resident_kb() -> float:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1024


def importing(package: str, url: str) -> dict[str, float]:
    """Import of the synthesizer into a fresh interpreter: seconds, modules, megabytes."""
    module = "websockets.sync.client" if package == "websockets" else f"{package}.audio.tts_v2"
    before, kb = len(sys.modules), _resident_kb()
    begun = time.perf_counter()
    importlib.import_module(module)
    seconds = time.perf_counter() - begun
    return {"s": seconds, "modules": len(sys.modules) - before, "mb": (_resident_kb() - kb) / 1024}


def streams_200(package: str, url: str) -> dict[str, float]:
    """200 realtime streams at once."""
    found: dict[str, float] = importlib.import_module("tests.benchmarks.streams").streams_200(package, url)
    return found


CASES: dict[str, Callable[[str, str], dict[str, float]]] = {
    "fresh_tls": fresh,
    "frames_tls": frames,
    "frames_512": partial(frames, size=512),
    "frames_512_alone": partial(frames, size=512, events=0),
    "frames_64k": partial(frames, size=65536, count=800),
    "frames_64k_alone": partial(frames, size=65536, count=800, events=0),
    "pool_of_20": partial(pool_of, size=20),
    "pool_of_100": partial(pool_of, size=100),
    **{
        function.__name__: function
        for function in (
            fresh, frames, frames_alone, blocking_20mb, blocking_50mb, kept, pooled, importing, streams_200,
            workers_fresh, workers_pooled, pool_opening, pool_lending, pool_kept, pool_idle,
        )
    },
}  # fmt: skip


def main() -> None:
    os.environ.pop("DASHSCOPE_LOGGING_LEVEL", None)
    _, package, case, url = sys.argv
    if package in ("websockets", "bare") and case not in ("importing", "streams_200"):
        plain = importlib.import_module("tests.benchmarks.plain")
        found = plain.PLAIN_CASES[case](plain.CLIENTS[package], url)
    else:
        found = CASES[case](package, url)
    print(json.dumps(found))
    _end()


if __name__ == "__main__":
    main()
