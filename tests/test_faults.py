"""Every fault on a real socket, at every stage: it ends within a second, once, with an error that names the cause."""

from __future__ import annotations

import logging
import threading
import time

import pytest
import websocket

from dashscope_tts.audio.tts_v2 import SpeechSynthesizer
from dashscope_tts.common.error import (
    ConnectionLost,
    IdleTimeout,
    MalformedFrame,
    RequestFailure,
    TaskCancelled,
    TaskFailed,
    TaskTimeout,
)

from .support.elapsed import within
from .support.peer import BINARY, CONTINUATION, TEXT, frame_of
from .support.recorder import Recorder
from .support.steps import (
    accepts,
    accepts_and_starts_behind_it,
    cancels,
    closes,
    drops,
    fails,
    finishes,
    floods,
    hears,
    hears_the_rest,
    pings,
    resets,
    sends,
    sends_in_fragments,
    sends_masked,
    sleeps_on_the_job,
    speaks,
    starts,
    tells,
    waits_for,
    writes,
    writes_text,
)

_UNFINISHED = frame_of(TEXT, b'{"header"', final=False)
_FAULTS = {
    # what happens: (steps, error, what the error names)
    "drop": ((drops,), ConnectionLost, "without a close frame|reset by peer"),
    "reset": ((resets,), ConnectionLost, "reset by peer|without a close frame"),
    "close_1011": ((closes(1011, "internal error"),), ConnectionLost, r"code 1011 \(internal error\)"),
    "close_1011_and_drop": ((closes(1011, "oops"), drops), ConnectionLost, r"code 1011 \(oops\)|reset by peer"),
    "close_without_a_code": ((closes(),), ConnectionLost, "no code"),
    "text_that_is_not_json": ((writes_text("hello"),), MalformedFrame, "hello"),
    "json_that_is_not_an_object": ((writes_text([1, 2]),), MalformedFrame, "not a message of the service"),
    "object_without_a_header": ((writes_text({"payload": {}}),), MalformedFrame, "not a message of the service"),
    "text_that_is_not_utf8": ((writes_text(b"\xff\xfe{}"),), MalformedFrame, "not UTF-8"),
    "fragments_that_are_not_utf8": ((sends_in_fragments(TEXT, b'{"a', b"\xff\xfe"),), MalformedFrame, "not UTF-8"),
    "reserved_opcode": ((writes(b"\x83\x00"),), MalformedFrame, "opcode"),
    "reserved_bits": ((writes(b"\xf2\x00"),), MalformedFrame, "rsv"),
    "http_in_the_middle": ((writes(b"HTTP/1.1 400 Bad\r\n\r\n"),), MalformedFrame, "rsv"),
    "continuation_of_nothing": ((writes(frame_of(CONTINUATION, b"x")),), MalformedFrame, "continues nothing"),
    "half_a_head_then_drop": ((writes(b"\x82\x7e\x01"), drops), ConnectionLost, "without a close frame|reset"),
    "half_a_frame_then_drop": ((writes(b"\x82\x05ab"), drops), ConnectionLost, "without a close frame|reset"),
    "half_a_message_then_drop": ((writes(_UNFINISHED), drops), ConnectionLost, "without a close frame|reset"),
    "masked": ((sends_masked(b"audio"),), MalformedFrame, "masked"),
    "fragmented_ping": ((writes(b"\x09\x00"),), MalformedFrame, "control frame"),
    "message_begun_twice": ((writes(_UNFINISHED * 2),), MalformedFrame, "does not continue"),
    "impossible_length": ((writes(b"\x82\x7f" + b"\xff" * 8),), MalformedFrame, "length"),
    "task_failed": (
        (fails("InvalidParameter", "[tts:]Engine return error code: 418"),), TaskFailed, "error code: 418",
    ),
    "task_failed_and_drop": ((fails("Throttling.RateQuota", "slow down"), drops), TaskFailed, "slow down"),
}  # fmt: skip
_STAGES = {
    "before_start": (accepts, hears("run-task")),
    "mid_audio": (accepts, starts, hears("continue-task"), sends(b"one")),
    "after_finish": (accepts, starts, hears("continue-task"), sends(b"one"), hears("finish-task")),
}
# A peer that ends TCP with something unread in its buffer resets the connection, and what it said may be lost.
_EVERY_FAULT = [pytest.param(*fault, id=name) for name, fault in _FAULTS.items()]
_EVERY_STAGE = [pytest.param(steps, id=name) for name, steps in _STAGES.items()]


