"""The conversation: order of events, sentences, flush, cancel, refusals, limits and time-outs."""

from __future__ import annotations

import json
import uuid

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from .client import WAIT, Task, connect, message, pcm, rms, speak

TEXT = "Hello there. 你好，世界。How are you today?"


def closes(connection) -> bool:
    """Whether the other side closes the connection."""
    try:
        while True:
            connection.recv(timeout=WAIT)
    except ConnectionClosed:
        return True


def test_the_events_of_a_task_come_in_the_documented_order(service):
    spoken = speak(service, TEXT)
    kinds = []
    for item in spoken.items:
        if isinstance(item, bytes):
            kinds.append("audio")
        elif item["header"]["event"] == "result-generated":
            output = item["payload"]["output"]
            kinds.append(f"{output['type']} {output['sentence']['index']}")
        else:
            kinds.append(item["header"]["event"])
    expected = ["task-started"]
    for index in range(3):
        frames = kinds.count(f"sentence-synthesis {index}")
        assert frames > 2
        expected += [f"sentence-begin {index}", *[f"sentence-synthesis {index}", "audio"] * frames]
        expected.append(f"sentence-end {index}")
    assert kinds == [*expected, "task-finished"]
    assert spoken.sentences == ["Hello there.", "你好，世界。", "How are you today?"]


def test_characters_are_counted_as_the_service_bills_them(service):
    spoken = speak(service, "你好。", "Hi!")
    running = [e["payload"]["usage"]["characters"] for e in spoken.events if "usage" in e["payload"]]
    assert running == [5, 8, 8]
    assert speak(service, "<speak>你好</speak>", enable_ssml=True).characters == 4


def test_fragments_are_joined_and_may_be_empty(service):
    assert speak(service, "", "Hel", "lo the", "", "re. ", "\n", "Bye").sentences == ["Hello there.", "Bye"]


def test_the_first_audio_leaves_while_text_still_comes(service):
    with connect(service) as connection:
        task = Task(connection).run().text("第一句。第二")
        assert task.until("audio")
        spoken = task.text("句。").finish().rest()
    assert spoken.sentences == ["第一句。", "第二句。"]


def test_a_sentence_at_the_end_of_the_text_so_far_is_spoken_without_waiting_for_more(service):
    with connect(service) as connection:
        task = Task(connection).run().text("It is three.")
        task.until("sentence-end")
        assert task.finish().rest().sentences == ["It is three."]


def test_the_first_frame_leaves_before_the_last_sentence_is_made(start):
    from dashscope_tts.local.engine import Chunk, Engine

    from .client import Spoken

    class Gated(Engine):
        """Makes the second sentence only when the test has heard the first."""

        def __init__(self):
            import threading

            self.heard = threading.Event()

        def speak(self, utterance, emit):
            if "Second" in utterance.text:
                assert self.heard.wait(WAIT)
            emit(Chunk(bytes(32000), 16000))

    engine = Gated()
    service = start(engine=engine)
    with connect(service) as connection:
        task = Task(connection).run().text("First one. Second one.").finish()
        assert task.until("audio")
        engine.heard.set()
        spoken = task.rest()
    assert isinstance(spoken, Spoken)
    assert len(spoken.audio) == 64000


def test_flush_speaks_what_is_there_and_keeps_the_task_open(service):
    with connect(service) as connection:
        task = Task(connection).run().text("no mark at the end").flush()
        task.until("sentence-end")
        spoken = task.text(" and more").finish().rest()
    assert spoken.sentences == ["no mark at the end", "and more"]


def test_text_may_be_sent_right_after_run_task_and_without_a_model(service):
    assert speak(service, "Hello.").characters == 6  # the helper waits for nothing


def test_many_tasks_follow_one_another_on_a_connection(start):
    service = start()
    with connect(service) as connection:
        for number in range(5):
            spoken = Task(connection).run().text(f"Number {number}.").finish().rest()
            assert spoken.sentences == [f"Number {number}."]
            assert {event["header"]["task_id"] for event in spoken.events} == {spoken.last["header"]["task_id"]}
        stats = service.stats()
    assert (stats["connections_total"], stats["tasks_total"], stats["tasks_peak"]) == (1, 5, 1)
    assert stats["connections_now"] == 1


def test_a_task_may_have_the_id_of_the_one_before_it(service):
    with connect(service) as connection:
        first = Task(connection).run().text("One.").finish()
        first.rest()
        second = Task(connection)
        second.id = first.id
        assert second.run().text("Two.").finish().rest().sentences == ["Two."]


def test_cancel_stops_the_audio_and_finishes_the_task(service):
    with connect(service) as connection:
        task = Task(connection).run().text("这是很长的一句话。" * 200).finish()
        task.until("audio")
        task.finish(directive="cancel")
        spoken = task.rest()
        assert spoken.last["header"]["event"] == "task-finished"
        assert len(spoken.sentences) < 150
        again = Task(connection).run().text("Go on.").finish().rest()
    assert again.sentences == ["Go on."]


