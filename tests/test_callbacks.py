"""What is called back, on which thread, in which order; and callbacks that misbehave or call back in."""

from __future__ import annotations

import json
import logging
import threading

import pytest

from dashscope_tts.audio.tts_v2 import ResultCallback
from dashscope_tts.common.error import InvalidTask, TaskCancelled, TaskFailed

from .support.elapsed import within
from .support.recorder import Recorder
from .support.steps import accepts, cancels, drops, fails, finishes, hears, sends, speaks, starts, tells

_HEARD = ["on_open", "on_event", "on_data", "on_complete", "on_close"]
_ON_THE_READER = ("on_event", "on_data", "on_complete", "on_error", "on_close")


# -- order and threads


def test_all_is_called_in_order_on_open_by_the_caller_the_rest_by_the_reader(serve, speaker):
    recorder = Recorder()
    synthesizer = speaker(serve(accepts, speaks), recorder)
    assert synthesizer.call("text") is None
    recorder.wait_closed()
    assert recorder.names == _HEARD
    assert recorder.threads[0] is threading.current_thread()
    assert {thread.ident for thread in recorder.threads[1:]} == {synthesizer.thread.ident}


def test_the_failure_of_a_task_reaches_on_error_word_for_word(serve, speaker):
    sent = {"header": {"event": "task-failed", "task_id": "t", "error_code": "C", "error_message": "说不了", "x": 1}}

    def fails_word_for_word(peer):
        peer.send(1, json.dumps(sent, ensure_ascii=False).encode())

    recorder = Recorder()
    synthesizer = speaker(serve(accepts, starts, hears("continue-task"), fails_word_for_word), recorder)
    synthesizer.call("text")
    recorder.wait_closed()
    assert recorder.calls[1:] == [("on_error", json.dumps(sent, ensure_ascii=False)), ("on_close", None)]
    assert synthesizer.get_response() == sent


def test_seam_13_on_error_is_json_for_a_lost_connection_too(serve, speaker):
    recorder = Recorder()
    speaker(serve(accepts, starts, hears("continue-task"), drops), recorder).call("text")
    recorder.wait_closed()
    assert set(recorder.error) >= {"task_id", "event", "error_code", "error_message", "attributes"}
    assert "websocket closed" in recorder.calls[1][1]


def test_D20_a_failure_at_the_start_is_told_and_raised(serve, speaker):
    recorder = Recorder()
    synthesizer = speaker(serve(accepts, hears("run-task"), fails("C", "no such voice")), recorder)
    with pytest.raises(TaskFailed, match="no such voice"):
        synthesizer.call("text")
    recorder.wait_closed()
    assert recorder.names == ["on_error", "on_close"]
    assert recorder.error["error_message"] == "no such voice"


def test_audio_is_bytes_that_a_program_may_keep(serve, speaker):
    """Seam 14."""
    service = serve(accepts, starts, hears("continue-task"), hears("finish-task"), sends(b"one", b"two"), finishes)
    recorder = Recorder()
    speaker(service, recorder).call("text")
    recorder.wait_closed()
    kept = [data for name, data in recorder.calls if name == "on_data"]
    assert kept == [b"one", b"two"]
    assert {type(data) for data in kept} == {bytes}


def test_everything_is_settled_before_on_complete(serve, speaker):
    seen = []

    def look():
        connected = "connected:True" in str(synthesizer)
        seen.append((synthesizer._is_started, synthesizer.complete_event.is_set(), connected))

    synthesizer = speaker(serve(accepts, speaks), recorder := Recorder(on_complete=look, on_close=look))
    synthesizer.call("text")
    recorder.wait_closed()
    assert seen == [(False, True, True), (False, True, True)]


def test_the_base_callback_does_nothing(serve, speaker):
    callback = ResultCallback()
    synthesizer = speaker(serve(accepts, speaks), callback)
    synthesizer.streaming_call("text")
    synthesizer.streaming_complete()
    for method, arguments in (("on_open", ()), ("on_data", (b"",)), ("on_event", ("",)), ("on_error", ("",))):
        assert getattr(callback, method)(*arguments) is None


def test_seam_14_a_callback_without_the_constructor_of_its_base_works(serve, speaker):
    class Bare(ResultCallback):
        def __init__(self):
            self.closed = threading.Event()

        def on_close(self):
            self.closed.set()

    callback = Bare()
    speaker(serve(accepts, speaks), callback).call("text")
    assert callback.closed.wait(2)


# -- callbacks that raise