@pytest.mark.parametrize("stage", _EVERY_STAGE)
@pytest.mark.parametrize(("fault", "kind", "says"), _EVERY_FAULT)
def test_a_waiting_call_raises_the_cause_at_once(serve, speaker, stage, fault, kind, says):
    synthesizer = speaker(serve(*stage, *fault))
    with within(1.0), pytest.raises(kind, match=says) as raised:
        synthesizer.call("text")
    assert raised.value.request_id == synthesizer.get_last_request_id()
    assert isinstance(raised.value, RequestFailure)
    assert not synthesizer._is_started


@pytest.mark.parametrize("stage", [pytest.param(_STAGES[name], id=name) for name in ("mid_audio", "after_finish")])
@pytest.mark.parametrize(("fault", "kind", "says"), _EVERY_FAULT)
def test_a_callback_hears_of_the_cause_once(serve, speaker, stage, fault, kind, says):
    recorder = Recorder()
    synthesizer = speaker(serve(*stage, *fault), recorder)
    with within(1.0):
        synthesizer.call("text")
        recorder.wait_closed()
    assert recorder.names[0] == "on_open"
    assert recorder.names[-2:] == ["on_error", "on_close"]
    assert (recorder.count("on_error"), recorder.count("on_close"), recorder.count("on_complete")) == (1, 1, 0)
    with pytest.raises(RequestFailure, match=says):
        raise RequestFailure(message=recorder.error["error_message"])
    assert recorder.error["event"] == "task-failed"
    assert recorder.error["task_id"] == synthesizer.get_last_request_id()
    if kind is not TaskFailed:
        assert recorder.error["error_code"] == kind.__name__


@pytest.mark.parametrize(("fault", "kind", "says"), _EVERY_FAULT)
def test_a_fault_before_the_start_is_raised_from_the_first_fragment(serve, speaker, fault, kind, says):
    recorder = Recorder()
    synthesizer = speaker(serve(*_STAGES["before_start"], *fault), recorder)
    with within(1.0), pytest.raises(kind, match=says):
        synthesizer.streaming_call("text")
    if kind is TaskFailed:  # D20: the official package does both
        recorder.wait_closed()
        assert recorder.names == ["on_error", "on_close"]
    else:
        assert recorder.names == []


@pytest.mark.parametrize("name", ["drop", "reset", "close_1011", "text_that_is_not_json", "task_failed"])
def test_streaming_complete_comes_back_when_the_fault_comes(serve, speaker, name):
    recorder, (fault, _, _) = Recorder(), _FAULTS[name]
    synthesizer = speaker(serve(*_STAGES["after_finish"], *fault), recorder)
    synthesizer.streaming_call("text")
    with within(1.0):
        assert synthesizer.streaming_complete() is None  # the callback heard of it
        recorder.wait_closed()
    assert (recorder.count("on_error"), recorder.count("on_close")) == (1, 1)


@pytest.mark.parametrize("name", ["drop", "reset", "close_1011", "text_that_is_not_json", "task_failed"])
def test_D19_a_fragment_after_the_fault_raises_its_cause_and_the_end_of_the_text_is_quiet(serve, speaker, name):
    recorder, (fault, _, says) = Recorder(), _FAULTS[name]
    synthesizer = speaker(serve(*_STAGES["mid_audio"], *fault), recorder)
    synthesizer.streaming_call("text")
    recorder.wait_closed()
    for _ in range(2):
        with pytest.raises(ConnectionLost, match=says) as raised:  # D24
            synthesizer.streaming_call("more")
    assert isinstance(raised.value, RequestFailure)
    assert synthesizer.streaming_complete() is None
    assert (recorder.count("on_error"), recorder.count("on_close")) == (1, 1)


