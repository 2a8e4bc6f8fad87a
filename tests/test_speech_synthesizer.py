"""The three ways to speak, one task after another, and what the official one got wrong there."""

from __future__ import annotations

import json
import threading

import pytest

from dashscope_tts.audio.tts_v2 import AudioFormat, SpeechSynthesizer
from dashscope_tts.audio.tts_v2.speech_synthesizer import HotFix
from dashscope_tts.common.error import (
    ConnectionLost,
    InputRequired,
    InvalidParameter,
    InvalidTask,
    ModelRequired,
    TaskFailed,
)

from .support.elapsed import within
from .support.recorder import Recorder
from .support.steps import (
    accepts,
    closes,
    drops,
    fails,
    finishes,
    hears,
    hears_the_rest,
    reads_the_request,
    sends,
    speaks,
    starts,
    tells,
    waits_for,
)

# -- what is sent


def _run_task(service, number=0):
    return service.peer().messages[number]["payload"]


def test_call_sends_run_task_the_text_and_the_end(serve, speaker):
    service = serve(accepts, speaks)
    assert speaker(service).call("你好") == "你好".encode()
    assert service.peer().actions == ["run-task", "continue-task", "finish-task"]
    assert _run_task(service) == {
        "model": "cosyvoice-v3-flash",
        "task_group": "audio",
        "task": "tts",
        "function": "SpeechSynthesizer",
        "input": {},
        "parameters": {
            "voice": "longanyang", "volume": 50, "text_type": "PlainText", "sample_rate": 0, "rate": 1.0,
            "format": "Default", "pitch": 1.0, "seed": 0, "type": 0, "enable_ssml": True,
        },
    }  # fmt: skip
    assert len({message["header"]["task_id"] for message in service.peer().messages}) == 1
    assert all(frame.masked for frame in service.peer().frames)


def test_every_argument_is_in_the_request(serve, speaker):
    service = serve(accepts, speaks)
    speaker(
        service, None, format=AudioFormat.OGG_OPUS_24KHZ_MONO_32KBPS, volume=60, speech_rate=1.5, pitch_rate=0.5,
        seed=7, synthesis_type=0, instruction="cheerfully", language_hints=["en"],
        hot_fix=HotFix(replace=[{"a": "b"}]),
        additional_params={"word_timestamp_enabled": True, "instruction": "no", "volume": 61},
    ).call("text")  # fmt: skip
    assert _run_task(service)["parameters"] == {
        "voice": "longanyang", "volume": 61, "text_type": "PlainText", "sample_rate": 24000, "rate": 1.5,
        "format": "opus", "pitch": 0.5, "seed": 7, "type": 0, "bit_rate": 32, "word_timestamp_enabled": True,
        "hot_fix": {"replace": [{"a": "b"}]}, "enable_ssml": True, "instruction": "cheerfully",
        "language_hints": ["en"],
    }  # fmt: skip


def test_streaming_sends_each_fragment_the_flush_and_the_end(serve, speaker):
    recorder = Recorder()
    service = serve(accepts, speaks)
    synthesizer = speaker(service, recorder)
    synthesizer.streaming_call("one ")
    synthesizer.streaming_call("two ")
    synthesizer.streaming_flush()
    synthesizer.streaming_call("three")
    synthesizer.streaming_complete()
    recorder.wait_closed()
    assert service.peer().actions == [
        "run-task", "continue-task", "continue-task", "flush", "continue-task", "finish-task",
    ]  # fmt: skip
    assert recorder.audio == b"one two three"
    assert "enable_ssml" not in _run_task(service)["parameters"]


def test_D21_the_dict_of_the_program_is_not_changed_and_ssml_does_not_leak(serve, speaker):
    shared = {"word_timestamp_enabled": True}
    service = serve(accepts, speaks)
    speaker(service, additional_params=shared, hot_fix={"replace": []}).call("<speak>a</speak>")
    assert shared == {"word_timestamp_enabled": True}
    recorder = Recorder()
    synthesizer = speaker(service, recorder, additional_params=shared)
    synthesizer.call("one")
    recorder.wait_closed()
    synthesizer.streaming_call("two")
    synthesizer.streaming_complete()
    parameters = [m["payload"]["parameters"] for m in service.peer(1).messages if "parameters" in m["payload"]]
    assert [p.get("enable_ssml") for p in parameters] == [True, None]