def test_cancel_before_any_text_finishes_the_task(service):
    with connect(service) as connection:
        spoken = Task(connection).run().finish(directive="cancel").rest()
    assert spoken.last["header"]["event"] == "task-finished"


def test_default_and_zero_leave_the_format_to_the_service(service):
    audio = speak(service, "Hello.", format="Default", sample_rate=0).audio
    assert audio[0] == 0xFF
    assert audio[1] & 0xE0 == 0xE0


@pytest.mark.parametrize("text", ["a < b & c", "<b>bold</b> text", "5 > 3"])
def test_plain_text_is_spoken_as_such_though_ssml_is_enabled(service, text):
    spoken = speak(service, text, enable_ssml=True)
    assert spoken.sentences == [text]
    assert rms(pcm(spoken.audio)) > 0.01


def test_unknown_parameters_are_ignored_and_numbers_may_be_of_either_kind(service):
    numbers = {"volume": 50.0, "rate": 1, "pitch": 1, "seed": 3.0, "bit_rate": 32}
    assert speak(service, "Hello.", **numbers, type=0, emotion={"x": [1]}).characters == 6


def test_text_with_nothing_to_say_ends_without_audio(service):
    spoken = speak(service, "。。。！🙂")
    assert spoken.last["header"]["event"] == "task-finished"
    assert spoken.audio == b""


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"volume": 101}, "volume"), ({"rate": 2.1}, "rate"), ({"pitch": 0.4}, "pitch"), ({"seed": 65536}, "seed"),
        ({"format": "flac"}, "format"), ({"sample_rate": 12345}, "sample_rate"), ({"bit_rate": 5}, "bit_rate"),
        ({"volume": "loud"}, "volume"), ({"voice": ""}, "Request voice is invalid!"),
        ({"voice": None}, "Request voice is invalid!"), ({"instruction": "长" * 51}, "instruction"),
        ({"model": ""}, "Missing required parameter 'payload.model'! Please follow the protocol!"),
    ],
)  # fmt: skip
def test_a_bad_parameter_fails_the_task_by_name(service, parameters, text):
    with connect(service) as connection:
        spoken = Task(connection, **parameters).run().rest()
        code, reason = spoken.error
        assert code == "InvalidParameter"
        assert text in reason
        assert closes(connection)


def test_the_error_of_a_range_tells_the_range(service):
    with connect(service) as connection:
        assert "[0, 100]" in Task(connection, volume=101).run().rest().error[1]


def test_half_a_surrogate_pair_is_no_reason_to_fail(service):
    spoken = speak(service, "Broken \ud83d pair.")
    assert spoken.sentences == ["Broken \ufffd pair."]


def test_text_that_follows_a_cancel_is_ignored(service):
    with connect(service) as connection:
        task = Task(connection).run().text("很长的一句话。" * 100)
        task.until("audio")
        task.finish(directive="cancel").text("more")
        assert task.rest().last["header"]["event"] == "task-finished"


def refusal(service, *messages: str) -> str:
    """The error message after these messages, and the connection closed."""
    with connect(service) as connection:
        for text in messages:
            connection.send(text)
        while True:
            received = connection.recv(timeout=WAIT)
            if isinstance(received, str) and json.loads(received)["header"]["event"] == "task-failed":
                break
        assert closes(connection)
        return json.loads(received)["header"]["error_message"]


RUN = {"model": "cosyvoice-v3-flash", "input": {}, "parameters": {"voice": "longanyang"}}


@pytest.mark.parametrize(
    ("messages", "text"),
    [
        ([("continue-task", {"input": {"text": "x"}})], "Invalid action('continue-task')!"),
        ([("finish-task", {"input": {}})], "Invalid action('finish-task')!"),
        ([("run-task", RUN), ("run-task", RUN)], "Invalid action('run-task')! Please follow the protocol!"),
        ([("run-task", {**RUN, "input": None})], "task can not be null"),
        ([("run-task", RUN), ("finish-task", {"input": {}})], "Please ensure input text is valid."),
        ([("run-task", RUN), ("continue-task", {"input": {"text": " \n"}}), ("finish-task", {"input": {}})],
         "Please ensure input text is valid."),
        ([("jump", {})], "Invalid action('jump')!"),
    ],
)  # fmt: skip
def test_what_the_protocol_does_not_allow_fails_the_task(service, messages, text):
    task_id = uuid.uuid4().hex
    assert text in refusal(service, *[message(action, task_id, payload) for action, payload in messages])