# -- close codes, error classes


def test_a_close_has_its_code_and_reason(serve, speaker):
    synthesizer = speaker(serve(*_STAGES["mid_audio"], closes(1007, "bad input")))
    with pytest.raises(ConnectionLost) as raised:
        synthesizer.call("text")
    assert (raised.value.close_code, raised.value.close_reason) == (1007, "bad input")
    assert not raised.value.retryable
    assert raised.value.__cause__ is not None


@pytest.mark.parametrize(("code", "retryable"), [(1000, True), (1001, True), (1011, True), (1008, False)])
def test_only_a_close_that_may_pass_is_retryable(serve, speaker, code, retryable):
    synthesizer = speaker(serve(*_STAGES["mid_audio"], closes(code)))
    with pytest.raises(ConnectionLost) as raised:
        synthesizer.call("text")
    assert raised.value.retryable is retryable


def test_the_service_gets_an_answer_to_its_close_frame(serve, speaker):
    service = serve(*_STAGES["after_finish"], closes(1011))
    with pytest.raises(ConnectionLost):
        speaker(service).call("text")
    assert service.peer().gone.wait(2)
    assert [frame.close_code for frame in service.peer().frames if frame.opcode == 8] == [1000]


def test_D24_a_lost_connection_is_all_that_programs_catch(serve, speaker):
    synthesizer = speaker(serve(*_STAGES["mid_audio"], drops))
    with pytest.raises(ConnectionLost) as raised:
        synthesizer.call("text")
    for kind in (RequestFailure, ConnectionError, websocket.WebSocketConnectionClosedException):
        assert isinstance(raised.value, kind)
    assert "websocket closed" in str(raised.value)
    assert type(raised.value).__name__ == "ConnectionLost"


def test_an_idle_timeout_of_the_service_is_an_error_of_its_own(serve, speaker):
    too_late = fails("InvalidParameter", "request timeout after 23 seconds.")
    synthesizer = speaker(serve(*_STAGES["mid_audio"], too_late))
    with pytest.raises(IdleTimeout, match="request timeout after 23 seconds") as raised:
        synthesizer.call("text")
    assert raised.value.retryable
    assert "23 seconds" in raised.value.hint


def test_the_first_cause_wins(serve, speaker):
    synthesizer = speaker(serve(*_STAGES["mid_audio"], fails("First", "first"), closes(1011, "second"), drops))
    with pytest.raises(TaskFailed, match="first"):
        synthesizer.call("text")


# -- silence


def test_a_service_that_never_starts_the_task_is_given_up_after_the_limit_of_the_call(serve, speaker):
    service = serve(accepts, hears("run-task"))
    synthesizer = speaker(service)
    with within(1.0), pytest.raises(TaskTimeout, match=r"start speech synthesizer failed within 0\.\d+s") as raised:
        synthesizer.call("text", timeout_millis=200)
    assert isinstance(raised.value, TimeoutError)
    assert raised.value.retryable
    assert service.peer().gone.wait(1)


def test_a_service_that_never_ends_the_task_is_given_up_after_the_limit_of_the_call(serve, speaker):
    service = serve(*_STAGES["after_finish"])
    with within(1.0), pytest.raises(TaskTimeout, match=r"^speech synthesizer wait for complete timeout 200ms$"):
        speaker(service).call("text", timeout_millis=200)
    assert service.peer().gone.wait(1)


def test_D8_one_limit_covers_connecting_starting_and_finishing(serve, speaker):
    slow = threading.Event()
    threading.Timer(0.15, slow.set).start()
    service = serve(waits_for(slow), accepts, starts)
    with within(0.6), pytest.raises(TaskTimeout):
        speaker(service).call("text", timeout_millis=300)


