"""What the client says, byte by byte."""

from __future__ import annotations

import json
import uuid

import pytest

from dashscope_tts.protocol import messages
from dashscope_tts.protocol.client_message import parse_client_message
from dashscope_tts.protocol.messages import MalformedMessage

_ROUTE = '"model": "m", "task_group": "audio", "task": "tts", "function": "SpeechSynthesizer"'


def test_run_task_is_the_official_one_to_the_byte():
    assert messages.run_task("1f", "m", {"voice": "v", "volume": 50}) == (
        '{"header": {"action": "run-task", "task_id": "1f", "streaming": "duplex"}, "payload": {'
        + _ROUTE
        + ', "input": {}, "parameters": {"voice": "v", "volume": 50}}}'
    )


def test_continue_task_repeats_the_model_and_escapes_what_is_not_ascii():
    assert messages.continue_task("1f", "m", "你好") == (
        '{"header": {"action": "continue-task", "task_id": "1f", "streaming": "duplex"}, "payload": {'
        + _ROUTE
        + ', "input": {"text": "\\u4f60\\u597d"}}}'
    )


def test_a_flush_is_a_continue_task_without_text():
    payload = json.loads(messages.flush_task("1f", "m"))["payload"]
    assert payload["input"] == {"flush": True}
    assert payload["model"] == "m"


def test_finish_task_has_an_empty_input():
    assert messages.finish_task("1f") == (
        '{"header": {"action": "finish-task", "task_id": "1f", "streaming": "duplex"}, "payload": {"input": {}}}'
    )


def test_a_cancel_is_a_finish_task_with_a_directive():
    message = json.loads(messages.finish_task("1f", "cancel"))
    assert message["header"]["action"] == "finish-task"
    assert message["payload"] == {"input": {"directive": "cancel"}}


def test_run_task_leaves_the_parameters_it_was_given_alone():
    parameters = {"voice": "v"}
    messages.run_task("1f", "m", parameters)
    assert parameters == {"voice": "v"}


def test_what_is_built_here_can_be_read_here():
    message = parse_client_message(messages.run_task("1f", "m", {"voice": "v"}))
    assert (message.action, message.task_id, message.streaming) == ("run-task", "1f", "duplex")
    assert message.input == {}
    assert message.parameters == {"voice": "v"}


def test_a_missing_input_is_told_from_an_empty_one():
    message = parse_client_message('{"header": {"action": "run-task", "task_id": "1f"}}')
    assert message.input is None
    assert message.parameters == {}
    assert message.streaming == ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hello", "not JSON"),
        ("[]", "'header'"),
        ("{}", "'header'"),
        ('{"header": 3}', "'header'"),
        ('{"header": {"task_id": "1f"}}', "'header.action'"),
        ('{"header": {"action": "run-task"}}', "'header.task_id'"),
        ('{"header": {"action": "run-task", "task_id": ""}}', "'header.task_id'"),
        ('{"header": {"action": 5, "task_id": "1f"}}', "'header.action'"),
    ],
)
def test_a_message_that_is_none_is_refused_with_what_is_missing(text, says):
    with pytest.raises(MalformedMessage, match=says):
        parse_client_message(text)


def test_an_id_is_a_random_uuid_and_no_two_are_the_same():
    ids = {messages.new_id() for _ in range(1000)}
    assert len(ids) == 1000
    for number in ids:
        assert uuid.UUID(number).hex == number
        assert (uuid.UUID(number).version, uuid.UUID(number).variant) == (4, uuid.RFC_4122)
