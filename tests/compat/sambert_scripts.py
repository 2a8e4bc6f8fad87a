"""What the Sambert service does, by name: the part of a scenario that the service plays."""

from __future__ import annotations

from typing import Any

from ..sambert.recording_server import Close, Drop, Pong, Route, event, failed, finished, result, spoken, started

__all__ = ["SCRIPTS"]

_WORDS = [{"text": "今", "begin_time": 0, "end_time": 300, "phonemes": [{"text": "j_c", "tone": 1}]}]
_SENTENCE = {"begin_time": 0, "end_time": 5, "words": []}


def _all_kinds() -> list[Any]:
    growing = [result(0, 300, _WORDS), b"abc", result(0, 500, _WORDS, characters=7)]
    return [started(), b"RIFF", *growing, result(500, 900, characters=9), finished(characters=9)]


def _merging() -> list[Any]:
    times = ((0, 5), (0, 5, _WORDS), (0, 7), (7, 8), (7, 9), (0, 9))
    return [started(), *(result(*each) for each in times), finished()]


_REFUSED = b'{"code":"InvalidApiKey","message":"Invalid API-key provided."}'
_THROTTLED = b'{"code":"Throttling","message":"slow down","request_id":"r-1"}'

SCRIPTS: dict[str, Route] = {
    "plain": Route(spoken(b"a")),
    "two-frames": Route(spoken(b"a", b"b")),
    "all-kinds": Route(_all_kinds()),
    "failed": Route([failed()]),
    "failed-after-start": Route([started(), failed()]),
    "failed-after-audio": Route([started(), b"a", failed()]),
    "failed-after-a-result": Route(
        [started(), b"a", result(0, 5), failed("Throttling.RateQuota", "slow down")]
    ),
    "no-audio": Route([started(), finished()]),
    "empty-frame": Route([started(), b"", b"a", finished()]),
    "ping": Route([started(), Pong(), b"a", finished()]),
    "merging": Route(_merging()),
    "merging-with-the-same-end": Route([started(), result(0, 5), result(0, 5, _WORDS), finished()]),
    "another-task-id": Route([started(), b"a", event("task-finished", {"output": None}, task_id="other")]),
    "dropped": Route([started(), b"a", Drop()]),
    "closed": Route([started(), b"a", Close(1007, "bad")]),
    "not-json": Route([started(), b"a", "nonsense {", finished()]),
    "audio-too-early": Route([b"a", started(), finished()]),
    "finished-at-once": Route([finished()]),
    "unknown-event": Route([started(), b"a", event("something"), finished()]),
    "output-is-empty": Route([started(), b"a", finished({})]),
    "output-has-a-sentence": Route([started(), b"a", finished({"sentence": _SENTENCE})]),
    "payload-is-empty": Route([started(), b"a", event("task-finished")]),
    "result-without-a-sentence": Route([started(), b"a", event("result-generated", {"output": {}}), finished()]),
    **{str(status): Route(status=status) for status in (401, 403, 404, 503)},
    "401-with-a-reason": Route(status=401, body=_REFUSED),
    "429": Route(status=429, body=_THROTTLED),
}
