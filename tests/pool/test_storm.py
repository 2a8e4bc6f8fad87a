"""Many workers at a time, and everything that can go wrong going wrong at random."""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from dashscope_tts.audio.tts_v2 import SpeechSynthesizer, SpeechSynthesizerObjectPool
from dashscope_tts.common.error import RequestFailure
from dashscope_tts.transport.conversation import Conversation

from .conftest import MakePool, assert_books_add_up, borrow, wait_full
from .listening import Listener, assert_speech_of
from .server import FRAME_BYTES, Server
from .waiting import Crew, eventually

WORKERS, TASKS, FRAMES = 20, 50, 4


def documented_task(pool: SpeechSynthesizerObjectPool) -> str:
    """As the guide has it: borrow, call with a callback, wait for on_complete, return."""
    listener = Listener()
    synthesizer = borrow(pool, listener)
    try:
        synthesizer.call(f"frames={FRAMES}")
    except RequestFailure:
        # Nothing of it was told through the callback too, and there was no audio.
        assert listener.calls + listener.errors == []
        synthesizer.close()
        return "raised"
    assert listener.closed.wait(30), "neither completed nor failed"
    listener.assert_only_of(synthesizer.get_last_request_id())
    pool.return_synthesizer(synthesizer)
    if listener.completed.is_set():
        listener.assert_all_of(synthesizer.get_last_request_id(), FRAMES)
        return "complete"
    assert len(listener.errors) == 1
    assert listener.calls[0] == "on_open"
    assert listener.calls[-2:] == ["on_error", "on_close"]
    return "failed"


def run_documented(pool: SpeechSynthesizerObjectPool) -> Counter[str]:
    outcomes: list[str] = []

    def work() -> None:
        for _ in range(TASKS):
            outcomes.append(documented_task(pool))

    crew = Crew()
    for _ in range(WORKERS):
        crew.send(work)
    crew.wait(120)
    return Counter(outcomes)


def test_the_documented_pattern_loses_no_task(make: MakePool, server: Server) -> None:
    pool = make(WORKERS)
    assert run_documented(pool) == {"complete": WORKERS * TASKS}
    assert len(server.all) == WORKERS
    assert pool.stats()["overflow"] == 0
    assert_books_add_up(pool)


@pytest.mark.slow
def test_the_documented_pattern_loses_no_task_in_five_runs(make: MakePool, server: Server) -> None:
    pool = make(WORKERS)
    for _ in range(5):
        assert run_documented(pool) == {"complete": WORKERS * TASKS}
    assert len(server.all) == WORKERS


@contextmanager
def again_and_again(work: Callable[[], object], pause: float = 0.02) -> Iterator[None]:
    """Do something every now and then, in a thread of its own."""
    over = threading.Event()

    def run() -> None:
        while not over.wait(pause):
            work()

    crew = Crew()
    crew.send(run)
    try:
        yield
    finally:
        over.set()
        crew.wait()


@pytest.mark.parametrize("seed", [1, pytest.param(None, id="fresh seed", marks=pytest.mark.slow)])
def test_while_a_tenth_of_the_connections_are_cut_no_task_is_truncated_in_silence(
    make: MakePool, server: Server, seed: int | None
) -> None:
    seed = random.randrange(10**6) if seed is None else seed
    print(f"seed {seed}")
    pool = make(WORKERS)
    chance, cuts = random.Random(seed), [0]
    with again_and_again(lambda: cuts.append(server.cut_some(0.1, chance))):
        outcomes = run_documented(pool)
    seconds = wait_full(pool, 2)
    print(f"{outcomes}, {sum(cuts)} connections cut, full again after {seconds:.3f} s")
    assert sum(outcomes.values()) == WORKERS * TASKS
    assert sum(cuts) > 10
    assert outcomes["complete"] > WORKERS * TASKS / 2
    server.wait_open(WORKERS)
    assert_books_add_up(pool)


class Ledger:
    """Who has which conversation in his hands."""

    def __init__(self) -> None:
        self._held: set[int] = set()
        self._lock = threading.Lock()

    def take(self, conversation: Conversation) -> None:
        with self._lock:
            assert id(conversation) not in self._held, "one connection in two hands"
            self._held.add(id(conversation))

    def leave(self, conversation: Conversation) -> None:
        with self._lock:
            self._held.discard(id(conversation))


