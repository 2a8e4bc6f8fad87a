"""Messages, states and addresses of the realtime API, without a wire."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

import dashscope_tts
from dashscope_tts.audio.qwen_tts_realtime import AudioFormat
from dashscope_tts.common.error import InputRequired, InvalidParameter
from dashscope_tts.protocol import realtime_events as events
from dashscope_tts.protocol import realtime_messages as messages
from dashscope_tts.protocol.messages import MalformedMessage
from dashscope_tts.protocol.realtime_state import TABLE, SessionAction, SessionState, next_session_state
from dashscope_tts.transport.realtime_record import RealtimeRecord
from dashscope_tts.transport.realtime_url import realtime_url

BEIJING = "wss://dashscope.aliyuncs.com/api-ws/v1/realtime"


def test_an_event_of_the_client_has_its_keys_in_order_and_escapes():
    text = messages.client_event(messages.APPEND, {"text": "你"}, "event_1")
    assert text == '{"event_id": "event_1", "type": "input_text_buffer.append", "text": "\\u4f60"}'


def test_event_ids_are_32_hexadecimal_digits_and_never_the_same():
    ids = {messages.new_event_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(len(one) == 38 and int(one[6:], 16) >= 0 for one in ids)


@pytest.mark.parametrize("text", ["", "x", "[1]", "7", "{}", '{"type": 3}', '{"type": ""}'])
def test_what_is_no_event_of_a_client_is_malformed(text):
    with pytest.raises(MalformedMessage):
        messages.parse_client_event(text)


@pytest.mark.parametrize("text", ["", "x", "[1]", "7", "null"])
def test_what_is_no_event_of_the_service_is_malformed(text):
    with pytest.raises(MalformedMessage):
        events.parse_server_event(text)


def test_what_is_missing_in_an_event_is_missing_quietly():
    assert events.event_type({}) == ""
    assert events.id_in({"session": None}, "session") is None
    assert events.id_in({"session": {"id": 3}}, "session") is None
    assert events.told_error({}) == ("", "")
    assert events.told_error({"error": {"type": "invalid", "message": "m"}}) == ("invalid", "m")


def test_the_table_of_states_is_whole():
    assert set(TABLE) == {(state, action) for state in SessionState for action in SessionAction}


def test_a_finished_session_stays_finished_whatever_the_wire_does():
    for action in SessionAction:
        assert next_session_state(SessionState.FINISHED, action) is SessionState.FINISHED
    assert next_session_state(SessionState.FINISHING, SessionAction.ON_LOST) is SessionState.LOST


def test_the_audio_format_is_the_official_tuple():
    member = AudioFormat.PCM_24000HZ_MONO_16BIT
    assert member.value == ("pcm", 24000, "mono", "16bit", "pcm16")
    assert str(member) == "PCM with 24000Hz sample rate, mono channel, 16bit bit rate:  pcm16"
    assert repr(member) == "pcm16"


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("wss://h/api-ws/v1/inference", "wss://h/api-ws/v1/realtime?model=m"),
        ("wss://h/api-ws/v1/inference/", "wss://h/api-ws/v1/realtime?model=m"),
        ("ws://127.0.0.1:9/api-ws/v1/realtime", "ws://127.0.0.1:9/api-ws/v1/realtime?model=m"),
        ("wss://gateway/speech", "wss://gateway/speech/realtime?model=m"),
        ("wss://h/api-ws/v1/inference?tenant=7", "wss://h/api-ws/v1/realtime?tenant=7&model=m"),
    ],
)
def test_the_address_follows_the_websocket_base(monkeypatch, base, expected):
    monkeypatch.setattr(dashscope_tts, "base_websocket_api_url", base)
    assert realtime_url("m") == expected


def test_the_address_follows_the_region():
    assert realtime_url("m") == f"{BEIJING}?model=m"
    dashscope_tts.set_region("ap-southeast-1", "ws-1")
    assert realtime_url("m") == "wss://ws-1.ap-southeast-1.maas.aliyuncs.com/api-ws/v1/realtime?model=m"


def test_the_address_asks_for_a_workspace_where_it_needs_one(monkeypatch):
    monkeypatch.setattr(dashscope_tts, "base_websocket_api_url", "wss://{workspace_id}.h/api-ws/v1/inference")
    assert realtime_url("m", workspace="ws-1") == "wss://ws-1.h/api-ws/v1/realtime?model=m"
    with pytest.raises(InputRequired):
        realtime_url("m")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("wss://h/p", "wss://h/p?model=a%20b"),
        ("wss://h/p?x=1", "wss://h/p?x=1&model=a%20b"),
        ("wss://h/p?model=other", "wss://h/p?model=other"),
        ("wss://h/p/?", "wss://h/p/?model=a%20b"),
    ],
)
def test_an_address_of_ones_own_wins_with_or_without_a_query(url, expected):
    assert realtime_url("a b", url) == expected


def _take(record, kind, **fields):
    record.take(json.loads(json.dumps({"type": kind, **fields})))


def test_the_delay_begins_anew_with_each_response(monkeypatch):
    now = [10.0]
    clock = SimpleNamespace(monotonic=lambda: now[0])  # of this module only: others must not see time stand still
    monkeypatch.setattr("dashscope_tts.transport.realtime_record.time", clock)
    record = RealtimeRecord()
    record.text_sent()
    now[0] = 11.0
    record.text_sent()
    record.committed()
    record.text_sent()  # of the next response
    now[0] = 12.0
    _take(record, events.RESPONSE_CREATED, response={"id": "r1"})
    assert record.first_audio_delay is None
    _take(record, events.AUDIO_DELTA)
    now[0] = 13.0
    _take(record, events.AUDIO_DELTA)
    assert record.first_audio_delay == pytest.approx(2000)
    _take(record, events.RESPONSE_DONE, response={"id": "r1"})
    record.committed()
    assert record.first_audio_delay is None
    _take(record, events.RESPONSE_CREATED, response={"id": "r2"})
    now[0] = 13.5
    _take(record, events.AUDIO_DELTA)
    assert record.first_audio_delay == pytest.approx(2500)
    assert record.last_response_id == "r2"


def test_an_error_ends_the_response_that_has_not_begun_and_no_other():
    record = RealtimeRecord()
    _take(record, events.ERROR, error={"code": "c", "message": "early"})
    assert (record.owed, record.refusal) == (0, None)
    assert record.last_error is not None
    record.committed()
    record.committed()
    _take(record, events.RESPONSE_CREATED, response={"id": "r1"})
    _take(record, events.ERROR, error={"code": "invalid_value", "message": "empty"})
    assert record.owed == 1
    assert str(record.refusal.message) == "empty"
    _take(record, events.RESPONSE_DONE, response={"id": "r1"})
    assert record.owed == 0


@pytest.mark.parametrize(
    "keywords", [{"volume": -1}, {"speech_rate": 2.5}, {"pitch_rate": True}, {"bit_rate": 5}, {"volume": "50"}]
)
def test_a_number_out_of_its_range_is_refused_before_it_is_sent(client, keywords):
    with pytest.raises(InvalidParameter, match=next(iter(keywords))):
        client("ws://127.0.0.1:9/").update_session("Cherry", **keywords)


def test_the_package_is_reached_by_attribute_and_by_submodule():
    from dashscope_tts.audio.qwen_tts_realtime import qwen_tts_realtime as submodule

    assert dashscope_tts.audio.qwen_tts_realtime.QwenTtsRealtime is submodule.QwenTtsRealtime
    assert sorted(dashscope_tts.audio.qwen_tts_realtime.__all__) == [
        "AudioFormat", "QwenTtsRealtime", "QwenTtsRealtimeCallback",
    ]  # fmt: skip
