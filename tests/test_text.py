"""Counting characters as the service does."""

from __future__ import annotations

import pytest

from dashscope_tts import protocol
from dashscope_tts.protocol.text import count_characters, is_ssml


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("你好", 4),
        ("中A文123", 8),
        ("中文。", 5),
        ("中 文。", 6),
        ("<speak>你好</speak>", 4),
        ("かな カナ", 5),
        ("한국어", 3),
        ("漢字", 4),
        ("\u3400\u4dbf\u4e00\u9fff\uf900\ufaff\U00020000\U0003ffff", 16),
        ("\u33ff\u4dc0\ua000\uf8ff\ufb00", 5),
        ("\n\t ", 3),
        ('<speak rate="1.1">a<break time="500ms"/>b</speak>', 2),
        ("  <speak>&lt;好&amp;</speak>", 2 + 4),
        ("a < b > c", 9),
        ("&amp;", 5),
    ],
)
def test_ideographs_count_two_everything_else_one_and_tags_nothing(text, count):
    assert count_characters(text) == count


def test_only_a_text_that_begins_with_speak_is_ssml():
    assert is_ssml("<speak>x</speak>")
    assert is_ssml("\n <speak rate='1'>x</speak>")
    assert not is_ssml("x <speak>y</speak>")


def test_the_limits_are_those_of_the_guide():
    assert protocol.MAX_MESSAGE_CHARACTERS == 20_000
    assert protocol.MAX_TASK_CHARACTERS == 200_000
    assert protocol.MAX_INSTRUCTION_CHARACTERS == 100
    assert protocol.MAX_SECONDS_BETWEEN_FRAGMENTS == 23
    assert protocol.IDLE_SECONDS == 60