@pytest.mark.parametrize("text", ["not json", "[]", "{}", '{"header": {"action": "run-task"}}'])
def test_a_message_that_is_none_fails(service, text):
    assert refusal(service, text)


def test_a_second_text_with_ssml_is_refused(service):
    run = {**RUN, "parameters": {"voice": "longanyang", "enable_ssml": True}}
    texts = [("run-task", run), *[("continue-task", {"input": {"text": "<speak>a</speak>"}})] * 2]
    task_id = uuid.uuid4().hex
    sent = [message(action, task_id, payload) for action, payload in texts]
    assert refusal(service, *sent) == "Text request limit violated, expected 1."


def test_the_text_limits_count_as_the_service_counts(start):
    service = start(max_message_characters=10, max_task_characters=15)
    assert speak(service, "一二三四五").characters == 10
    with connect(service) as connection:
        assert "10" in Task(connection).run().text("一二三四五a").rest().error[1]
    with connect(service) as connection:
        assert "15" in Task(connection).run().text("一二三四五").text("abcdef").rest().error[1]


def test_a_pause_between_fragments_fails_the_task_after_the_time_limit(start):
    service = start(fragment_timeout=0.2)
    with connect(service) as connection:
        spoken = Task(connection).run().text("Some text").rest()
        assert spoken.error == ("InvalidParameter", "request timeout after 23 seconds.")
        assert closes(connection)


def test_the_time_limit_does_not_apply_once_the_text_is_finished(start):
    service = start(fragment_timeout=0.05, idle_timeout=5.0)
    assert speak(service, "这是一句话。" * 60).last["header"]["event"] == "task-finished"


def test_an_idle_connection_is_closed(start):
    service = start(idle_timeout=0.2)
    with connect(service) as connection:
        assert closes(connection)
    with connect(service) as connection:
        Task(connection).run().text("Hi.").finish().rest()
        assert closes(connection)


def status_of(service, **options) -> tuple[int, bytes]:
    with pytest.raises(InvalidStatus) as caught, connect(service, **options):
        pass
    return caught.value.response.status_code, caught.value.response.body


@pytest.mark.parametrize("header", [None, "Bearer ", "", "Basic eDp5"])
def test_a_missing_key_is_refused_in_the_handshake(service, header):
    headers = {} if header is None else {"Authorization": header}
    status, body = status_of(service, additional_headers=headers)
    answer = json.loads(body)
    assert status == 401
    assert (answer["code"], answer["message"]) == ("InvalidApiKey", "Invalid API-key provided.")
    assert uuid.UUID(answer["request_id"])


def test_only_the_given_key_is_let_in(start):
    service = start(api_key="sk-right")
    assert status_of(service, key="sk-wrong")[0] == 401
    with connect(service, key="sk-right") as connection:
        assert Task(connection).run().text("Hi.").finish().rest().characters == 3


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_word_may_be_written_in_any_case(service, scheme):
    headers = {"Authorization": f"{scheme} some-key", "X-DashScope-DataInspection": "enable"}
    with connect(service, additional_headers=headers, origin="http://example.com"):
        pass


def test_the_key_may_stand_in_the_url_and_the_url_may_end_with_a_slash(start):
    service = start(api_key="sk-right")
    with connect(service, url=f"{service.url}/?api_key=sk-right", additional_headers={}):
        pass
    assert status_of(service, url=f"{service.url}?api_key=no", additional_headers={})[0] == 401


def test_two_user_agents_are_no_reason_to_refuse(service):
    headers = [("Authorization", "Bearer x"), ("user-agent", "one"), ("user-agent", "two")]
    with connect(service, additional_headers=headers, user_agent_header=None):
        pass


@pytest.mark.parametrize(
    ("model", "voice", "fails"),
    [
        ("cosyvoice-v3-flash", "longanyang", False), ("cosyvoice-v3-flash", "longxiaochun_v2", True),
        ("cosyvoice-v2", "longxiaochun_v2", False), ("cosyvoice-v1", "longxiaochun", False),
        ("cosyvoice-v3-flash", "nobody", True), ("cosyvoice-v3.5-flash", "longanyang", True),
        ("cosyvoice-v3-flash", "cosyvoice-v3-flash-mine-1234", False),
        ("cosyvoice-v3-plus", "cosyvoice-v3-flash-mine-1234", True),
    ],
)  # fmt: skip
def test_a_strict_service_refuses_voices_as_the_real_one_does(start, model, voice, fails):
    strict = start(strict=True)
    spoken = None
    with connect(strict) as connection:
        spoken = Task(connection, model=model, voice=voice).run().text("Hi.").finish().rest()
    if fails:
        assert spoken.error == ("InvalidParameter", "[tts:]Engine return error code: 418")
    else:
        assert spoken.characters == 3
    assert speak(start(), "Hi.", model=model, voice=voice).characters == 3  # a lenient one speaks
