"""Many sessions at once: nothing is mixed up, all get their turn, and a slow reader costs nobody anything."""

from __future__ import annotations

import concurrent.futures
import threading
import time

import pytest

from dashscope_tts.local.engine import Chunk, Engine

from .client import WAIT, Task, connect, speak


def test_fifty_sessions_at_once_get_exactly_what_each_would_alone(start):
    service = start()
    texts = [f"Session number {number} speaks. 这是第{number}个。" for number in range(50)]
    alone = [speak(service, text).audio for text in texts]
    barrier = threading.Barrier(50)

    def together(text: str) -> bytes:
        with connect(service) as connection:
            barrier.wait(WAIT)
            return Task(connection).run().text(text).finish().rest().audio

    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        assert list(pool.map(together, texts)) == alone
    stats = service.stats()
    assert (stats["tasks_total"], stats["tasks_now"]) == (100, 0)
    assert stats["connections_peak"] == 50


class Counting(Engine):
    """Notes which task's sentence it speaks; waits for the test before the first."""

    def __init__(self) -> None:
        self.spoken: list[str] = []
        self.go = threading.Event()

    def speak(self, utterance, emit):
        assert self.go.wait(WAIT)
        self.spoken.append(utterance.text.strip()[0])
        emit(Chunk(bytes(3200), 16000))


def test_sessions_take_turns_sentence_by_sentence(start):
    engine = Counting()
    service = start(engine=engine)
    with connect(service) as one, connect(service) as two:
        first = Task(one).run().text("a.\n" * 10).finish()
        second = Task(two).run().text("b.\n" * 10).finish()
        first.until("sentence-begin")
        second.until("sentence-begin")
        engine.go.set()
        first.rest()
        second.rest()
    order = "".join(engine.spoken)
    assert sorted(order) == ["a"] * 10 + ["b"] * 10
    assert "aaaa" not in order[:16]
    assert "bbbb" not in order[:16]


def test_a_long_text_does_not_keep_a_short_one_waiting(service):
    with connect(service) as busy:
        Task(busy, format="mp3", sample_rate=48000).run().text("很长很长的一句话。" * 1000).until("audio")
        begun = time.monotonic()
        speak(service, "Hi.")
        assert time.monotonic() - begun < 2.0


class Endless(Engine):
    """Makes a lot of audio for each sentence, and counts it."""

    def __init__(self) -> None:
        self.sentences = 0
        self.stopped = threading.Event()

    def speak(self, utterance, emit):
        self.sentences += 1
        for _ in range(100):
            if not emit(Chunk(bytes(160_000), 16000)):
                self.stopped.set()
                return


def test_a_client_that_does_not_read_holds_up_only_its_own_task(start):
    engine = Endless()
    service = start(engine=engine, shutdown_timeout=0.2)
    with connect(service, max_queue=1, close_timeout=0.1) as slow:
        Task(slow, sample_rate=48000).run().text("Much.\n" * 100).finish()
        # Another session gets through twice; by then the slow one has filled its buffers.
        for _ in range(2):
            speak(service, "Short.")
        assert engine.sentences <= 2 + 2


class Blocking(Engine):
    """Emits until it is told to stop."""

    def __init__(self) -> None:
        self.stopped = threading.Event()

    def speak(self, utterance, emit):
        while emit(Chunk(bytes(320), 16000)):
            self.stopped.wait(0.001)  # paced, as a real engine would be
        self.stopped.set()


@pytest.mark.parametrize("how", ["cancel", "disconnect"])
def test_cancel_and_disconnect_stop_the_engine_in_mid_sentence(start, how):
    engine = Blocking()
    service = start(engine=engine)
    with connect(service) as connection:
        task = Task(connection).run().text("An endless sentence.").finish()
        task.until("audio")
        if how == "cancel":
            task.finish(directive="cancel")
            assert task.rest().last["header"]["event"] == "task-finished"
            assert engine.stopped.wait(WAIT)
    assert engine.stopped.wait(WAIT)


def test_an_engine_that_fails_fails_the_task_and_not_the_service(start):
    class Broken(Engine):
        def speak(self, utterance, emit):
            if "bad" in utterance.text:
                raise ValueError("out of order")
            emit(Chunk(bytes(3200), 16000))

    service = start(engine=Broken())
    with connect(service) as connection:
        assert Task(connection).run().text("A bad one.").finish().rest().error[0] == "InternalError"
    assert len(speak(service, "A good one.").audio) == 3200