def test_D21_ssml_can_be_switched_off(serve, speaker):
    service = serve(accepts, speaks)
    speaker(service, additional_params={"enable_ssml": False}).call("a < b & c")
    assert _run_task(service)["parameters"]["enable_ssml"] is False


# -- what comes back


def test_call_without_a_callback_returns_the_audio_joined(serve, speaker):
    service = serve(accepts, starts, tells(), sends(b"a", b"b"), hears_the_rest, sends(b"c"), finishes)
    assert speaker(service).call("text") == b"abc"


def test_D10_an_empty_first_frame_is_handed_on(serve, speaker, caplog):
    service = serve(accepts, starts, hears("continue-task"), sends(b"", b"audio"), hears("finish-task"), finishes)
    recorder = Recorder()
    speaker(service, recorder).call("text")
    recorder.wait_closed()
    assert [data for name, data in recorder.calls if name == "on_data"] == [b"", b"audio"]
    assert caplog.text == ""


def test_a_service_that_ends_a_task_by_itself_is_believed(serve, speaker):
    service = serve(accepts, starts, sends(b"that is all"), finishes)
    assert speaker(service).call("text") == b"that is all"


# -- one task after another


def test_D11_a_second_call_works_on_the_same_connection_with_a_new_id(serve, speaker):
    service = serve(accepts, speaks)
    synthesizer = speaker(service)
    assert [synthesizer.call(text) for text in ("one", "two", "three")] == [b"one", b"two", b"three"]
    assert service.connections == 1
    assert len(set(service.peer().task_ids)) == 3
    assert service.peer().task_ids[-1] == synthesizer.get_last_request_id()


def test_streaming_and_calling_take_turns_on_one_object(serve, speaker):
    recorder = Recorder()
    service = serve(accepts, speaks)
    synthesizer = speaker(service, recorder)
    for number in (1, 3):
        synthesizer.streaming_call("stream ")
        synthesizer.streaming_complete()
        recorder.wait_for("on_close", number)
        synthesizer.call("call ")
        recorder.wait_for("on_close", number + 1)
    assert recorder.audio == b"stream call " * 2
    assert service.connections == 1


@pytest.mark.parametrize("end", [drops, closes(1000, "idle")], ids=["drop", "close"])
def test_a_kept_connection_that_has_gone_is_replaced(serve, speaker, end):
    service = serve(accepts, starts, hears_the_rest, finishes, end, then=(accepts, speaks))
    synthesizer = speaker(service)
    synthesizer.call("one")
    synthesizer.thread.join(2)
    assert synthesizer.call("two") == b"two"
    assert service.connections == 2


@pytest.mark.parametrize("end", [drops, closes(1011)], ids=["drop", "close"])
def test_a_kept_connection_that_dies_under_run_task_is_replaced_once(serve, speaker, end):
    """No text had been sent on it."""
    service = serve(accepts, starts, hears("continue-task"), hears("finish-task"), finishes, hears("run-task"), end,
                    then=(accepts, speaks))  # fmt: skip
    recorder = Recorder()
    synthesizer = speaker(service, recorder)
    synthesizer.call("one")
    recorder.wait_closed()
    synthesizer.call("two")
    recorder.wait_for("on_close", 2)
    assert recorder.audio == b"two"
    assert recorder.count("on_error") == 0
    assert service.peer(1).task_ids == [service.peer(0).task_ids[1]]


def test_it_is_replaced_once_and_not_twice(serve, speaker):
    service = serve(accepts, starts, hears("continue-task"), hears("finish-task"), finishes, hears("run-task"), drops,
                    then=(accepts, hears("run-task"), drops))  # fmt: skip
    synthesizer = speaker(service)
    synthesizer.call("one")
    with within(1.0), pytest.raises(ConnectionLost):
        synthesizer.call("two")
    assert service.connections == 2


def test_a_kept_connection_that_dies_after_the_text_is_not_replaced(serve, speaker):
    """The text may have been spoken."""
    service = serve(accepts, starts, hears("continue-task"), hears("finish-task"), finishes, starts,
                    hears("continue-task"), drops, then=(accepts, speaks))  # fmt: skip
    synthesizer = speaker(service)
    synthesizer.call("one")
    with pytest.raises(ConnectionLost):
        synthesizer.call("two")
    assert service.connections == 1
    assert synthesizer.call("three") == b"three"


