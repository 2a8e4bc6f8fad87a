"""What goes into the request: every argument of the constructor, and the frames it leads to."""

from __future__ import annotations

from typing import Any

from dashscope.audio.tts_v2 import AudioFormat
from dashscope.audio.tts_v2.speech_synthesizer import HotFix

from ..registry import scenario
from ..speaking import recorder, speaker
from ..trace import Trace


def _call_with(t: Trace, **kwargs: Any) -> None:
    t.step("call", speaker(t, **kwargs).call, "text")


@scenario(limit=30)
def each_audio_format(t: Trace) -> None:
    for member in AudioFormat:
        synthesizer = speaker(t, format=member)
        t.step(member.name, synthesizer.call, "text")
        t.note(f"attributes with {member.name}", [synthesizer.aformat, synthesizer.sample_rate])


@scenario()
def numbers_of_the_voice(t: Trace) -> None:
    _call_with(t, volume=80, speech_rate=1.25, pitch_rate=0.75, seed=7, synthesis_type=1)


@scenario()
def numbers_at_their_limits(t: Trace) -> None:
    t.step("lowest", speaker(t, volume=0, speech_rate=0.5, pitch_rate=0.5, seed=0).call, "text")
    t.step("highest", speaker(t, volume=100, speech_rate=2, pitch_rate=2, seed=65535).call, "text")


@scenario()
def all_arguments_by_position(t: Trace) -> None:
    callback = recorder(t)
    from dashscope.audio.tts_v2 import SpeechSynthesizer

    speaker(t)  # sets the key
    synthesizer = SpeechSynthesizer(
        "cosyvoice-v2", "longxiaochun_v2", AudioFormat.OGG_OPUS_16KHZ_MONO_32KBPS, 60, 1.1, 0.9, 3, 0, "cheerfully",
        ["en"], {"x-more": "1"}, callback, "ws-1", t.url, {"replace": [{"a": "b"}]}, {"word_timestamp_enabled": True},
    )  # fmt: skip
    t.step("call", synthesizer.call, "text")
    t.wait_for_close()


@scenario()
def instruction_and_language_hints(t: Trace) -> None:
    _call_with(t, instruction="请用粤语说", language_hints=["zh", "en"])


@scenario()
def arguments_win_over_additional_params(t: Trace) -> None:
    more = {"instruction": "by dict", "language_hints": ["fr"], "volume": 1, "enable_ssml": False, "voice": "by dict"}
    _call_with(t, instruction="by argument", language_hints=["zh"], volume=99, additional_params=more)


@scenario()
def additional_params_alone(t: Trace) -> None:
    more = {"instruction": "by dict", "language_hints": ["fr"], "bit_rate": 24, "new_parameter": {"a": [1, None]}}
    _call_with(t, additional_params=more)


@scenario()
def bit_rate_over_that_of_the_format(t: Trace) -> None:
    _call_with(t, format=AudioFormat.OGG_OPUS_16KHZ_MONO_16KBPS, additional_params={"bit_rate": 32})


@scenario()
def each_parameter_of_the_guide(t: Trace) -> None:
    for name, value in (
        ("word_timestamp_enabled", True),
        ("enable_aigc_tag", True),
        ("aigc_propagator", "xxxx"),
        ("aigc_propagate_id", "xxxx"),
        ("enable_markdown_filter", True),
    ):
        t.step(name, speaker(t, additional_params={name: value}).call, "text")


@scenario()
def additional_params_after_call(t: Trace) -> None:
    shared = {"word_timestamp_enabled": True}
    t.step("call", speaker(t, additional_params=shared, hot_fix={"replace": []}).call, "text")
    t.note("the caller's dict", shared)


@scenario()
def additional_params_of_the_object_after_call(t: Trace) -> None:
    synthesizer = speaker(t)
    t.step("call", synthesizer.call, "text")
    t.note("additional_params", synthesizer.additional_params)


@scenario()
def dict_shared_between_call_and_stream(t: Trace) -> None:
    shared: dict[str, Any] = {"word_timestamp_enabled": True}
    t.step("call", speaker(t, additional_params=shared).call, "text")
    synthesizer = speaker(t, recorder(t), additional_params=shared)
    t.step("fragment", synthesizer.streaming_call, "text")
    t.step("complete", synthesizer.streaming_complete)
    t.wait_for_close()