def test_D14_a_call_with_a_callback_and_a_limit_tells_of_the_time_out(serve, speaker):
    recorder = Recorder()
    synthesizer = speaker(serve(*_STAGES["after_finish"]), recorder)
    with within(1.0):
        assert synthesizer.call("text", timeout_millis=200) is None
        recorder.wait_closed()
    assert recorder.names[-2:] == ["on_error", "on_close"]
    assert recorder.error["error_code"] == "TaskTimeout"
    assert "speech synthesizer wait for complete timeout" in recorder.error["error_message"]


def test_D14_async_streaming_complete_tells_of_its_time_out(serve, speaker):
    recorder = Recorder()
    synthesizer = speaker(serve(*_STAGES["after_finish"]), recorder)
    synthesizer.streaming_call("text")
    with within(1.0):
        synthesizer.async_streaming_complete(200)
        recorder.wait_closed()
    assert (recorder.count("on_error"), recorder.count("on_close")) == (1, 1)
    assert recorder.error["error_code"] == "TaskTimeout"


def test_streaming_complete_raises_its_time_out_and_closes(serve, speaker):
    recorder = Recorder()
    service = serve(*_STAGES["after_finish"])
    synthesizer = speaker(service, recorder)
    synthesizer.streaming_call("text")
    with within(1.0), pytest.raises(TimeoutError, match="wait for complete timeout 200ms"):
        synthesizer.streaming_complete(200)
    assert service.peer().gone.wait(1)
    assert recorder.count("on_error") == 0


def test_a_service_that_falls_silent_after_the_end_of_the_text_is_given_up(serve, speaker, monkeypatch):
    recorder = Recorder()
    synthesizer = speaker(serve(*_STAGES["after_finish"]), recorder)
    synthesizer._conversation.silence_seconds = 0.2
    with within(1.0):
        synthesizer.call("text")
        recorder.wait_closed()
    assert "has sent nothing for 0.2s" in recorder.error["error_message"]
    assert (recorder.count("on_error"), recorder.count("on_close")) == (1, 1)


def test_a_service_that_never_says_anything_after_the_text_is_given_up(serve, speaker):
    recorder = Recorder()
    synthesizer = speaker(serve(accepts, starts), recorder)
    synthesizer._conversation.silence_seconds = 0.2
    synthesizer.streaming_call("text")
    with within(1.0):
        synthesizer.async_streaming_complete()
        recorder.wait_closed()
    assert "has sent nothing for 0.2s" in recorder.error["error_message"]


def test_a_limit_of_years_is_no_limit(serve, speaker):
    recorder = Recorder()
    service = serve(accepts, speaks)
    for millis in (10**10, 10**14, float("inf")):
        with speaker(service, recorder) as synthesizer:
            synthesizer.call("text", timeout_millis=millis)
        assert speaker(service).call("text", timeout_millis=millis) == b"text"
    assert recorder.audio == b"text" * 3


def test_a_program_may_be_patient_without_end(serve, speaker, monkeypatch):
    monkeypatch.setattr(SpeechSynthesizer, "max_silence", float("inf"))
    recorder = Recorder()
    with speaker(serve(accepts, speaks), recorder) as synthesizer:
        synthesizer.call("text")
    assert recorder.audio == b"text"


def test_silence_while_the_program_has_text_to_send_is_nobodys_fault(serve, speaker):
    recorder, go_on = Recorder(), threading.Event()
    service = serve(accepts, starts, hears("continue-task"), waits_for(go_on), hears("finish-task"), finishes)
    synthesizer = speaker(service, recorder)
    synthesizer._conversation.silence_seconds = 0.05
    synthesizer.streaming_call("text")
    assert not synthesizer.complete_event.wait(0.3)
    go_on.set()
    synthesizer.async_streaming_complete()
    recorder.wait_closed()
    assert recorder.names == ["on_open", "on_complete", "on_close"]