@pytest.mark.parametrize("method", _ON_THE_READER)
@pytest.mark.parametrize("error", [LookupError("mine"), SystemExit(3), KeyboardInterrupt()], ids=repr)
def test_D18_a_callback_that_raises_stops_no_other(serve, speaker, caplog, method, error):
    def raise_it(*arguments):
        raise error

    end = (fails("C", "m"),) if method == "on_error" else (finishes,)
    said = (tells(), sends(b"a"), tells(), *end)
    service = serve(accepts, starts, hears("continue-task"), hears("finish-task"), *said)
    recorder = Recorder(**{method: raise_it})
    synthesizer = speaker(service, recorder)
    synthesizer.call("text")
    recorder.wait_closed()
    last = "on_error" if method == "on_error" else "on_complete"
    assert recorder.names == ["on_open", "on_event", "on_data", "on_event", last, "on_close"]
    assert recorder.count("on_close") == 1
    synthesizer.close()
    synthesizer.thread.join(2)
    logged = [record for record in caplog.records if record.levelno == logging.ERROR and record.exc_info]
    assert logged
    assert f"{method} of the callback raised" in logged[0].getMessage()


def test_the_first_error_of_a_callback_can_be_asked_for(serve, speaker):
    def raise_it(data):
        raise LookupError(data)

    recorder = Recorder(on_data=raise_it)
    synthesizer = speaker(serve(accepts, speaks), recorder)
    synthesizer.call("one")
    recorder.wait_closed()
    assert isinstance(synthesizer.callback_error, LookupError)
    assert synthesizer.callback_error.args == (b"one",)


def test_D17_a_json_error_of_the_callback_is_its_own(serve, speaker, caplog):
    recorder = Recorder(on_event=lambda message: json.loads("not json"))
    synthesizer = speaker(serve(accepts, speaks), recorder)
    synthesizer.call("text")
    recorder.wait_closed()
    assert recorder.names == _HEARD
    assert isinstance(synthesizer.callback_error, json.JSONDecodeError)
    assert "on_event of the callback raised" in caplog.text


@pytest.mark.parametrize("error", [LookupError("mine"), SystemExit(3)])
def test_what_on_open_raises_reaches_the_caller_and_ends_the_task(serve, speaker, error):
    def raise_it():
        raise error

    recorder = Recorder(on_open=raise_it)
    service = serve(accepts, starts, then=(accepts, speaks))
    synthesizer = speaker(service, recorder)
    with pytest.raises(type(error)):
        synthesizer.streaming_call("text")
    assert not synthesizer._is_started
    assert service.peer().gone.wait(2)
    recorder.reactions.clear()
    synthesizer.streaming_call("again")
    synthesizer.streaming_complete()
    recorder.wait_closed()
    assert recorder.audio == b"again"


def test_a_slow_callback_loses_nothing(serve, speaker):
    """What comes while it is busy waits, in order."""
    busy = threading.Event()
    pieces = [b"%d" % number for number in range(2000)]
    service = serve(accepts, starts, hears("continue-task"), hears("finish-task"), sends(*pieces), finishes)
    recorder = Recorder(on_data=lambda data: data == b"0" and busy.wait(0.3))
    speaker(service, recorder).call("text")
    recorder.wait_closed()
    assert [data for name, data in recorder.calls if name == "on_data"] == pieces


# -- callbacks that call back in


@pytest.mark.parametrize("method", ["on_event", "on_data"])
def test_D16_cancel_from_a_callback_returns_at_once_and_keeps_the_connection(serve, speaker, method):
    def cancel(argument):
        with within(0.5):
            synthesizer.streaming_cancel()

    script = (accepts, starts, hears("continue-task"), tells(), sends(b"a", b"b"), cancels, speaks)
    service = serve(*script)
    recorder = Recorder(**{method: cancel})
    synthesizer = speaker(service, recorder)
    synthesizer.streaming_call("text")
    recorder.wait_closed()
    assert recorder.names[-2:] == ["on_complete", "on_close"]
    assert recorder.audio == (b"" if method == "on_event" else b"a")
    assert recorder.count("on_close") == 1
    recorder.reactions.clear()
    synthesizer.call("next")
    recorder.wait_for("on_close", 2)
    assert service.connections == 1


@pytest.mark.parametrize("method", ["on_event", "on_data", "on_complete", "on_close"])
def test_close_from_a_callback_ends_the_task_and_the_connection(serve, speaker, method):
    def close(*arguments):
        with within(0.5):
            synthesizer.close()

    service = serve(accepts, speaks)
    recorder = Recorder(**{method: close})
    synthesizer = speaker(service, recorder)
    synthesizer.call("text")
    recorder.wait_closed()
    assert service.peer().gone.wait(2)
    synthesizer.thread.join(2)
    assert recorder.count("on_close") == 1
    assert recorder.count("on_error") == 0


def test_streaming_complete_from_a_callback_sends_the_end_and_returns(serve, speaker):
    def complete(data):
        with within(0.5):
            synthesizer.streaming_complete()

    service = serve(accepts, starts, hears("continue-task"), sends(b"a"), hears("finish-task"), sends(b"b"), finishes)
    recorder = Recorder(on_data=lambda data: data == b"a" and complete(data))
    synthesizer = speaker(service, recorder)
    synthesizer.streaming_call("text")
    recorder.wait_closed()
    assert recorder.audio == b"ab"


