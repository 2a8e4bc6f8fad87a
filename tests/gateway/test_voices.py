"""The file that says which voice of the upstream stands behind a name."""

from __future__ import annotations

import json
import sys

import pytest

from dashscope_tts.local import serve
from dashscope_tts.local.voice_map import VoiceMap, VoiceMapError

from ..local.client import speak
from ..selfhosted.stand_in import marked

RATE = 22050
RECORDING = b"RIFF of me"
VOICES = {
    "longanyang": "中文男",
    "me": {"prompt_audio": "me.wav", "prompt_text": "Said in it."},
    "me-abroad": {"prompt_audio": "me.wav"},
    "me-gently": {"prompt_audio": "me.wav", "prompt_text": "Said in it.", "instruction": "Gently."},
    "angry": {"speaker": "中文女", "instruction": "Angrily."},
}
TOML = """
longanyang = "中文男"
angry = { speaker = "中文女", instruction = "Angrily." }

[me]
prompt_audio = "me.wav"
prompt_text = "Said in it."
"""


@pytest.fixture
def write(tmp_path):
    (tmp_path / "me.wav").write_bytes(RECORDING)

    def write_one(voices, name="voices.json"):
        path = tmp_path / name
        path.write_text(voices if isinstance(voices, str) else json.dumps(voices, ensure_ascii=False), "utf-8")
        return path

    return write_one


def test_each_name_becomes_the_request_its_voice_needs(start, upstream, write):
    gateway = start(upstream, voices=write(VOICES))
    for name in VOICES:
        assert speak(gateway, "One.", voice=name, sample_rate=RATE).characters == 4
    speak(gateway, "One.", voice="longanyang", sample_rate=RATE, instruction="Slowly.")
    asked = [(request.path.partition("_")[2], request.form) for request in upstream.requests]
    one, me = {"tts_text": "One."}, {"prompt_wav": RECORDING}
    assert asked == [
        ("sft", {**one, "spk_id": "中文男"}),
        ("zero_shot", {**one, **me, "prompt_text": "Said in it."}),
        ("cross_lingual", {**one, **me}),
        ("instruct2", {**one, **me, "instruct_text": "Gently."}),
        ("instruct", {**one, "spk_id": "中文女", "instruct_text": "Angrily."}),
        ("instruct", {**one, "spk_id": "中文男", "instruct_text": "Slowly."}),
    ]


def test_a_voice_that_is_not_in_the_file_is_refused_as_the_cloud_does(start, upstream, write):
    gateway = start(upstream, voices=write(VOICES))
    spoken = speak(gateway, "One.", voice="nobody")
    assert spoken.error == ("InvalidParameter", "[tts:]Engine return error code: 418")
    assert upstream.requests == []


def test_a_star_stands_for_all_other_names(start, upstream, write):
    gateway = start(upstream, voices=write({"*": "中文女"}))
    assert speak(gateway, "One.", voice="nobody", sample_rate=RATE).audio == marked("One.", "中文女")


def test_a_voice_may_have_a_sample_rate_of_its_own(start, upstream, write):
    gateway = start(upstream, voices=write({"new": {"speaker": "A", "sample_rate": 16000}}))
    assert speak(gateway, "One.", voice="new", sample_rate=16000).audio == marked("One.", "A")


@pytest.mark.skipif(sys.version_info < (3, 11), reason="TOML needs Python 3.11")
def test_toml_says_the_same(write):
    toml = VoiceMap.of_file(write(TOML, "voices.toml"))
    by_json = VoiceMap.of_file(write(VOICES))
    for name in ("longanyang", "angry", "me"):
        assert toml.find(name) == by_json.find(name) is not None


def test_without_a_toml_reader_the_error_says_what_to_do(write, monkeypatch):
    monkeypatch.setitem(sys.modules, "tomllib", None)
    with pytest.raises(VoiceMapError, match=r"TOML needs Python 3\.11 or later; JSON does not"):
        VoiceMap.of_file(write(TOML, "voices.toml"))


@pytest.mark.parametrize(
    ("voices", "told"),
    [
        ("{", "voices.json: "), ("[]", "not a table"), ("{}", "not a table"), ({"a": 1}, "voice 'a': neither"),
        ({"a": {}}, "has neither"), ({"a": {"speaker": ""}}, "speaker is not a text"),
        ({"a": {"spk_id": "b"}}, "'spk_id' is not one of instruction, model, prompt_audio"),
        ({"a": {"speaker": "b", "sample_rate": "c"}}, "sample_rate is not a number of Hz"),
        ({"a": {"prompt_audio": "none.wav"}}, "voice 'a': none.wav: No such file"),
        ({"a": {"speaker": "b", "prompt_text": "c"}}, "has prompt_text, and no prompt_audio"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_file_is_told_with_its_place(write, voices, told):
    with pytest.raises(VoiceMapError, match=told):
        VoiceMap.of_file(write(voices))


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(VoiceMapError, match="No such file"):
        serve(engine="cosyvoice", upstreams=["http://a"], voices=tmp_path / "none.json")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"engine": "festival"}, "not one of espeak, cosyvoice, openai"), ({"engine": "cosyvoice"}, "at least one"),
        ({"upstreams": ["http://a"]}, "takes no upstream"), ({"engine": "openai", "upstreams": ["a"]}, "url"),
        ({"engine": "openai", "upstreams": ["http://a"], "upstream": {"format": "mp3"}}, "pcm or wav"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused_before_the_start(arguments, told):
    with pytest.raises(ValueError, match=told):
        serve(**arguments)
