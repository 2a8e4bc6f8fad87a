"""Forks, and the end of the process."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import textwrap
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashscope_tts.audio.tts_v2 import SpeechSynthesizerObjectPool

from .conftest import KEY, WHAT, MakePool, borrow, wait_full
from .listening import assert_speech_of
from .server import Server
from .waiting import eventually

ROOT = Path(__file__).parents[2]
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
# Python 3.12 warns of every fork in a process with threads; that is what is tested here.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")


def in_child(work: Callable[[], Any], seconds: float = 20.0) -> None:
    """Run ``work`` in a forked process; fails if that fails, or does not end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            os._exit(status)
    ended: list[int] = []

    def over() -> bool:
        pid, code = os.waitpid(child, os.WNOHANG)
        if pid:
            ended.append(code)
        return bool(ended)

    eventually(over, seconds, lambda: "the child does not end")
    assert ended == [0]


def speak(pool: SpeechSynthesizerObjectPool) -> bool:
    synthesizer = borrow(pool, timeout=5)
    assert_speech_of(synthesizer.call("frames=3"), synthesizer.get_last_request_id(), 3)
    return pool.return_synthesizer(synthesizer)


@forks
def test_a_child_opens_its_own_connections_and_the_parents_survive(make: MakePool, server: Server) -> None:
    pool = make(3)
    parents = server.open

    def work() -> None:
        assert pool.stats()["available"] == 0
        assert speak(pool) is True
        assert pool.stats()["available"] == 3
        assert pool.stats()["opened"] == 3

    in_child(work)
    server.wait_open(3)
    assert server.open == parents
    assert len(server.all) == 6
    tasks_of_the_child = [peer for peer in server.all if peer.tasks]
    assert not set(tasks_of_the_child) & set(parents)
    assert speak(pool) is True
    assert len(server.all) == 6
    assert pool.stats()["lost"] == 0


@forks
def test_a_child_that_does_nothing_does_no_harm(make: MakePool, server: Server) -> None:
    pool = make(2)
    in_child(lambda: None)
    assert speak(pool)
    assert len(server.all) == 2


@forks
def test_the_shutdown_of_a_child_is_its_own(make: MakePool, server: Server) -> None:
    pool = make(2)

    def use_and_shut_down() -> None:
        assert speak(pool)
        pool.shutdown()

    in_child(pool.shutdown)
    in_child(use_and_shut_down)
    server.wait_open(2)
    assert speak(pool)
    assert pool.stats()["lost"] == 0


@forks
def test_what_was_borrowed_before_the_fork_is_the_parents(make: MakePool, server: Server) -> None:
    pool = make(2)
    synthesizer = borrow(pool)

    def return_it() -> None:
        assert pool.return_synthesizer(synthesizer) is False
        pool.invalidate_synthesizer(synthesizer)
        assert speak(pool)

    in_child(return_it)
    assert_speech_of(synthesizer.call("frames=1"), synthesizer.get_last_request_id())
    assert pool.return_synthesizer(synthesizer) is True
    assert pool.stats()["available"] == 2


@forks
def test_a_constructor_in_a_child_gives_the_childs_pool(make: MakePool, server: Server) -> None:
    pool = make(2)

    def construct() -> None:
        assert make(2) is pool
        assert speak(pool)

    in_child(construct)


@forks
def test_a_fork_while_another_thread_holds_the_locks_does_not_block_the_child(
    make: MakePool, server: Server
) -> None:
    pool = make(2)
    with pool._pool.lock, SpeechSynthesizerObjectPool._instance_lock:
        in_child(lambda: (speak(pool), make(2)))
    assert speak(pool)


@forks
def test_several_children_in_a_row_as_a_prefork_server_makes_them(make: MakePool, server: Server) -> None:
    pool = make(2)
    for _ in range(3):
        in_child(lambda: speak(pool))
    server.wait_open(2)
    assert speak(pool)


def _speak_in_a_worker(number: int) -> int:
    live = SpeechSynthesizerObjectPool._instance
    assert live is not None
    speak(live)
    return number


@forks
def test_workers_of_multiprocessing_speak(make: MakePool, server: Server) -> None:
    pool = make(2)
    with multiprocessing.get_context("fork").Pool(2) as workers:
        assert workers.map_async(_speak_in_a_worker, range(8)).get(20) == list(range(8))
        workers.close()
        workers.join()
    server.wait_open(2)
    assert speak(pool)


def run_program(server: Server, program: str) -> tuple[float, subprocess.CompletedProcess[str]]:
    """Run a program to its end; how long it took from its last line on, and what it said."""
    head = f"""
        import sys, time
        from dashscope_tts.audio.tts_v2 import *
        import dashscope_tts
        dashscope_tts.api_key, url, what = {KEY!r}, {server.url!r}, {WHAT!r}
    """
    tail = "print(time.time(), flush=True)"
    text = textwrap.dedent(head) + textwrap.dedent(program) + tail
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    result = subprocess.run(
        [sys.executable, "-c", text],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    ended = time.time()
    assert result.returncode == 0, result.stderr
    return ended - float(result.stdout.splitlines()[-1]), result


def test_a_program_without_shutdown_exits_by_itself(server: Server) -> None:
    seconds, result = run_program(server, """
        pool = SpeechSynthesizerObjectPool(5, url=url)
        s = pool.borrow_synthesizer(**what)
        assert s.call("frames=3")
        pool.return_synthesizer(s)
        kept = pool.borrow_synthesizer(**what)
    """)  # fmt: skip
    assert seconds < 2
    assert result.stderr == ""
    server.wait_open(0)


def test_a_program_exits_during_an_outage(server: Server) -> None:
    seconds, result = run_program(server, """
        pool = SpeechSynthesizerObjectPool(3, url=url)
        pool._url = url.replace("127.0.0.1", "127.0.0.2")
        pool._pool._open_item = lambda: (_ for _ in ()).throw(ConnectionRefusedError())
        for entry in list(pool._pool.idle):
            entry.item.close()
        while not pool.stats()["connect_errors"]:
            time.sleep(0.01)
    """)  # fmt: skip
    assert seconds < 2
    assert result.stderr == ""


def test_atexit_may_shut_the_pool_down(server: Server) -> None:
    seconds, result = run_program(server, """
        import atexit
        pool = SpeechSynthesizerObjectPool(3, url=url)
        atexit.register(pool.shutdown)
        atexit.register(lambda: print(pool, file=sys.stderr))
    """)  # fmt: skip
    assert seconds < 2
    assert "3 available" in result.stderr
    server.wait_open(0)
    assert all(peer.said_goodbye for peer in server.all)


def test_importing_the_pool_starts_no_thread(server: Server) -> None:
    _, result = run_program(server, "import threading; print(threading.active_count())\n")
    assert result.stdout.splitlines()[0] == "1"


def test_a_pool_is_made_again_after_a_signal_ended_the_first(make: MakePool, server: Server) -> None:
    """As a handler of SIGTERM does: shutdown inside whatever the main thread was at."""
    import signal

    pool = make(2)
    lent = borrow(pool)
    before = signal.signal(signal.SIGUSR1, lambda *_: pool.shutdown())
    try:
        with pool._pool.lock:
            os.kill(os.getpid(), signal.SIGUSR1)
            eventually(lambda: pool._pool.closed)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert pool.return_synthesizer(lent) is False
    server.wait_open(0)
    wait_full(make(2))
