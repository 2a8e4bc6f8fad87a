"""Programs that are run with the official package and with ours: what the service says to each, and what it asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .recording_server import Close, Drop, Pong, event, failed, finished, result, spoken, started

__all__ = ["SCENARIOS", "Scenario"]

_WORDS = [{"text": "今", "begin_time": 0, "end_time": 300, "phonemes": [{"text": "j_c", "tone": 1}]}]
_SENTENCE = {"begin_time": 0, "end_time": 5, "words": []}


@dataclass(frozen=True)
class Scenario:
    """``script`` is what the server plays, or the HTTP status it answers with; the rest are arguments of the call."""

    script: Any
    text: Any = "今天天气怎么样"
    callback: bool = True
    raises: str = ""
    body: bytes = b""
    arguments: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)


def _all_kinds() -> list[Any]:
    growing = [result(0, 300, _WORDS), b"abc", result(0, 500, _WORDS, characters=7)]
    return [started(), b"RIFF", *growing, result(500, 900, characters=9), finished(characters=9)]


_EVERY_PARAMETER = {
    "format": "pcm", "sample_rate": 48000, "volume": 70, "rate": 1.2, "pitch": 0.9, "word_timestamp_enabled": True,
    "phoneme_timestamp_enabled": True, "unknown": {"a": [1, None]}, "none": None,
}  # fmt: skip

SCENARIOS: dict[str, Scenario] = {
    "speaks": Scenario(_all_kinds()),
    "speaks_without_a_callback": Scenario(_all_kinds(), callback=False),
    "every_parameter": Scenario(spoken(b"a", b"b"), arguments=_EVERY_PARAMETER),
    "key_headers_and_workspace": Scenario(
        spoken(b"a"),
        arguments={"api_key": "sk-own", "headers": {"x-a": "b"}, "workspace": "ws-1", "request_timeout": 20},
    ),
    "data_inspection": Scenario(spoken(b"a"), environment={"DASHSCOPE_DISABLE_DATA_INSPECTION": "false"}),
    "no_sdk_headers": Scenario(spoken(b"a"), environment={"DASHSCOPE_DISABLE_SDK_HEADERS": "1"}),
    "ssml": Scenario(spoken(b"a"), text='<speak rate="1.1">你好 & "you"</speak>'),
    "empty_text": Scenario([started(), failed()], text=""),
    "no_audio": Scenario([started(), finished()]),
    "an_empty_frame": Scenario([started(), b"", b"a", finished()]),
    "a_ping": Scenario([started(), Pong(), b"a", finished()]),
    "merging": Scenario(
        [started(), *(result(*times) for times in ((0, 5), (0, 5, _WORDS), (0, 7), (7, 8), (7, 9), (0, 9))),
         finished()]
    ),
    "merging_with_the_same_end": Scenario([started(), result(0, 5), result(0, 5, _WORDS), finished()]),
    "another_task_id": Scenario([started(), b"a", event("task-finished", {"output": None}, task_id="other")]),
    "refused_by_the_service": Scenario([failed()]),
    "failed_later": Scenario([started(), b"a", result(0, 5), failed("Throttling.RateQuota", "slow down")]),
    "failed_later_without_a_callback": Scenario([started(), b"a", failed()], callback=False),
    "http_401": Scenario(401),
    "http_403": Scenario(403),
    "http_503": Scenario(503),
    "http_404": Scenario(404),
    "http_401_with_a_reason": Scenario(401, body=b'{"code":"InvalidApiKey","message":"Invalid API-key provided."}'),
    "http_429": Scenario(429, body=b'{"code":"Throttling","message":"slow down","request_id":"r-1"}'),
    "nobody_listens": Scenario(0),
    "dropped": Scenario([started(), b"a", Drop()]),
    "closed": Scenario([started(), b"a", Close(1007, "bad")]),
    "not_json": Scenario([started(), b"a", "nonsense {", finished()]),
    "audio_too_early": Scenario([b"a", started(), finished()]),
    "finished_at_once": Scenario([finished()]),
    "an_unknown_event": Scenario([started(), b"a", event("something"), finished()]),
    "output_is_empty": Scenario([started(), b"a", finished({})]),
    "output_has_a_sentence": Scenario([started(), b"a", finished({"sentence": _SENTENCE})]),
    "payload_is_empty": Scenario([started(), b"a", event("task-finished")]),
    "result_without_a_sentence": Scenario([started(), b"a", event("result-generated", {"output": {}}), finished()]),
    "half_a_surrogate": Scenario(spoken(b"a"), text="\ud800a"),
    "no_model": Scenario(spoken(b"a"), arguments={"model": None}),
    "no_key": Scenario(spoken(b"a"), arguments={"api_key": None}),
    "on_open_raises": Scenario(spoken(b"a"), raises="on_open"),
    "on_event_raises": Scenario(spoken(b"a", b"b"), raises="on_event"),
    "on_complete_raises": Scenario(spoken(b"a"), raises="on_complete"),
    "on_error_raises": Scenario([failed()], raises="on_error"),
    "on_close_raises": Scenario(spoken(b"a"), raises="on_close"),
}