def test_after_a_failed_task_the_next_one_dials_again(serve, speaker):
    service = serve(accepts, starts, fails("C", "no"), then=(accepts, speaks))
    synthesizer = speaker(service)
    with pytest.raises(TaskFailed):
        synthesizer.call("one")
    assert synthesizer.call("two") == b"two"
    assert service.connections == 2


def _of_the_first_task(event, **header):
    def step(peer):
        peer.event(event, {"output": {"type": "sentence-end"}}, task_id=peer.task_ids[0], **header)

    return step


def test_D12_late_frames_of_an_earlier_task_are_dropped(serve, speaker):
    recorder = Recorder()
    service = serve(
        accepts, starts, hears("continue-task"), hears("finish-task"), sends(b"one"), finishes, hears("run-task"),
        _of_the_first_task("task-started"), _of_the_first_task("result-generated"),
        _of_the_first_task("task-failed", error_code="C", error_message="late"), _of_the_first_task("task-finished"),
        lambda peer: peer.event("task-started"), hears_the_rest, sends(b"two"), finishes,
    )  # fmt: skip
    synthesizer = speaker(service, recorder)
    synthesizer.call("one")
    recorder.wait_closed()
    synthesizer.call("two")
    recorder.wait_for("on_close", 2)
    assert recorder.names == ["on_open", "on_data", "on_complete", "on_close"] * 2
    assert recorder.audio == b"onetwo"
    assert synthesizer.get_response()["header"]["task_id"] == service.peer().task_ids[1]


def test_D12_audio_of_a_task_that_was_given_up_never_reaches_the_next(serve, speaker):
    late = threading.Event()
    late_audio = (waits_for(late), sends(b"old"), finishes)
    service = serve(accepts, starts, hears("continue-task"), *late_audio, then=(accepts, speaks))
    synthesizer = speaker(service)
    with pytest.raises(TimeoutError):
        synthesizer.call("old", timeout_millis=100)
    late.set()
    assert synthesizer.call("new") == b"new"
    assert service.connections == 2


def test_an_unknown_task_id_is_taken(serve, speaker):
    """The official unit tests answer with an id of their own."""
    unknown = ("task-started", "task-finished")
    service = serve(
        accepts, hears("run-task"), lambda peer: peer.event(unknown[0], task_id="other"), hears("continue-task"),
        hears("finish-task"), sends(b"audio"), lambda peer: peer.event(unknown[1], task_id="other"),
    )  # fmt: skip
    assert speaker(service).call("text") == b"audio"


def test_D13_a_thousand_calls_with_a_callback_on_one_object(serve, speaker):
    """Each begun as soon as on_complete has been called: nothing of the last one is in the way."""
    completed = threading.Semaphore(0)
    recorder = Recorder(on_complete=completed.release)
    synthesizer = speaker(serve(accepts, speaks), recorder)
    for _ in range(1000):
        synthesizer.call("x")
        assert completed.acquire(timeout=5)
    recorder.wait_for("on_close", 1000)
    assert recorder.count("on_error") == 0
    assert len(recorder.audio) == 1000


# -- what is not allowed


def test_D22_streaming_without_a_callback_is_refused_and_changes_nothing(serve, speaker):
    service = serve(accepts, speaks)
    synthesizer = speaker(service)
    for _ in range(2):
        with pytest.raises(InputRequired, match=r"^callback is required!$"):
            synthesizer.streaming_call("text")
    assert service.connections == 0
    assert synthesizer.call("text") == b"text"


def test_call_while_a_stream_runs_is_refused(serve, speaker):
    synthesizer = speaker(serve(accepts, speaks), Recorder())
    synthesizer.streaming_call("text")
    with pytest.raises(InvalidTask, match=r"^task has already started\.$"):
        synthesizer.call("more")
    synthesizer.streaming_complete()


def test_text_after_the_end_of_the_text_is_refused(serve, speaker):
    recorder, go_on = Recorder(), threading.Event()
    service = serve(accepts, starts, hears("continue-task"), hears("finish-task"), waits_for(go_on), finishes)
    synthesizer = speaker(service, recorder)
    synthesizer.streaming_call("text")
    synthesizer.async_streaming_complete()
    with pytest.raises(InvalidTask):
        synthesizer.streaming_call("late")
    with pytest.raises(InvalidTask):
        synthesizer.streaming_flush()
    go_on.set()
    recorder.wait_closed()
    assert service.peer().actions == ["run-task", "continue-task", "finish-task"]