def test_a_text_that_cannot_be_sent_because_nobody_reads_is_given_up(serve, speaker, monkeypatch):
    monkeypatch.setattr("dashscope_tts.transport.connection.SEND_SECONDS", 0.3)
    recorder = Recorder()
    synthesizer = speaker(serve(accepts, starts, sleeps_on_the_job), recorder)
    synthesizer.streaming_call("text")
    with within(3.0), pytest.raises(ConnectionLost, match="timed out"):
        synthesizer.streaming_call("x" * 12_000_000)
    recorder.wait_closed()
    assert (recorder.count("on_error"), recorder.count("on_close")) == (1, 1)


# -- what is odd, and allowed


def test_pings_are_answered_and_otherwise_ignored(serve, speaker):
    service = serve(accepts, pings, starts, pings, hears("continue-task"), hears("finish-task"), sends(b"a"), pings,
                    sends(b"b"), finishes, starts, hears_the_rest, sends(b"c"), finishes)  # fmt: skip
    synthesizer = speaker(service)
    assert synthesizer.call("text") == b"ab"
    assert synthesizer.call("again") == b"c"  # now the service has read whatever was sent before
    speaker_pongs = [frame.payload for frame in service.peer().frames if frame.opcode == 10]
    assert speaker_pongs[:2] == [b"still there?"] * 2


def test_what_comes_in_one_piece_with_the_handshake_is_not_lost(serve, speaker):
    service = serve(accepts_and_starts_behind_it, speaks)
    assert speaker(service).call("text") == b"text"
    assert [frame.payload for frame in service.peer().frames if frame.opcode == 10] == [b"hello"]


@pytest.mark.parametrize("between", [b"", frame_of(9, b"ping")], ids=["", "pings_between"])
def test_a_message_in_fragments_is_put_together(serve, speaker, between):
    service = serve(
        accepts, starts, hears("continue-task"), hears("finish-task"),
        sends_in_fragments(BINARY, b"one, ", b"two, ", b"three", between=between), sends(b"."), finishes,
    )  # fmt: skip
    assert speaker(service).call("text") == b"one, two, three."


def test_an_event_in_fragments_is_put_together(serve, speaker):
    recorder = Recorder()
    event = '{"header": {"event": "result-generated", "task_id": ""}, "payload": {"text": "你好"}}'.encode()
    cut = event.index("好".encode()) + 1  # in the middle of a character
    service = serve(accepts, starts, hears("continue-task"), hears("finish-task"),
                    sends_in_fragments(TEXT, event[:cut], event[cut:]), finishes)  # fmt: skip
    speaker(service, recorder).call("text")
    recorder.wait_closed()
    assert recorder.calls[1] == ("on_event", event.decode())


def test_unknown_events_and_fields_are_ignored(serve, speaker):
    service = serve(
        accepts, starts, hears("continue-task"), hears("finish-task"),
        writes_text({"header": {"event": "task-applauded", "task_id": "x"}, "payload": None, "more": 1}),
        writes_text({"header": {"event": None, "task_id": None}}), writes_text({"header": {"event": ["a"]}}),
        sends(b"audio"), finishes,
    )  # fmt: skip
    recorder = Recorder()
    speaker(service, recorder).call("text")
    recorder.wait_closed()
    assert recorder.names == ["on_open", "on_data", "on_complete", "on_close"]


def test_a_second_task_started_changes_nothing(serve, speaker):
    def starts_again(peer):
        peer.event("task-started")

    recorder = Recorder()
    service = serve(accepts, starts, starts_again, hears_the_rest, sends(b"a"), finishes)
    speaker(service, recorder).call("text")
    recorder.wait_closed()
    assert recorder.names == ["on_open", "on_data", "on_complete", "on_close"]


def test_frames_are_whole_wherever_tcp_cuts_them(serve, speaker):
    def one_byte_at_a_time(peer):
        data = b"".join(frame_of(BINARY, bytes([n]) * size) for n, size in enumerate((0, 1, 125, 126, 300)))
        for at in range(len(data)):
            peer.write(data[at : at + 1])

    service = serve(accepts, starts, hears("continue-task"), hears("finish-task"), one_byte_at_a_time, finishes)
    recorder = Recorder()
    speaker(service, recorder).call("text")
    recorder.wait_closed()
    assert [data for name, data in recorder.calls if name == "on_data"] == [
        bytes([n]) * size for n, size in enumerate((0, 1, 125, 126, 300))
    ]


