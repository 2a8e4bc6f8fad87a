"""Server-sent events, however the bytes are cut."""

from __future__ import annotations

import time

import pytest

from dashscope_tts.transport.http_events import read_events

STREAM = (
    "\ufeffid:1\nevent:result\n:HTTP_STATUS/200\ndata:{\"text\":\"天气\"}\n\n"
    ": still there\n\n"
    "event: error\r\nstatus: 429\r\ndata: {\r\ndata: \"a\": 1}\r\n\r\n"
    "data:first\rdata:second\r\r"
    "data:\n\n"
    "data:rest"
).replace("\ufeff", "").encode()


def read(pieces):
    return [(event.type, event.status, event.documents()) for event in read_events(pieces)]


EXPECTED = [
    ("result", 200, [{"text": "天气"}]),
    ("error", 429, [{"a": 1}]),
    ("", None, ["first", "second"]),
    ("", None, [""]),
    ("", None, ["rest"]),
]


def test_events_in_one_piece():
    assert read([STREAM]) == EXPECTED


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64])
def test_events_in_small_pieces(size):
    assert read(STREAM[begin : begin + size] for begin in range(0, len(STREAM), size)) == EXPECTED


def test_an_event_that_does_not_end_is_an_error(monkeypatch):
    monkeypatch.setattr("dashscope_tts.transport.http_events._MOST_EVENT_CHARACTERS", 1000)
    with pytest.raises(ValueError, match="does not end"):
        read(b"data:" + b"x" * 100 for _ in range(20))


def test_a_long_event_in_many_pieces_takes_time_in_proportion():
    def seconds(count):
        taken = []
        for _ in range(3):
            started = time.process_time()
            assert len(read([b"data:", *[b"x" * 1000] * count, b"\n\n"])) == 1
            taken.append(time.process_time() - started)
        return min(taken)

    seconds(100)
    assert seconds(8000) < 40 * max(seconds(800), 0.002)
