"""``call``: the text in one piece."""

from __future__ import annotations

import hashlib
import json

from dashscope.audio.tts_v2 import AudioFormat

from ..registry import scenario
from ..speaking import recorder, speaker
from ..trace import Trace


@scenario("two-sentences")
def call_returns_the_audio(t: Trace) -> None:
    synthesizer = speaker(t)
    t.step("call", synthesizer.call, "How is the weather today?")
    t.note("delay is positive", 0 < synthesizer.get_first_package_delay() < 5000)
    t.note("request id", synthesizer.get_last_request_id())
    t.note("response", synthesizer.get_response())


@scenario("two-sentences")
def call_with_a_callback_returns_at_once(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("call", synthesizer.call, "How is the weather today?")
    t.wait_for_close()
    t.note("delay is positive", 0 < synthesizer.get_first_package_delay() < 5000)
    t.note("response", synthesizer.get_response())


@scenario("many-frames")
def call_joins_many_frames(t: Trace) -> None:
    audio = speaker(t).call("long") or b""
    t.note("audio", [len(audio), hashlib.sha256(audio).hexdigest()[:16]])


@scenario("wav-frames")
def call_joins_frames_of_odd_sizes(t: Trace) -> None:
    audio = speaker(t).call("text") or b""
    t.note("audio", [len(audio), hashlib.sha256(audio).hexdigest()[:16]])


@scenario()
def call_with_chinese_text_escapes_it(t: Trace) -> None:
    t.step("call", speaker(t).call, '今天天气怎么样？ "quoted" \\ \n tab\t emoji 😀')


@scenario()
def call_with_ssml(t: Trace) -> None:
    t.step("call", speaker(t).call, '<speak rate="1.1">Hello<break time="500ms"/></speak>')


@scenario()
def call_with_empty_text(t: Trace) -> None:
    t.step("call", speaker(t).call, "")


@scenario()
def call_with_a_limit_by_position(t: Trace) -> None:
    t.step("call", speaker(t).call, "text", 5000)


@scenario()
def call_with_a_limit_by_name(t: Trace) -> None:
    t.step("call", speaker(t).call, text="text", timeout_millis=5000)


@scenario("bare-events")
def call_with_events_of_older_services(t: Trace) -> None:
    t.step("call", speaker(t, recorder(t)).call, "text")
    t.wait_for_close()


@scenario("words")
def call_with_word_timestamps(t: Trace) -> None:
    words = []

    def on_event(message: str) -> None:
        sentence = json.loads(message)["payload"]["output"]["sentence"]
        words.extend(sentence["words"])

    callback = recorder(t, on_event=on_event)
    synthesizer = speaker(t, callback, additional_params={"word_timestamp_enabled": True})
    t.step("call", synthesizer.call, "Hi")
    t.wait_for_close()
    t.note("words", words)


@scenario("no-audio")
def call_without_audio(t: Trace) -> None:
    synthesizer = speaker(t)
    t.step("call", synthesizer.call, "text")
    t.note("delay is negative", synthesizer.get_first_package_delay() < 0)
    t.note("response", synthesizer.get_response())


@scenario("no-audio")
def call_without_audio_with_a_callback(t: Trace) -> None:
    t.step("call", speaker(t, recorder(t)).call, "text")
    t.wait_for_close()


@scenario("empty-frame-first")
def call_with_an_empty_first_frame(t: Trace) -> None:
    t.step("call", speaker(t).call, "text")


@scenario("empty-frame-first")
def call_with_an_empty_first_frame_and_a_callback(t: Trace) -> None:
    t.step("call", speaker(t, recorder(t)).call, "text")
    t.wait_for_close()


@scenario("pings")
def call_answers_pings(t: Trace) -> None:
    t.step("call", speaker(t).call, "text")


@scenario("unknown-event")
def call_with_an_unknown_event(t: Trace) -> None:
    t.step("call", speaker(t, recorder(t)).call, "text")
    t.wait_for_close()


@scenario("two-sentences")
def callback_set_after_construction_is_fed_while_call_waits(t: Trace) -> None:
    synthesizer = speaker(t)
    synthesizer.callback = recorder(t)
    t.step("call", synthesizer.call, "text")
    t.wait_for_close()


@scenario(limit=4)
def call_twice_on_one_object(t: Trace) -> None:
    synthesizer = speaker(t)
    t.step("first", synthesizer.call, "one")
    t.step("second", synthesizer.call, "two")


@scenario(limit=4)
def call_twice_with_a_callback(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("first", synthesizer.call, "one")
    t.wait_for_close()
    t.closed.clear()
    t.step("second", synthesizer.call, "two")
    t.note("closed again", t.closed.wait(0.5))


@scenario()
def call_on_two_objects(t: Trace) -> None:
    t.step("first", speaker(t).call, "one")
    t.step("second", speaker(t).call, "two")


@scenario("sentence-per-text")
def call_while_streaming(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("streaming_call", synthesizer.streaming_call, "one")
    t.wait_for_calls(5)
    t.step("call", synthesizer.call, "two")


@scenario()
def streaming_call_after_call(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("call", synthesizer.call, "one")
    t.wait_for_close()
    t.step("streaming_call", synthesizer.streaming_call, "two")


@scenario("closed-after-finish")
def call_with_a_server_that_closes_afterwards(t: Trace) -> None:
    t.step("call", speaker(t, recorder(t)).call, "text")
    t.wait_for_close()


@scenario()
def what_is_known_before_the_first_call(t: Trace) -> None:
    synthesizer = speaker(t)
    t.note("request id", len(synthesizer.get_last_request_id()))
    t.note("delay", synthesizer.get_first_package_delay())
    t.note("response", synthesizer.get_response())
    t.note("request id is the attribute", synthesizer.get_last_request_id() == synthesizer.last_request_id)
    t.note("request id is the request's", synthesizer.get_last_request_id() == synthesizer.request.task_id)
    t.note("ws", synthesizer.ws)
    t.note("str", str(synthesizer))


@scenario()
def what_is_known_after_a_call(t: Trace) -> None:
    synthesizer = speaker(t, format=AudioFormat.WAV_16000HZ_MONO_16BIT)
    before = synthesizer.get_last_request_id()
    t.step("call", synthesizer.call, "text")
    t.note("request id stays", synthesizer.get_last_request_id() == before)
    t.note("delay is a float", isinstance(synthesizer.get_first_package_delay(), float))
    for name in ("model", "voice", "aformat", "sample_rate", "additional_params", "async_call", "workspace"):
        t.note(name, getattr(synthesizer, name, "(missing)"))
    t.note("url is the one given", synthesizer.url == t.url)
    t.note("last_response is get_response()", synthesizer.last_response == synthesizer.get_response())
    t.note("str", str(synthesizer))


@scenario()
def close_after_call(t: Trace) -> None:
    synthesizer = speaker(t)
    t.step("call", synthesizer.call, "text")
    t.step("close", synthesizer.close)
    t.step("close again", synthesizer.close)
    t.note("str", str(synthesizer))


@scenario()
def close_before_anything(t: Trace) -> None:
    synthesizer = speaker(t)
    t.step("close", synthesizer.close)
    t.step("close again", synthesizer.close)
