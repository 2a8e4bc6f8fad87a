"""The threads of readers: each is one reading's own while it lasts, and another's soon after."""

from __future__ import annotations

import contextvars
import os
import threading
import weakref

import pytest

from dashscope_tts.transport import reading as module
from dashscope_tts.transport.reading import SPARE_NAME, Reading

from .pool.waiting import eventually
from .support.elapsed import within


@pytest.fixture(autouse=True)
def no_spares_of_others():
    eventually(lambda: not _spares())


def _spares():
    return [thread for thread in threading.enumerate() if thread.name == SPARE_NAME]


def _run(target=lambda: None, name="dashscope-tts-test-1"):
    """One reading, to its end, and until its thread is spare."""
    one = Reading(target, name)
    one.start()
    one.join(5)
    assert not one.is_alive()
    eventually(_spares)
    return one


def test_a_thread_reads_one_connection_after_another():
    seen = []
    for number in range(3):
        note = lambda: seen.append((threading.get_ident(), threading.current_thread().name))  # noqa: E731
        _run(note, f"dashscope-tts-test-{number}")
    assert len({ident for ident, _ in seen}) == 1
    assert [name for _, name in seen] == ["dashscope-tts-test-0", "dashscope-tts-test-1", "dashscope-tts-test-2"]


def test_readings_at_once_have_threads_of_their_own():
    all_there = threading.Barrier(5)
    idents = []

    def read():
        all_there.wait(5)
        idents.append(threading.get_ident())

    readings = [Reading(read, f"dashscope-tts-test-{number}") for number in range(4)]
    for one in readings:
        one.start()
    assert all(one.is_alive() and one.daemon for one in readings)
    all_there.wait(5)
    for one in readings:
        one.join(5)
    assert len(set(idents)) == 4


def test_it_is_known_by_its_ident_only_while_it_reads():
    during = []
    one = Reading(lambda: during.append(one.ident == threading.get_ident()), "dashscope-tts-test")
    assert one.ident is None
    assert not one.is_alive()
    one.start()
    one.join(5)
    assert during == [True]
    assert one.ident is None


def test_a_join_ends_with_its_time():
    go = threading.Event()
    one = Reading(lambda: go.wait(5), "dashscope-tts-test")
    one.join(0)
    one.start()
    with within(0.5):
        one.join(0.05)
    assert one.is_alive()
    go.set()
    with within(1.0):
        one.join()
    assert not one.is_alive()


def test_it_is_started_once():
    one = _run()
    with pytest.raises(RuntimeError, match="only be started once"):
        one.start()


def test_a_spare_thread_goes_when_nothing_comes(monkeypatch):
    monkeypatch.setattr(module, "_SPARE_SECONDS", 0.05)
    _run()
    eventually(lambda: not _spares(), 1)
    assert not module._spare


def test_a_reading_that_comes_as_the_thread_goes_is_read_all_the_same(monkeypatch):
    monkeypatch.setattr(module, "_SPARE_SECONDS", 0.0005)
    done = []
    for number in range(500):
        one = Reading(lambda number=number: done.append(number), "dashscope-tts-test")
        one.start()
        one.join(5)
        threading.Event().wait(0.0004 + number % 5 * 0.0001)
    assert done == list(range(500))


def test_nothing_of_a_reading_is_seen_by_the_next():
    variable = contextvars.ContextVar("variable", default="fresh")
    found = []
    for _ in range(2):
        _run(lambda: (found.append(variable.get()), variable.set("used")))
    assert found == ["fresh", "fresh"]


def test_a_thread_that_is_spare_holds_nothing():
    class Thing:
        def read(self):
            pass

    thing = Thing()
    gone = weakref.ref(thing)
    _run(thing.read)
    del thing
    assert gone() is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_process_does_not_wait_for_threads_of_its_parent():
    go = threading.Event()
    still = Reading(lambda: go.wait(5), "dashscope-tts-test-2")
    still.start()
    _run()
    child = os.fork()
    if child == 0:
        done = threading.Event()
        one = Reading(done.set, "dashscope-tts-test-3")
        one.start()
        ok = done.wait(5) and not still.is_alive()
        still.join(5)
        os._exit(0 if ok else 1)
    with within(5.0):
        assert os.waitpid(child, 0)[1] == 0
    go.set()
    still.join(5)