@pytest.mark.parametrize("size", [125, 126, 65535, 65536, 65537, 1_000_000])
def test_a_frame_of_any_size_arrives_whole(serve, speaker, size):
    audio = (b"%07d " % size) * (size // 8 + 1)
    service = serve(accepts, starts, hears_the_rest, sends(audio[:size], b"!"), finishes)
    assert speaker(service).call("text") == audio[:size] + b"!"


# -- a great deal of it


def test_D9_fifty_megabytes_in_one_waiting_call_take_linear_time(serve, speaker):
    frame = bytes(range(256)) * 16
    service = serve(accepts, starts, hears("continue-task"), hears("finish-task"), floods(frame, 12_800), finishes)
    with within(8.0):
        audio = speaker(service).call("text")
    assert len(audio) == 52_428_800
    assert audio == frame * 12_800


def test_a_single_frame_of_twenty_megabytes(serve, speaker):
    frame = bytes(20_000_000)
    service = serve(accepts, starts, hears("continue-task"), hears("finish-task"), sends(frame, b"end"), finishes)
    with within(3.0):
        assert speaker(service).call("text") == frame + b"end"


# -- quiet


def test_a_connection_that_the_service_closes_for_idleness_says_nothing(serve, speaker, caplog):
    """Defect D22 of peers: a normal close must not look like an error."""
    idle = threading.Event()
    recorder = Recorder()
    service = serve(
        accepts, starts, hears("continue-task"), hears("finish-task"), sends(b"a"), finishes, waits_for(idle),
        closes(1000, "idle"), drops,
    )  # fmt: skip
    synthesizer = speaker(service, recorder)
    with caplog.at_level(logging.DEBUG):
        synthesizer.call("text")
        recorder.wait_closed()
        thread = synthesizer.thread
        idle.set()
        thread.join(2)
    assert not thread.is_alive()
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert recorder.count("on_error") == 0
    assert recorder.count("on_close") == 1
    assert "connected:False" in str(synthesizer)


def test_a_drop_while_idle_says_nothing_either(serve, speaker, caplog):
    idle = threading.Event()
    service = serve(accepts, starts, hears("continue-task"), hears("finish-task"), finishes, waits_for(idle), drops)
    synthesizer = speaker(service)
    with caplog.at_level(logging.DEBUG):
        synthesizer.call("text")
        idle.set()
        synthesizer.thread.join(2)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_closing_says_nothing_either(serve, speaker, caplog):
    service = serve(accepts, speaks)
    synthesizer = speaker(service)
    with caplog.at_level(logging.DEBUG), within(1.0):
        synthesizer.call("text")
        synthesizer.close()
        synthesizer.thread.join(2)
        assert service.peer().gone.wait(2)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert service.peer().frames[-1].close_code == 1000


# -- cancelled, closed


def test_cancel_by_another_thread_frees_a_waiting_call(serve, speaker):
    synthesizer = speaker(serve(*_STAGES["after_finish"], cancels))
    threading.Timer(0.1, synthesizer.streaming_cancel).start()
    with within(1.0), pytest.raises(TaskCancelled, match="cancelled by the program"):
        synthesizer.call("text")


def test_close_by_another_thread_frees_a_waiting_call(serve, speaker):
    synthesizer = speaker(serve(*_STAGES["after_finish"]))
    threading.Timer(0.1, synthesizer.close).start()
    with within(1.0), pytest.raises(TaskCancelled, match="closed by the program"):
        synthesizer.call("text")


def test_cancel_while_the_task_starts_frees_the_starter(serve, speaker, caplog):
    recorder, begun = Recorder(), threading.Event()

    def says_so(peer):
        begun.set()

    service = serve(accepts, hears("run-task"), says_so, hears("cancel"), finishes)
    synthesizer = speaker(service, recorder)
    canceller = threading.Thread(target=lambda: begun.wait(5) and synthesizer.streaming_cancel())
    canceller.start()
    with within(1.0), pytest.raises(TaskCancelled):
        synthesizer.streaming_call("text")
    canceller.join(5)
    assert "force closing" not in caplog.text
    assert recorder.count("on_error") == 0
    assert recorder.count("on_close") <= 1


def test_close_while_connecting_ends_the_connecting(serve, speaker):
    service = serve()
    synthesizer = speaker(service, connect_timeout=5)
    threading.Timer(0.1, synthesizer.close).start()
    with within(1.0), pytest.raises(TaskCancelled, match="closed by the program"):
        synthesizer.call("text")
    assert service.peer().gone.wait(1)


def test_close_while_tcp_connects_is_not_kept_waiting_by_it(swallowing_address, speaker):
    synthesizer = speaker(swallowing_address, connect_timeout=1.5)
    threading.Timer(0.1, synthesizer.close).start()
    with within(1.0), pytest.raises(TaskCancelled, match="closed by the program"):
        synthesizer.call("text")


def test_cancel_that_the_service_does_not_confirm_closes_after_its_limit(serve, speaker, caplog):
    recorder = Recorder()
    service = serve(*_STAGES["mid_audio"])
    synthesizer = speaker(service, recorder)
    synthesizer.streaming_call("text")
    with within(1.0):
        synthesizer.streaming_cancel(200)
    assert service.peer().gone.wait(1)
    assert "cancel was not confirmed within 200ms, force closing." in caplog.text
    assert recorder.count("on_error") == 0


def test_a_callback_may_cancel_while_a_sender_is_stuck(serve, speaker):
    """The service does not read, so that a sender blocks; the audio it sent before makes a callback cancel."""
    cancelled = threading.Event()
    stuck = threading.Event()

    def on_data(data):
        assert stuck.wait(5)
        synthesizer.streaming_cancel()
        cancelled.set()

    recorder = Recorder(on_data=on_data)
    service = serve(accepts, starts, hears("continue-task"), sends(b"audio"), sleeps_on_the_job)
    synthesizer = speaker(service, recorder)
    synthesizer.streaming_call("text")

    def feed():
        try:
            while not cancelled.is_set():
                threading.Timer(0.2, stuck.set).start()
                synthesizer.streaming_call("x" * 8_000_000)
        except Exception:
            pass

    feeder = threading.Thread(target=feed)
    feeder.start()
    assert cancelled.wait(3)
    begun = time.monotonic()
    synthesizer.close()
    feeder.join(3)
    assert not feeder.is_alive()
    assert time.monotonic() - begun < 1.0
    assert recorder.count("on_error") == 0


def test_audio_that_comes_after_the_cancel_is_not_heard(serve, speaker):
    """D15: muted at once, on_complete and on_close when the service confirms."""
    recorder = Recorder()
    service = serve(*_STAGES["mid_audio"], hears("cancel"), tells(), sends(b"stale", b"stale"), finishes, speaks)
    synthesizer = speaker(service, recorder)
    synthesizer.streaming_call("text")
    recorder.wait_for("on_data")
    with within(1.0):
        synthesizer.streaming_cancel()
    recorder.wait_closed()
    assert recorder.names == ["on_open", "on_data", "on_complete", "on_close"]
    assert recorder.audio == b"one"
    assert synthesizer.call("next") is None
    recorder.wait_for("on_close", 2)
    assert recorder.audio == b"onenext"
    assert service.connections == 1


@pytest.mark.parametrize("end", [fails("Oops", "no"), drops, closes(1011)], ids=["task_failed", "drop", "close"])
def test_D15_however_the_service_ends_a_cancelled_task_there_is_no_error(serve, speaker, end):
    recorder = Recorder()
    synthesizer = speaker(serve(*_STAGES["mid_audio"], hears("cancel"), end), recorder)
    synthesizer.streaming_call("text")
    with within(1.0):
        synthesizer.streaming_cancel()
        recorder.wait_closed()
    assert recorder.count("on_error") == 0
    assert recorder.count("on_close") == 1