def test_complete_flush_and_cancel_before_any_task_are_refused(serve, speaker):
    service = serve(accepts, speaks)
    synthesizer = speaker(service, Recorder())
    for method in (synthesizer.streaming_complete, synthesizer.async_streaming_complete, synthesizer.streaming_flush,
                   synthesizer.streaming_cancel):  # fmt: skip
        with pytest.raises(InvalidTask, match=r"^speech synthesizer has not been started\.$"):
            method()
    assert service.connections == 0


def test_D2_text_on_a_connection_that_has_gone_names_the_reason(serve, speaker):
    recorder = Recorder()
    synthesizer = speaker(serve(accepts, starts, hears("continue-task"), closes(1011, "restart")), recorder)
    synthesizer.streaming_call("text")
    recorder.wait_closed()
    with pytest.raises(ConnectionError, match=r"code 1011 \(restart\)") as raised:
        synthesizer.streaming_call("more")
    assert raised.value.close_code == 1011


@pytest.mark.parametrize("end", ["streaming_cancel", "close"])
def test_a_feeder_is_stopped_by_a_barge_in_and_not_heard_again(serve, speaker, end):
    recorder = Recorder()
    service = serve(accepts, speaks)
    synthesizer = speaker(service, recorder)
    synthesizer.streaming_call("one")
    getattr(synthesizer, end)()
    with pytest.raises((InvalidTask, ConnectionError)):
        synthesizer.streaming_call("more of the same")
    assert service.connections == 1
    assert service.peer().actions.count("run-task") == 1


def test_D25_texts_of_two_threads_and_the_end_keep_their_order(serve, speaker):
    """Nothing that was accepted goes out after the end of the text."""
    for _ in range(20):
        recorder, fed = Recorder(), threading.Event()
        service = serve(accepts, starts, hears_the_rest, waits_for(fed), finishes)
        synthesizer = speaker(service, recorder)
        synthesizer.streaming_call("0")
        accepted, refused = [], []
        go = threading.Barrier(3)

        def feed(name, synthesizer=synthesizer, accepted=accepted, refused=refused, go=go):
            go.wait()
            for number in range(50):
                try:
                    synthesizer.streaming_call(f"{name}{number} ")
                    accepted.append(f"{name}{number} ")
                except InvalidTask as error:
                    refused.append(error)
                    return

        feeders = [threading.Thread(target=feed, args=(name,)) for name in "ab"]
        for feeder in feeders:
            feeder.start()
        go.wait()
        synthesizer.async_streaming_complete()
        for feeder in feeders:
            feeder.join(5)
        fed.set()
        recorder.wait_closed()
        peer = service.peer()
        assert peer.actions[-1] == "finish-task"
        assert peer.actions.count("run-task") == 1
        assert sorted(peer.texts[1:]) == sorted(accepted)
        for name in "ab":
            assert [text for text in peer.texts if text[0] == name] == [text for text in accepted if text[0] == name]
        synthesizer.close()


def test_two_threads_that_begin_at_once_begin_one_task(serve, speaker):
    for _ in range(10):
        recorder = Recorder()
        service = serve(accepts, speaks)
        synthesizer = speaker(service, recorder)
        go, outcomes = threading.Barrier(2), []

        def begin(synthesizer=synthesizer, go=go, outcomes=outcomes):
            go.wait()
            try:
                synthesizer.call("text")
                outcomes.append("begun")
            except InvalidTask:
                outcomes.append("refused")

        threads = [threading.Thread(target=begin) for _ in range(2)]
        with within(2.0):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(5)
            recorder.wait_for("on_close", outcomes.count("begun"))
        assert sorted(outcomes) in (["begun", "refused"], ["begun", "begun"])
        assert recorder.audio == b"text" * outcomes.count("begun")
        assert recorder.count("on_error") == 0
        synthesizer.close()


# -- parameters at the door