def test_text_from_a_callback_is_sent(serve, speaker):
    service = serve(accepts, speaks)
    recorder = Recorder(on_data=lambda data: data == b"one" and feed())
    synthesizer = speaker(service, recorder)

    def feed():
        synthesizer.streaming_call("two")
        synthesizer.streaming_flush()
        synthesizer.streaming_complete()

    synthesizer.streaming_call("one")
    recorder.wait_closed()
    assert recorder.audio == b"onetwo"


def test_text_from_on_open_is_sent_first(serve, speaker):
    service = serve(accepts, speaks)
    recorder = Recorder(on_open=lambda: synthesizer.streaming_call("zero "))
    synthesizer = speaker(service, recorder)
    synthesizer.streaming_call("one")
    synthesizer.streaming_complete()
    recorder.wait_closed()
    assert recorder.audio == b"zero one"
    assert service.peer().texts == ["zero ", "one"]


@pytest.mark.parametrize("method", ["on_complete", "on_close"])
def test_a_callback_may_begin_the_next_task(serve, speaker, method):
    """On the reader thread, which cannot wait for the start of it."""
    texts = iter(["two", "three"])

    def go_on():
        text = next(texts, None)
        if text:
            with within(0.5):
                assert synthesizer.call(text) is None

    service = serve(accepts, speaks)
    recorder = Recorder(**{method: go_on})
    synthesizer = speaker(service, recorder)
    synthesizer.call("one")
    recorder.wait_for("on_close", 3)
    assert recorder.audio == b"onetwothree"
    assert recorder.count("on_open") == recorder.count("on_complete") == recorder.count("on_close") == 3
    assert service.connections == 1
    assert len(set(service.peer().task_ids)) == 3
    assert service.peer().texts == ["one", "two", "three"]


def test_a_callback_may_stream_the_next_task(serve, speaker):
    done = iter([False, True])

    def go_on():
        if not next(done):
            synthesizer.streaming_call("two")
            synthesizer.streaming_call("three")
            synthesizer.async_streaming_complete()

    recorder = Recorder(on_complete=go_on)
    synthesizer = speaker(serve(accepts, speaks), recorder)
    synthesizer.streaming_call("one")
    synthesizer.streaming_complete()
    recorder.wait_for("on_close", 2)
    assert recorder.audio == b"onetwothree"


def test_a_task_begun_in_a_callback_that_fails_is_told_of_there(serve, speaker):
    done = iter([False, True, True])
    service = serve(
        accepts, starts, hears("continue-task"), hears("finish-task"), finishes, hears("run-task"), fails("C", "full")
    )
    recorder = Recorder(on_complete=lambda: next(done) or synthesizer.call("two"))
    synthesizer = speaker(service, recorder)
    synthesizer.call("one")
    recorder.wait_for("on_close", 2)
    assert recorder.error["error_message"] == "full"
    assert recorder.count("on_error") == 1


def test_a_call_after_a_failure_from_on_close_dials_again(serve, speaker):
    done = iter([False, True])
    service = serve(accepts, starts, hears("continue-task"), drops, then=(accepts, speaks))
    recorder = Recorder(on_close=lambda: next(done) or synthesizer.call("two"))
    synthesizer = speaker(service, recorder)
    synthesizer.call("one")
    recorder.wait_for("on_close", 2)
    assert recorder.audio == b"two"
    assert service.connections == 2


def test_a_waiting_call_in_a_callback_is_refused(serve, speaker):
    """It would wait for what only its own thread can read."""
    refused = []

    def call(*arguments):
        try:
            synthesizer.call("two")
        except InvalidTask as error:
            refused.append(str(error))

    synthesizer = speaker(serve(accepts, speaks))
    synthesizer.callback = Recorder(on_complete=call)
    assert synthesizer.call("one") == b"one"
    synthesizer.callback.wait_closed()
    assert len(refused) == 1
    assert "inside a callback" in refused[0]


def test_close_from_another_thread_while_a_callback_runs(serve, speaker):
    inside, go_on = threading.Event(), threading.Event()

    def on_data(data):
        inside.set()
        assert go_on.wait(5)

    recorder = Recorder(on_data=on_data)
    service = serve(accepts, starts, hears("continue-task"), sends(b"a", b"b", b"c"))
    synthesizer = speaker(service, recorder)
    synthesizer.streaming_call("text")
    assert inside.wait(2)
    with within(0.5):
        synthesizer.close()
        synthesizer.close()
    go_on.set()
    recorder.wait_closed()
    assert recorder.audio == b"a"
    assert recorder.names == ["on_open", "on_data", "on_close"]
    with pytest.raises(TaskCancelled):
        raise synthesizer._conversation.task.failure
