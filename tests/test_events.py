"""What the service says, read and built."""

from __future__ import annotations

import pytest

from dashscope_tts.protocol import events
from dashscope_tts.protocol.events import parse_server_event
from dashscope_tts.protocol.messages import MalformedMessage


def test_an_event_has_its_name_its_task_and_the_whole_message():
    event = parse_server_event('{"header": {"event": "task-started", "task_id": "1f", "new": 1}, "payload": {}}')
    assert (event.name, event.task_id) == (events.TASK_STARTED, "1f")
    assert event.message["header"]["new"] == 1


def test_a_failure_has_the_words_of_the_service():
    event = parse_server_event(events.task_failed("1f", "InvalidParameter", "说不了"))
    assert (event.error_code, event.error_message) == ("InvalidParameter", "说不了")


@pytest.mark.parametrize("header", ["{}", '{"error_code": null, "error_message": null}'])
def test_a_failure_without_words_has_empty_ones(header):
    event = parse_server_event(f'{{"header": {header}}}')
    assert (event.name, event.task_id, event.error_code, event.error_message) == ("", "", "", "")


@pytest.mark.parametrize("text", ["", "x", "3", "null", "[]", '"header"', "{}", '{"header": null}', '{"header": []}'])
def test_what_is_not_a_message_is_malformed(text):
    with pytest.raises(MalformedMessage):
        parse_server_event(text)


def test_a_long_malformed_message_is_cut_short_in_the_error():
    with pytest.raises(MalformedMessage) as raised:
        parse_server_event("x" * 10_000)
    assert len(str(raised.value)) < 200


def test_what_is_built_here_can_be_read_here():
    built = {
        events.TASK_STARTED: events.task_started("1f"),
        events.RESULT_GENERATED: events.result_generated("1f", {"type": "sentence-end"}, 12),
        events.TASK_FINISHED: events.task_finished("1f", None, 12, "uuid"),
        events.TASK_FAILED: events.task_failed("1f", "c", "m"),
    }
    for name, text in built.items():
        assert parse_server_event(text).name == name
        assert parse_server_event(text).task_id == "1f"


def test_the_characters_billed_are_left_out_where_they_are_not_known():
    assert "usage" not in events.result_generated("1f", {})
    assert '"usage": {"characters": 3}' in events.result_generated("1f", {}, 3)