class Worker:
    """Does one thing after another, drawn at random."""

    def __init__(self, pool: SpeechSynthesizerObjectPool, server: Server, ledger: Ledger, seed: int) -> None:
        self._pool, self._server, self._ledger = pool, server, ledger
        self._chance = random.Random(seed)
        self.done: Counter[str] = Counter()

    def work(self, steps: int) -> None:
        for _ in range(steps):
            self._step()

    def _step(self) -> None:
        listener = Listener() if self._chance.random() < 0.6 else None
        try:
            synthesizer = borrow(self._pool, listener, timeout=self._chance.choice([None, 0.001, 5.0]))
        except TimeoutError:
            self.done["nothing free"] += 1
            return
        conversation = synthesizer._conversation
        self._ledger.take(conversation)
        how = self._chance.choice([*["speak"] * 4, "stream", "fail", "cut", "cancel", "time out", "kill", "nothing"])
        self.done[how] += 1
        try:
            self._speak(synthesizer, listener, how)
        except RequestFailure:
            self.done["raised"] += 1
        self._ledger.leave(conversation)
        self._part_with(synthesizer)

    def _speak(self, synthesizer: SpeechSynthesizer, listener: Listener | None, how: str) -> None:
        words = {"fail": "fail", "cut": "cut", "time out": "hold", "kill": "hold"}
        text = f"frames=3 {words.get(how, '')}"
        if how == "nothing":
            return
        if listener is None:
            audio = synthesizer.call(text, timeout_millis=20 if how in ("time out", "kill", "cancel") else 10_000)
            assert_speech_of(audio, synthesizer.get_last_request_id(), 3)
            return
        if how in ("stream", "cancel"):
            synthesizer.streaming_call(text)
            if how == "cancel":
                synthesizer.streaming_cancel()
            else:
                synthesizer.streaming_complete(10_000)
        else:
            synthesizer.call(text)
            if how == "kill":
                self._server.cut_some(0.1, self._chance)
            if how not in ("time out", "kill"):
                assert listener.closed.wait(20)
        listener.assert_only_of(synthesizer.get_last_request_id())
        assert not listener.completed.is_set() or how == "cancel" or len(listener.frames) == 3
        assert len(listener.errors) <= 1

    def _part_with(self, synthesizer: SpeechSynthesizer) -> None:
        ways = [*["return"] * 6, "return twice", "close and return", "invalidate", "close", "drop"]
        way = self._chance.choice(ways)
        self.done[way] += 1
        if way.startswith("close"):
            synthesizer.close()
        if way == "invalidate":
            self._pool.invalidate_synthesizer(synthesizer)
        if "return" in way:
            self._pool.return_synthesizer(synthesizer)
        if way == "return twice":
            assert self._pool.return_synthesizer(synthesizer) is False


def storm(make: MakePool, server: Server, seed: int, steps: int) -> None:
    size = 2 + seed % 7
    print(f"seed {seed}, a pool of {size}")
    pool, ledger = make(size, connect_timeout=20), Ledger()
    workers = [Worker(pool, server, ledger, seed * 100 + number) for number in range(12)]
    crew = Crew()
    with again_and_again(server.finish_held, 0.05):
        for worker in workers:
            crew.send(worker.work, steps)
        crew.wait(90)
    server.finish_held()
    print(sum((worker.done for worker in workers), Counter()))
    wait_full(pool, 5)
    eventually(lambda: len(server.open) == size, 5, lambda: (len(server.open), pool.stats()))
    now = pool.stats()
    assert (now["borrowed"], now["waiting"], now["opening"]) == (0, 0, 0), now
    assert_books_add_up(pool)
    for synthesizer in [borrow(pool) for _ in range(size)]:
        audio = synthesizer.call("frames=2")
        assert_speech_of(audio, synthesizer.get_last_request_id(), 2)
        assert pool.return_synthesizer(synthesizer) is True
    assert len(audio or b"") == 2 * FRAME_BYTES
    pool.shutdown()
    server.wait_open(0)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_whatever_is_done_at_random_the_books_add_up(make: MakePool, server: Server, seed: int) -> None:
    storm(make, server, seed, steps=40)


@pytest.mark.slow
@pytest.mark.parametrize("run", range(5))
def test_whatever_is_done_at_random_the_books_add_up_with_fresh_seeds(
    make: MakePool, server: Server, run: int
) -> None:
    given = os.environ.get("POOL_STORM_SEED")
    storm(make, server, int(given) if given else int(time.time() * 1000) % 10**6 + run, steps=120)
