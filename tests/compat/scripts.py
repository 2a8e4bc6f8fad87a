"""What the recording server does, by name: the part of a scenario that the service plays."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SCRIPTS", "Script"]


@dataclass(frozen=True)
class Script:
    """Reactions of the service; each is a row of actions, carried out at once.

    Actions: ``started``, ``sentence`` (begin, synthesis, audio, end), ``audio``, ``audio N`` (of N bytes),
    ``event TYPE``, ``bare event`` (as older services sent it), ``words`` (a sentence end with timestamps),
    ``finished``, ``failed CODE MESSAGE``, ``close CODE REASON``, ``drop`` (no close frame), ``text ...`` (sent as
    it stands), ``ping``.

    Args:
        handshake: ``accept``, ``silent``, ``cut``, or a status line such as ``401 Unauthorized``.
        run, text, flush, finish, cancel: the reaction to each message of the client.
        next_run: the reaction to the second ``run-task`` on a connection and all after it, where it differs.
    """

    handshake: str = "accept"
    run: tuple[str, ...] = ("started",)
    text: tuple[str, ...] = ()
    flush: tuple[str, ...] = ()
    finish: tuple[str, ...] = ("sentence", "finished")
    cancel: tuple[str, ...] = ("finished",)
    next_run: tuple[str, ...] | None = None


_VOICE = "failed InvalidParameter [tts:]Engine return error code: 418"
_IDLE = "failed InvalidParameter request timeout after 23 seconds."

_PAUSED = 'text {"header": {"event": "task-paused"}, "payload": {}}'

SCRIPTS: dict[str, Script] = {
    "plain": Script(),
    "two-sentences": Script(finish=("sentence", "sentence", "finished")),
    "sentence-per-text": Script(text=("sentence",), finish=("finished",)),
    "flushed": Script(flush=("sentence",)),
    "bare-events": Script(finish=("bare event", "audio", "bare event", "audio", "finished")),
    "words": Script(finish=("event sentence-begin", "audio", "words", "finished")),
    "many-frames": Script(finish=(*("audio 4096",) * 200, "finished")),
    "wav-frames": Script(finish=("audio 44", "audio 3200", "audio 1", "finished")),
    "no-audio": Script(finish=("finished",)),
    "empty-frame-first": Script(finish=("audio 0", "audio", "finished")),
    "unasked-audio": Script(run=("started", "audio"), finish=("audio", "finished")),
    "pings": Script(run=("ping", "started"), finish=("ping", "sentence", "ping", "finished")),
    "unknown-event": Script(finish=(_PAUSED, "sentence", "finished")),
    "no-event-name": Script(finish=('text {"header": {}, "payload": {}}', "sentence", "finished")),
    "failed-at-start": Script(run=(_VOICE, "close 1000")),
    "failed-at-start-left-open": Script(run=(_VOICE,)),
    "failed-at-text": Script(text=(_VOICE, "close 1000")),
    "failed-at-text-left-open": Script(text=(_VOICE,), finish=()),
    "failed-at-finish": Script(finish=("sentence", _VOICE, "close 1000")),
    "failed-without-audio": Script(finish=(_VOICE, "close 1000")),
    "failed-in-chinese": Script(finish=("failed DataInspectionFailed 输入包含不当内容", "close 1000")),
    "idle": Script(text=(_IDLE, "close 1000")),
    "failed-at-cancel": Script(cancel=(_VOICE, "close 1000")),
    "cancel-with-audio": Script(cancel=("audio", "audio", "finished")),
    "audio-before-cancel": Script(text=("sentence",), cancel=("audio", "audio", "finished")),
    "cancel-unanswered": Script(text=("sentence",), cancel=()),
    "finish-unanswered": Script(text=("sentence",), finish=()),
    "never-started": Script(run=()),
    "dropped-at-run": Script(run=("drop",)),
    "dropped-at-text": Script(text=("sentence", "drop")),
    "dropped-at-finish": Script(finish=("sentence", "drop")),
    "closed-at-finish": Script(finish=("sentence", "close 1011 going down")),
    "junk": Script(finish=("text this is not JSON", "sentence", "finished")),
    "json-list": Script(finish=("text [1, 2]", "sentence", "finished")),
    "closed-after-finish": Script(finish=("sentence", "finished", "close 1000 idle")),
    "401": Script(handshake="401 Unauthorized"),
    "403": Script(handshake="403 Forbidden"),
    "429": Script(handshake="429 Too Many Requests"),
    "silent": Script(handshake="silent"),
    "cut": Script(handshake="cut"),
}
