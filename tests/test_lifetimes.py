"""What is dropped, interrupted, forked or left running: nothing stays, nothing hangs, nothing is cut short."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import uuid
import weakref

import pytest

from dashscope_tts.audio.tts_v2 import SpeechSynthesizer
from dashscope_tts.common.error import ConnectionLost, RequestFailure

from .pool.waiting import eventually
from .support import KEY
from .support.elapsed import within
from .support.recorder import Recorder
from .support.steps import accepts, finishes, hears, hears_the_rest, sends, speaks, starts, waits_for


def _synthesizer(service, callback=None):
    return SpeechSynthesizer("m", "v", url=service.url, api_key=KEY, callback=callback)


# -- abandoned


def test_an_idle_synthesizer_that_is_dropped_takes_its_connection_with_it(serve):
    service = serve(accepts, speaks)
    synthesizer = _synthesizer(service)
    synthesizer.call("text")
    gone, thread = weakref.ref(synthesizer), synthesizer.thread
    del synthesizer
    assert gone() is None  # without the help of gc
    thread.join(2)
    assert not thread.is_alive()
    assert service.peer().gone.wait(2)
    assert service.peer().frames[-1].close_code == 1000


def test_what_a_closed_connection_held_goes_without_the_collector(serve):
    """Workers that open one for every task would spend a tenth of their time on collecting."""
    synthesizer = _synthesizer(serve(accepts, speaks))
    synthesizer.call("text")
    connection = synthesizer._conversation.wire
    parts = [weakref.ref(part) for part in (connection, connection._link, synthesizer.request, synthesizer._task)]
    del connection
    gc.disable()
    try:
        synthesizer.close()
        del synthesizer
        eventually(lambda: not any(part() for part in parts))
    finally:
        gc.enable()


def test_D7_a_synthesizer_dropped_while_it_streams_takes_its_connection_with_it(serve):
    service = serve(accepts, starts, hears("continue-task"), sends(b"a"))
    recorder = Recorder()
    synthesizer = _synthesizer(service, recorder)
    synthesizer.streaming_call("text")
    recorder.wait_for("on_data")
    gone, thread = weakref.ref(synthesizer), synthesizer.thread
    del synthesizer
    assert gone() is None
    thread.join(2)
    assert not thread.is_alive()
    assert service.peer().gone.wait(2)


def test_a_dropped_one_whose_callback_holds_it_goes_with_the_cycle(serve):
    class Holding(Recorder):
        synthesizer = None

    service = serve(accepts, speaks)
    callback = Holding()
    callback.synthesizer = _synthesizer(service, callback)
    callback.synthesizer.streaming_call("text")
    thread = callback.synthesizer.thread
    del callback
    gc.collect()
    thread.join(2)
    assert not thread.is_alive()


@pytest.mark.parametrize("way", ["call", "async_streaming_complete"])
def test_a_fire_and_forget_task_is_spoken_to_its_end_and_then_lets_go(serve, way):
    go_on = threading.Event()
    service = serve(accepts, starts, hears_the_rest, waits_for(go_on), sends(b"a", b"b"), finishes)
    recorder = Recorder()
    synthesizer = _synthesizer(service, recorder)
    if way == "call":
        synthesizer.call("text")
    else:
        synthesizer.streaming_call("text")
        synthesizer.async_streaming_complete()
    thread = synthesizer.thread
    del synthesizer
    gc.collect()
    go_on.set()
    recorder.wait_closed()
    assert recorder.audio == b"ab"
    assert recorder.names[-2:] == ["on_complete", "on_close"]
    thread.join(2)
    assert not thread.is_alive()
    assert service.peer().gone.wait(2)


def test_a_hundred_synthesizers_leave_nothing(serve):
    service = serve(accepts, speaks)
    for _ in range(100):
        assert _synthesizer(service).call("text") == b"text"
    for number in range(100):
        assert service.peer(number).gone.wait(2)


# -- interrupted


_INTERRUPTED = {
    "while_connecting": ((), "call"),
    "while_starting": ((accepts, hears("run-task")), "call"),
    "while_finishing": ((accepts, starts, hears("continue-task"), hears("finish-task")), "call"),
    "in_streaming_complete": ((accepts, starts, hears("continue-task"), hears("finish-task")), "complete"),
    "in_streaming_cancel": ((accepts, starts, hears("continue-task"), hears("cancel")), "cancel"),
}


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs setitimer")
@pytest.mark.parametrize(("steps", "what"), _INTERRUPTED.values(), ids=_INTERRUPTED)
def test_ctrl_c_ends_a_wait_and_the_object_works_again(serve, speaker, steps, what):
    service = serve(*steps, then=(accepts, speaks))
    synthesizer = speaker(service, None if what == "call" else Recorder())

    def wait():
        if what == "call":
            synthesizer.call("text")
        else:
            synthesizer.streaming_call("text")
            synthesizer.streaming_complete() if what == "complete" else synthesizer.streaming_cancel()

    def interrupt(number, frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with within(1.0), pytest.raises(KeyboardInterrupt):
            wait()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert service.peer().gone.wait(2)
    assert not synthesizer._is_started
    synthesizer.callback = None
    synthesizer.async_call = False
    assert synthesizer.call("again") == b"again"


# -- programs that end


def _program(text, *arguments, seconds=10):
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(text), *arguments],
        env={**environment, "DASHSCOPE_API_KEY": KEY}, capture_output=True, text=True, timeout=seconds,
    )  # fmt: skip


def test_a_program_that_closes_nothing_ends_by_itself(serve):
    service = serve(accepts, speaks)
    program = """
        import sys
        from dashscope_tts.audio.tts_v2 import ResultCallback, SpeechSynthesizer
        kept = SpeechSynthesizer("m", "v", url=sys.argv[1], callback=ResultCallback())
        kept.streaming_call("text")
        other = SpeechSynthesizer("m", "v", url=sys.argv[1])
        print(other.call("spoken").decode())
    """
    with within(8.0):
        ended = _program(program, service.url)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "spoken\n", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_seam_24_a_fork_leaves_each_process_its_own_connection(serve):
    """The parent's connection, with a task running on it, survives the child's use of the object, and its exit."""
    service = serve(accepts, speaks)
    program = """
        import os, sys, threading
        from dashscope_tts.audio.tts_v2 import ResultCallback, SpeechSynthesizer

        class Callback(ResultCallback):
            def __init__(self):
                self.heard, self.closed = [], threading.Event()
            def on_data(self, data):
                self.heard.append(data)
            def on_close(self):
                self.closed.set()

        streaming = SpeechSynthesizer("m", "v", url=sys.argv[1], callback=Callback())
        streaming.streaming_call("one ")
        idle = SpeechSynthesizer("m", "v", url=sys.argv[1])
        idle.call("idle")
        child = os.fork()
        if child == 0:
            assert idle.call("of the child") == b"of the child"
            fresh = SpeechSynthesizer("m", "v", url=sys.argv[1])
            assert fresh.call("fresh") == b"fresh"
            streaming.close()
            sys.exit(0)  # and its finalizers
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        streaming.streaming_call("two")
        streaming.streaming_complete()
        assert streaming.callback.closed.wait(5)
        assert idle.call("of the parent") == b"of the parent"
        print(b"".join(streaming.callback.heard).decode(), flush=True)
    """
    ended = _program(program, service.url)
    assert (ended.returncode, ended.stdout) == (0, "one two\n"), ended.stderr
    assert service.connections == 4
    assert service.peer(0).texts == ["one ", "two"]
    assert service.peer(1).texts == ["idle", "of the parent"]


# -- half-open links


@pytest.fixture
def netns():
    """A network namespace with a link to it: its name, its address, and what cuts the link."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("needs Linux, root and iproute2")
    tag = uuid.uuid4().hex[:6]
    name, here, there = f"dtt-{tag}", f"dta{tag}", f"dtb{tag}"
    number = os.getpid() % 250

    def ip(*arguments, inside=False):
        command = ["ip", *(["-n", name] if inside else []), *arguments]
        return subprocess.run(command, capture_output=True, check=True)

    try:
        ip("netns", "add", name)
        ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", name)
        ip("addr", "add", f"10.213.{number}.1/30", "dev", here)
        ip("link", "set", here, "up")
        ip("addr", "add", f"10.213.{number}.2/30", "dev", there, inside=True)
        ip("link", "set", there, "up", inside=True)
        ip("link", "set", "lo", "up", inside=True)
    except subprocess.CalledProcessError as error:
        subprocess.run(["ip", "netns", "del", name], capture_output=True)
        pytest.skip(f"no network namespace to be had: {error.stderr.decode().strip()}")
    yield name, f"10.213.{number}.2", lambda: ip("addr", "flush", "dev", there, inside=True)
    subprocess.run(["ip", "link", "del", here], capture_output=True)
    subprocess.run(["ip", "netns", "del", name], capture_output=True)


