"""What is ours beside the official face: keys, time limits, and what comes out where."""

from __future__ import annotations

import json
import threading
import time

import pytest

import dashscope_tts
from dashscope_tts.audio.tts import ResultCallback, SpeechSynthesisResult, SpeechSynthesizer
from dashscope_tts.common.error import InvalidParameter, ModelRequired

from .recording_server import Hold, event, finished, result, spoken, started

MODEL = "sambert-zhichu-v1"


def call(url, **arguments):
    return SpeechSynthesizer.call(model=MODEL, text="今天", base_address=url, **arguments)


def test_the_root_has_the_class_of_sambert():
    assert dashscope_tts.SpeechSynthesizer is SpeechSynthesizer
    assert dashscope_tts.audio.tts.SpeechSynthesizer is SpeechSynthesizer
    formats = SpeechSynthesizer.AudioFormat
    assert (formats.format_wav, formats.format_pcm, formats.format_mp3) == ("wav", "pcm", "mp3")


def test_our_own_arguments_never_reach_the_wire(recording):
    route = recording.play(*spoken(b"a"))
    own = {"connect_timeout": 3, "request_timeout": 5, "sslopt": {}, "proxy": None, "api_key": lambda: "st-token"}
    call(recording.url(), **own, rate=1.5)
    assert json.loads(route.requests[0])["payload"]["parameters"] == {"rate": 1.5}
    assert route.headers[0]["Authorization"] == "Bearer st-token"


def test_a_key_is_asked_for_at_each_call(recording):
    keys = iter(["st-1", "st-2"])
    for expected in ("st-1", "st-2"):
        route = recording.play(*spoken(b"a"))
        call(recording.url(), api_key=lambda: next(keys))
        assert route.headers[0]["Authorization"] == f"Bearer {expected}"


def test_a_proxy_is_dialled(recording, unused_port):
    response = call("ws://speech.invalid/", proxy=f"http://127.0.0.1:{unused_port}").get_response()
    assert response.status_code == -1
    assert response.code == "ClientConnectorError"
    assert "refused" in response.message  # the proxy did; the name was never looked up


@pytest.mark.parametrize("argument", ["request_timeout", "connect_timeout"])
@pytest.mark.parametrize("value", [0, -1, "5", True, float("nan")])
def test_a_time_limit_that_is_none_is_refused(recording, argument, value):
    with pytest.raises(InvalidParameter, match=argument):
        call(recording.url(), **{argument: value})


def test_a_limit_beyond_all_measure_is_a_limit(recording):
    recording.play(*spoken(b"a"))
    assert call(recording.url(), request_timeout=float("inf"), connect_timeout=1e300).get_audio_data() == b"a"


def test_no_model_is_refused_before_anything_is_called():
    class Never(ResultCallback):
        def on_open(self):
            raise AssertionError

    with pytest.raises(ModelRequired, match="Model is required!"):
        SpeechSynthesizer.call(model="", text="x", callback=Never())


def test_the_settings_say_where_to(recording, monkeypatch):
    route = recording.play(*spoken(b"a"), at="settings")
    monkeypatch.setattr(dashscope_tts, "base_websocket_api_url", recording.url("settings"))
    assert SpeechSynthesizer.call(model=MODEL, text="x").get_audio_data() == b"a"
    assert len(route.requests) == 1


def test_many_frames_are_joined_once(recording):
    frames = 4000
    recording.play(started(), *[b"0123456789" * 100] * frames, finished())
    begun = time.monotonic()
    assert len(call(recording.url()).get_audio_data()) == frames * 1000
    assert time.monotonic() - begun < 5


def test_a_piece_of_audio_comes_while_the_rest_is_still_to_come(recording):
    """The server goes on only when the callback has seen the first piece."""
    seen = threading.Event()

    class Waits(ResultCallback):
        def on_event(self, result):
            if result.get_audio_frame() == b"first":
                seen.set()

    waited = []
    recording.play(started(), b"first", lambda: waited.append(seen.wait(5)), b"second", finished())
    result = call(recording.url(), callback=Waits())
    assert waited == [True]
    assert result.get_audio_data() == b"firstsecond"


def test_a_growing_sentence_is_kept_in_its_last_form(recording):
    words = [{"text": "今"}, {"text": "天"}]
    recording.play(started(), result(0, 200, words[:1]), result(0, 400, words), result(400, 900), finished())
    sentences = call(recording.url()).get_timestamps()
    assert sentences == [{"begin_time": 0, "end_time": 400, "words": words},
                         {"begin_time": 400, "end_time": 900, "words": []}]  # fmt: skip


def test_the_response_reads_like_an_attribute_and_like_a_dict(recording):
    recording.play(started(), event("task-finished", {"output": None, "usage": {"characters": 3, "more": 1}}))
    response = call(recording.url()).get_response()
    assert response.usage.characters == response["usage"]["characters"] == 3
    assert json.loads(str(response))["usage"] == {"characters": 3, "more": 1}
    assert response.status_code == 200


def test_the_connection_is_closed_when_the_call_returns(recording):
    route = recording.play(*spoken(b"a"))
    call(recording.url())
    assert route.closed.wait(1)


def test_a_call_inside_a_callback_of_another_call(recording):
    recording.play(*spoken(b"outer"), at="outer")
    recording.play(*spoken(b"inner"), at="inner")
    inner = []

    class Nests(ResultCallback):
        def on_event(self, result):
            if result.get_audio_frame():
                inner.append(call(recording.url("inner")).get_audio_data())

    assert call(recording.url("outer"), callback=Nests()).get_audio_data() == b"outer"
    assert inner == [b"inner"]


def test_an_exception_in_on_event_ends_the_synthesis_and_hangs_up(recording):
    class Enough(Exception):
        pass

    class Stops(ResultCallback):
        def on_event(self, result):
            raise Enough

    route = recording.play(started(), b"a", Hold())
    with pytest.raises(Enough):
        call(recording.url(), callback=Stops())
    assert route.closed.wait(1)


def test_a_result_has_nothing_it_was_not_given():
    empty = SpeechSynthesisResult()
    assert [empty.get_audio_frame(), empty.get_audio_data(), empty.get_timestamp(), empty.get_timestamps(),
            empty.get_response()] == [None] * 5  # fmt: skip
