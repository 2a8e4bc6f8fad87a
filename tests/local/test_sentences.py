from __future__ import annotations

import pytest

from dashscope_tts.local.sentences import SentenceSplitter


def split(*fragments: str, longest: int = 200) -> list[str]:
    splitter = SentenceSplitter(longest)
    sentences = [sentence for fragment in fragments for sentence in splitter.feed(fragment)]
    return [sentence.strip() for sentence in sentences + splitter.flush()]


def test_chinese_and_latin_marks_end_a_sentence():
    assert split("你好。今天好吗？好！Hello there. Fine? Yes!") == [
        "你好。", "今天好吗？", "好！", "Hello there.", "Fine?", "Yes!",
    ]  # fmt: skip


def test_a_sentence_may_come_letter_by_letter():
    text = "Dr. Li paid 3.50 yuan. 好的。再见"
    assert split(*text) == split(text) == ["Dr. Li paid 3.50 yuan.", "好的。", "再见"]


def test_a_decimal_that_is_cut_by_a_fragment_stays_whole():
    assert split("Pi is 3.", "14 or so. ", "Yes") == ["Pi is 3.14 or so.", "Yes"]


@pytest.mark.parametrize(
    "sentence",
    ["Mr. Smith met J. R. Hartley, e.g. at noon.", "See example.com for 1.2.3 now.", "It is 10 a.m. here, No. 5."],
)
def test_an_abbreviation_a_name_or_a_number_ends_nothing(sentence):
    assert split(sentence + " Then more.") == [sentence, "Then more."]


def test_quotation_marks_and_brackets_stay_with_their_sentence():
    assert split('他说：“好的。”（真的。）然后走了。He said "Go!" Then left.') == [
        "他说：“好的。”", "（真的。）", "然后走了。", 'He said "Go!"', "Then left.",
    ]  # fmt: skip


def test_a_new_line_ends_a_sentence():
    assert split("Title\nFirst line\n\nsecond") == ["Title", "First line", "second"]


def test_a_sentence_is_given_as_soon_as_the_next_one_begins():
    splitter = SentenceSplitter()
    assert splitter.feed("第一句。") == []
    assert splitter.is_settling
    assert splitter.feed("第") == ["第一句。"]
    assert not splitter.is_settling


def test_a_long_sentence_is_cut_at_a_comma_or_else_at_a_space():
    parts = split("一" * 30 + "，" + "二" * 30, longest=100)
    assert parts == ["一" * 30 + "，", "二" * 30]
    parts = split("word " * 60, longest=100)
    assert all(part.split() == ["word"] * len(part.split()) for part in parts)
    assert max(map(len, parts)) <= 100


def test_nothing_is_lost():
    text = "Hello.  World!\n\n“好。” 1,000,000 " + "啊" * 500
    splitter = SentenceSplitter(100)
    assert "".join(splitter.feed(text) + splitter.flush()) == text
