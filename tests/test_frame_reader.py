"""Reading on systems that lack what Linux has, and the end of a read that only looks like a time-out."""

from __future__ import annotations

import errno
import os
import select
import socket
import ssl
import threading
import time
import types

import pytest

from dashscope_tts.transport.frame_reader import FrameReader
from dashscope_tts.transport.read_wait import ReadWait

from .support.elapsed import within
from .support.recorder import Recorder
from .support.steps import accepts, hears, sends, speaks, starts


@pytest.fixture(params=["eventfd_and_poll", "poll", "select"])
def system(request, monkeypatch):
    """Linux; a system without eventfd, such as macOS; one without poll, such as Windows."""
    if request.param != "eventfd_and_poll":
        monkeypatch.delattr(os, "eventfd", raising=False)
    elif not hasattr(os, "eventfd"):
        pytest.skip("needs eventfd")
    if request.param == "select":
        monkeypatch.delattr(select, "poll", raising=False)


def test_a_conversation_goes_well_on_every_system(system, serve, speaker):
    service = serve(accepts, speaks)
    synthesizer = speaker(service)
    assert [synthesizer.call(text) for text in ("one", "two")] == [b"one", b"two"]
    synthesizer.close()
    synthesizer.thread.join(2)
    assert service.peer().gone.wait(2)


def test_a_limit_set_while_the_reader_waits_is_kept_on_every_system(system, serve, speaker):
    recorder = Recorder()
    synthesizer = speaker(serve(accepts, starts, hears("continue-task"), sends(b"a"), hears("finish-task")), recorder)
    synthesizer.streaming_call("text")
    recorder.wait_for("on_data")
    with within(1.0):
        synthesizer.async_streaming_complete(150)
        recorder.wait_closed()
    assert recorder.error["error_code"] == "TaskTimeout"


def test_a_wait_ends_with_data_with_a_wake_and_with_its_time(system):
    here, there = socket.socketpair()
    with here, there:
        wait = ReadWait(here)
        assert wait.wait(0.01) is False
        wait.wake()
        assert wait.wait(0.01) is False
        wait.allow_wakes()
        there.send(b"x")
        with within(1.0):
            assert wait.wait(5) is True
        assert here.recv(1) == b"x"
        threading.Timer(0.05, wait.wake).start()
        with within(1.0):
            assert wait.wait(5) is False
        for _ in range(3):
            wait.wake()
        assert wait.wait(5) is False
        assert wait.wait(0.01) is False  # several wakes are one
        wait.close()
        wait.close()
        wait.wake()


def test_a_wait_is_never_shorter_than_asked(system):
    here, there = socket.socketpair()
    with here, there:
        wait = ReadWait(here)
        for _ in range(20):
            begun = time.monotonic()
            wait.wait(0.0015)
            assert time.monotonic() - begun >= 0.0015
        wait.close()


class _Sink:
    may_wake = False

    def __init__(self):
        self.frames, self.causes = [], []

    def frame(self, data):
        self.frames.append(data)

    def due(self, waiting_since):
        return None

    def overdue(self, waiting_since):
        raise AssertionError("nothing is due")

    def ended(self, cause):
        self.causes.append(cause)


class _Sock:
    """A socket whose reads are scripted; a pair underneath makes it readable."""

    can_wait = False

    def __init__(self, *reads):
        self.here, self.there = socket.socketpair()
        self.there.send(b"!")
        self.reads = list(reads)

    def fileno(self):
        return self.here.fileno()

    def recv(self, size):
        read = self.reads.pop(0)
        if isinstance(read, BaseException):
            raise read
        return read


def _read(*reads):
    sock, sink = _Sock(*reads), _Sink()
    buffer = types.SimpleNamespace(frame_buffer=types.SimpleNamespace())
    app = types.SimpleNamespace(keep_running=True, sock=buffer)
    reader = FrameReader(app, sink)
    reader.read(sock, lambda: False, lambda: True)
    sock.here.close()
    sock.there.close()
    return sink


def test_a_link_that_keep_alive_found_dead_is_named_so():
    sink = _read(TimeoutError(errno.ETIMEDOUT, "Connection timed out"), b"")
    assert isinstance(sink.causes[0], TimeoutError)
    assert sink.causes[0].errno == errno.ETIMEDOUT


def test_half_a_tls_record_is_waited_for():
    half = ssl.SSLWantReadError("The operation did not complete")
    sink = _read(half, b"\x82\x01a\x81", BlockingIOError(), b"\x01b", b"")
    assert sink.frames == [b"a", "b"]
    assert "without a close frame" in str(sink.causes[0])