_SERVICE_ELSEWHERE = """
import sys, time
from tests.support.service import Service
from tests.support.steps import accepts, hears, starts
import socket
listener = socket.create_server
socket.create_server = lambda address, **more: listener((sys.argv[1], 0), **more)
service = Service((accepts, starts, hears("continue-task"), hears("finish-task")))
print(service.port, flush=True)
sys.stdin.read()
"""


def test_D3_a_half_open_link_is_found_by_keep_alive(netns, speaker, monkeypatch):
    """A real link that swallows everything from one moment on, with the times of keep-alive shortened."""
    name, address, cut = netns
    from dashscope_tts.transport import connection

    quick = {"TCP_KEEPIDLE": 1, "TCP_KEEPINTVL": 1, "TCP_KEEPCNT": 2, "TCP_USER_TIMEOUT": 2500}
    options = [(level, option, value) for level, option, value in connection.KEEP_ALIVE_OPTIONS]
    for option, value in quick.items():
        number = getattr(socket, option)
        options = [(lv, o, value if lv == socket.IPPROTO_TCP and o == number else v) for lv, o, v in options]
    monkeypatch.setattr(connection, "KEEP_ALIVE_OPTIONS", options)
    elsewhere = subprocess.Popen(
        ["ip", "netns", "exec", name, sys.executable, "-c", _SERVICE_ELSEWHERE, address],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
    )  # fmt: skip
    try:
        port = elsewhere.stdout.readline().strip()
        recorder = Recorder()
        synthesizer = speaker(f"ws://{address}:{port}", recorder)
        synthesizer.call("text")
        cut()
        with within(4.9):
            recorder.wait_closed()
        assert recorder.error["error_code"] == "ConnectionLost"
        assert "timed out" in recorder.error["error_message"] or "No route" in recorder.error["error_message"]
        assert (recorder.count("on_error"), recorder.count("on_close")) == (1, 1)
    finally:
        elsewhere.stdin.close()
        elsewhere.stdout.close()
        elsewhere.kill()
        elsewhere.wait(5)


# -- all at once


def test_many_threads_with_a_synthesizer_each_while_connections_die(serve, speaker):
    """Every call ends with its own audio or one error; nobody gets another's."""

    def speak_or_die(peer):
        number = 0
        while True:
            message = peer.next_message()
            action, about = message["header"]["action"], message["payload"].get("input") or {}
            number += 1
            if number % 10 == 0:
                peer.reset()
                return
            if action == "run-task":
                peer.event("task-started")
            elif action == "finish-task":
                finishes(peer)
            else:
                peer.send(2, about["text"].encode())

    service = serve(accepts, speak_or_die)
    wrong, ended = [], []

    def work(name):
        synthesizer = _synthesizer(service)
        for number in range(40):
            text = f"{name}-{number}"
            try:
                audio = synthesizer.call(text, timeout_millis=5000)
                ended.append(audio)
                if audio != text.encode():
                    wrong.append((text, audio))
            except ConnectionLost as error:
                ended.append(error)
            except RequestFailure as error:
                wrong.append((text, error))

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    with within(10.0):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert wrong == []
    assert len(ended) == 320