@pytest.mark.parametrize(
    ("changed", "kind", "says"),
    [
        ({"model": None}, ModelRequired, "Model is required!"),
        ({"format": None}, InputRequired, "format is required!"),
        ({"format": "mp3"}, InvalidParameter, "format is 'mp3'; it must be a member of AudioFormat"),
        ({"volume": 101}, InvalidParameter, "volume is 101; it must be a number from 0 to 100."),
        ({"volume": -1}, InvalidParameter, "volume is -1"),
        ({"volume": "50"}, InvalidParameter, "volume is '50'"),
        ({"volume": True}, InvalidParameter, "volume is True"),
        ({"volume": float("nan")}, InvalidParameter, "volume is nan"),
        ({"speech_rate": 0.4}, InvalidParameter, "speech_rate is 0.4; it must be a number from 0.5 to 2.0."),
        ({"speech_rate": 2.1}, InvalidParameter, "speech_rate is 2.1"),
        ({"pitch_rate": 0}, InvalidParameter, "pitch_rate is 0"),
        ({"seed": 65536}, InvalidParameter, "seed is 65536; it must be a number from 0 to 65535."),
        ({"language_hints": "zh"}, InvalidParameter, "language_hints is 'zh'; it must be a list"),
        ({"hot_fix": "x"}, InvalidParameter, "hot_fix is 'x'; it must be a HotFix or a dict."),
        ({"additional_params": [1]}, InvalidParameter, "additional_params is [1]; it must be a dict."),
        ({"volumn": 3}, TypeError, "unexpected keyword argument 'volumn'"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_what_cannot_be_meant_is_refused_at_the_door(key, changed, kind, says):
    arguments = {"model": "m", "voice": "v", "url": "ws://127.0.0.1:1", **changed}
    before = threading.active_count()
    with pytest.raises(kind) as raised:
        SpeechSynthesizer(**arguments)
    assert says in str(raised.value)
    assert threading.active_count() <= before


@pytest.mark.parametrize("text", [None, 3, b"bytes", ["list"]])
def test_a_text_that_is_none_is_refused_before_anything_is_opened(serve, speaker, text):
    service = serve(accepts, speaks)
    synthesizer = speaker(service, Recorder())
    for method in (synthesizer.call, synthesizer.streaming_call):
        with pytest.raises(InvalidParameter, match="text is of type"):
            method(text)
    assert service.connections == 0
    assert synthesizer.ws is None


@pytest.mark.parametrize("millis", [-1, "5", True, float("nan")])
def test_a_limit_that_is_none_is_refused_before_anything_is_opened(serve, speaker, millis):
    service = serve(accepts, speaks)
    synthesizer = speaker(service)
    with pytest.raises(InvalidParameter, match=r"timeout_millis is .*; it must be a number of milliseconds"):
        synthesizer.call("text", timeout_millis=millis)
    for name in ("streaming_complete", "async_streaming_complete", "streaming_cancel"):
        with pytest.raises(InvalidParameter, match="complete_timeout_millis is"):
            getattr(synthesizer, name)(millis)
    assert service.connections == 0


def test_the_edges_of_the_ranges_are_allowed(key):
    for volume, rate, seed in ((0, 0.5, 0), (100, 2.0, 65535), (50.5, 1, 1)):
        SpeechSynthesizer("m", "v", volume=volume, speech_rate=rate, pitch_rate=rate, seed=seed, url="ws://h")


# -- figures and texts


def test_the_attributes_and_text_of_a_synthesizer(serve, speaker):
    service = serve(accepts, speaks)
    synthesizer = speaker(service, format=AudioFormat.WAV_16000HZ_MONO_16BIT)
    assert (synthesizer.aformat, synthesizer.sample_rate) == ("wav", 16000)
    assert synthesizer.async_call is False
    assert synthesizer.request.task_id == synthesizer.last_request_id
    assert str(synthesizer) == (
        f"[SpeechSynthesizer {hash(synthesizer)} desc] model:cosyvoice-v3-flash, voice:longanyang, format:wav, "
        "sample_rate:16000, connected:False"
    )
    synthesizer.connect()
    assert str(synthesizer).endswith("connected:True")
    assert (speaker(service).aformat, speaker(service).sample_rate) == ("mp3", 22050)


def test_the_delay_counts_from_before_connecting(serve, speaker):
    late = threading.Event()
    synthesizer = speaker(serve(reads_the_request, waits_for(late), lambda peer: peer.accept(), speaks))
    threading.Timer(0.1, late.set).start()
    synthesizer.call("text")
    assert 90 < synthesizer.get_first_package_delay() < 1000


def test_the_last_message_is_there_during_the_task(serve, speaker):
    seen = []
    recorder = Recorder(on_event=lambda message: seen.append(synthesizer.get_response() == json.loads(message)))
    synthesizer = speaker(serve(accepts, speaks), recorder)
    synthesizer.call("text")
    recorder.wait_closed()
    assert seen == [True]
