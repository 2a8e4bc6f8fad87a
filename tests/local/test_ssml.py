"""SSML is interpreted, not read out; what is wrong with it is said."""

from __future__ import annotations

import pytest

from dashscope_tts.local.engine import Prosody
from dashscope_tts.local.refusals import Refusal
from dashscope_tts.local.say_as import said_as
from dashscope_tts.local.ssml import read_ssml

from .client import Task, connect, fundamental, pcm, rms, speak

PROSODY = Prosody("longanyang")


def seconds(service, document: str, **parameters) -> float:
    return len(speak(service, document, enable_ssml=True, **parameters).audio) / 32000


@pytest.fixture(scope="module")
def plain(service):
    """The length of the two words without a break."""
    return seconds(service, "<speak>你好 世界</speak>")


@pytest.mark.parametrize(
    ("breaks", "expected"),
    [
        ('<break time="2s"/>', 2.0), ('<break time="500ms"/>', 0.5), ("<break/>", 1.0),
        ('<break time="1s"/> <break time="700ms"/>', 1.7), ('<break time="8s"/><break time="8s"/>', 10.0),
    ],
)  # fmt: skip
def test_a_break_is_silent_for_as_long_as_it_says(service, plain, breaks, expected):
    spoken = speak(service, f"<speak>你好{breaks}世界</speak>", enable_ssml=True)
    samples = pcm(spoken.audio)
    assert len(samples) / 16000 == pytest.approx(plain + expected, abs=0.25)
    middle = len(samples) // 2
    assert rms(samples[middle - 1600 : middle + 1600]) < 0.01 or expected < 1


def test_tags_are_not_read_and_the_text_of_unknown_ones_is(service):
    spoken = speak(service, "<speak>Say <emotion name='x'>this</emotion> &amp; that.</speak>", enable_ssml=True)
    assert spoken.sentences == ["Say this & that."]


def test_sentences_are_cut_inside_a_document(service):
    spoken = speak(service, "<speak>\n  One here.\n  Two there!\n</speak><speak>三。</speak>", enable_ssml=True)
    assert spoken.sentences == ["One here.", "Two there!", "三。"]


def test_the_attributes_of_speak_override_the_request(service):
    def spoken(attribute: str = "") -> bytes:
        text = "It is a very fine day in the garden today, and I will stay."
        return speak(service, f"<speak {attribute}>{text}</speak>", enable_ssml=True).audio

    plain = spoken()
    height = fundamental(pcm(plain), 16000)
    assert len(spoken('rate="2"')) == pytest.approx(len(plain) / 2, rel=0.1)
    assert rms(pcm(spoken('volume="0"'))) == 0
    assert fundamental(pcm(spoken('pitch="1.5"')), 16000) > 1.3 * height
    assert fundamental(pcm(spoken('voice="longanhuan"')), 16000) > 1.3 * height


def test_sub_speaks_the_alias(service):
    short = seconds(service, "<speak>W3C</speak>")
    assert seconds(service, '<speak><sub alias="World Wide Web Consortium">W3C</sub></speak>') > 1.2 * short


def test_phonemes_are_spoken_as_written(service):
    def spoken(alphabet: str, symbols: str):
        document = f'<speak><phoneme alphabet="{alphabet}" ph="{symbols}">重</phoneme></speak>'
        return speak(service, document, enable_ssml=True)

    heavy, again = spoken("py", "zhong4"), spoken("py", "chong2")
    assert heavy.audio != again.audio
    word = spoken("cmu", "T AH0 M EY1 T OW0")
    assert len(word.audio) / 32000 > 0.5
    assert heavy.sentences == ["重"]


def test_telephone_numbers_are_read_digit_by_digit(service):
    number = "<speak>Call {} now</speak>"
    digits = seconds(service, number.format('<say-as interpret-as="telephone">4930286</say-as>'))
    assert digits != pytest.approx(seconds(service, number.format("4930286")), abs=0.05)


@pytest.mark.parametrize(
    ("interpretation", "text", "chinese", "said"),
    [
        ("digits", "123", True, "1 2 3"), ("telephone", "010-1234", False, "0 1 0, 1 2 3 4"),
        ("characters", "AB1", False, "A B 1"), ("date", "2024-05-01", True, "2 0 2 4 年5月1日"),
        ("date", "2024-05-01", False, "May 1, 2024"), ("time", "08:30", True, "8点30分"),
        ("currency", "$5.20", False, "5.20 dollars"), ("currency", "￥99", True, "99元"),
        ("cardinal", "12,345", False, "12345"), ("name", "曾小凡", True, "曾小凡"),
    ],
)  # fmt: skip
def test_say_as(interpretation, text, chinese, said):
    assert said_as(interpretation, text, chinese)[1] == said


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("<speak>a<b></speak>", "mismatched tag at line 1, column"), ("<speak>a & b</speak>", "line 1"),
        ("<speak>never closed", "line 1"), ("<speak><speak>a</speak></speak>", "nested"),
        ("<speak><sub>a</sub></speak>", "alias"), ("<speak><break time='soon'/></speak>", "'soon'"),
        ("<speak rate='9'>a</speak>", "[0.5, 2]"), ("<speak>a</speak> b", "inside <speak>"),
        ("<speak><phoneme alphabet='py' ph='zhong'>a</phoneme></speak>", "tone"),
        ("<speak><sub alias='x'>a<break/></sub></speak>", "only text"), ("<speak><break>x</break></speak>", "empty"),
        ("<!DOCTYPE x []><speak>a</speak>", "document type"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(document, reason):
    with pytest.raises(Refusal) as caught:
        read_ssml(document, PROSODY)
    assert reason in caught.value.message
    assert caught.value.code == "InvalidParameter"


def test_malformed_ssml_fails_the_task(service):
    with connect(service) as connection:
        spoken = Task(connection, enable_ssml=True).run().text("<speak>a<b></speak>").finish().rest()
    code, reason = spoken.error
    assert code == "InvalidParameter"
    assert "SSML text is invalid: mismatched tag" in reason


def test_markup_in_plain_text_is_text_when_ssml_is_off(service):
    assert speak(service, "<speak>a</speak>").sentences == ["<speak>a</speak>"]


def test_hot_fixes_replace_and_pronounce(service):
    plain = speak(service, "重要的 AI 很好。")
    fixed = speak(service, "重要的 AI 很好。", hot_fix={"replace": [{"AI": "人工智能技术"}]})
    assert fixed.sentences == plain.sentences
    assert len(fixed.audio) > 1.1 * len(plain.audio)
    said = speak(service, "重要的 AI 很好。", hot_fix={"pronunciation": [{"重要": "chong2 yao4"}]})
    assert said.audio != plain.audio


def test_a_malformed_hot_fix_is_refused(service):
    with connect(service) as connection:
        assert "hot_fix" in Task(connection, hot_fix={"replace": [{"a": 1}]}).run().rest().error[1]


def test_the_markdown_filter_does_not_read_marks(service):
    marked = "**Very** good, `really`, see [the page](http://example.com/long/path/to/read)."
    plain = len(speak(service, "Very good, really, see the page.").audio)
    assert len(speak(service, marked, enable_markdown_filter=True).audio) == pytest.approx(plain, rel=0.3)
    assert len(speak(service, marked).audio) > 1.6 * plain