@scenario()
def enable_ssml_in_a_stream(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t), additional_params={"enable_ssml": True})
    t.step("fragment", synthesizer.streaming_call, "<speak>text</speak>")
    t.step("complete", synthesizer.streaming_complete)
    t.wait_for_close()


@scenario()
def hot_fix_as_a_dict(t: Trace) -> None:
    _call_with(t, hot_fix={"pronunciation": [{"weather": "tian1 qi4"}], "replace": [{"today": "jin1 tian1"}]})


@scenario()
def hot_fix_as_an_object(t: Trace) -> None:
    _call_with(t, hot_fix=HotFix(pronunciation=[{"weather": "tian1 qi4"}]))


@scenario()
def hot_fix_with_everything(t: Trace) -> None:
    hot_fix = HotFix([{"weather": "tian1 qi4"}], [{"today": "jin1 tian1"}])
    _call_with(t, hot_fix=hot_fix, additional_params={"word_timestamp_enabled": True, "hot_fix": "by dict"})


@scenario()
def hot_fix_that_is_empty(t: Trace) -> None:
    t.step("object", speaker(t, hot_fix=HotFix()).call, "text")
    t.step("dict", speaker(t, hot_fix={}).call, "text")


@scenario()
def hot_fix_in_a_stream(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t), hot_fix={"replace": [{"a": "b"}]})
    t.step("fragment", synthesizer.streaming_call, "text")
    t.step("complete", synthesizer.streaming_complete)
    t.wait_for_close()


@scenario()
def hot_fix_by_itself(t: Trace) -> None:
    for label, hot_fix in (("empty", HotFix()), ("half", HotFix(replace=[{"a": "b"}])), ("full", HotFix([], []))):
        t.note(f"{label} as dict", hot_fix.to_dict())
        t.note(f"{label} repr", repr(hot_fix))
    t.note("equal", HotFix([]) == HotFix([]))
    t.signature("HotFix", HotFix)


# -- headers


@scenario()
def headers_by_default(t: Trace) -> None:
    _call_with(t)


@scenario()
def headers_with_a_workspace(t: Trace) -> None:
    _call_with(t, workspace="ws-1")


@scenario()
def headers_of_ones_own(t: Trace) -> None:
    mine = {"X-DashScope-DataInspection": "enable", "x-trace": "abc"}
    t.step("call", speaker(t, headers=mine).call, "text")
    t.note("the caller's dict", mine)


@scenario()
def headers_that_override(t: Trace) -> None:
    _call_with(t, headers={"Authorization": "bearer other", "user-agent": "mine/1.0"})


@scenario()
def headers_that_override_in_another_spelling(t: Trace) -> None:
    _call_with(t, headers={"authorization": "bearer other", "User-Agent": "mine/1.0"})


@scenario()
def headers_with_two_workspaces(t: Trace) -> None:
    _call_with(t, headers={"X-DashScope-WorkSpace": "by-header"}, workspace="by-argument")


@scenario(environment={"DASHSCOPE_DISABLE_SDK_HEADERS": "1"})
def headers_without_those_of_the_sdk(t: Trace) -> None:
    _call_with(t)


# -- what is refused


@scenario()
def arguments_that_are_missing(t: Trace) -> None:
    t.step("no model", speaker, t, model=None)
    t.step("empty model", lambda: str(speaker(t, model="").model))
    t.step("no format", speaker, t, format=None)
    t.step("no voice", lambda: speaker(t, voice=None).call("text"))


@scenario()
def arguments_that_are_unknown(t: Trace) -> None:
    t.step("emotion", speaker, t, emotion="happy")


@scenario()
def arguments_out_of_range(t: Trace) -> None:
    t.step("volume", lambda: speaker(t, volume=101).call("text"))
    t.step("rate", lambda: speaker(t, speech_rate=3.0).call("text"))
    t.step("seed", lambda: speaker(t, seed=-1).call("text"))


@scenario()
def arguments_of_the_wrong_type(t: Trace) -> None:
    t.step("format", lambda: speaker(t, format="mp3").call("text"))
    t.step("language_hints", lambda: speaker(t, language_hints="zh").call("text"))
    t.step("text", lambda: speaker(t).call(None, 500))
    t.step("additional_params", lambda: speaker(t, additional_params=[1]).call("text"))


@scenario()
def arguments_that_json_cannot_say(t: Trace) -> None:
    t.step("set", lambda: speaker(t, additional_params={"x": {1, 2}}).call("text"))
