"""VoiceEnrollmentService: voices made, listed, looked at, changed and deleted, and what goes wrong meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dashscope.audio.tts_v2 import VoiceEnrollmentException, VoiceEnrollmentService

from ..http_client import ERRORS, add
from ..trace import Trace


def _voices(name: str, script: str, do: Callable[[Any], Any], **made: Any) -> None:
    def program(t: Trace) -> None:
        service = VoiceEnrollmentService(**made)
        t.step("call", do, service)
        t.note("last request id", service.get_last_request_id())

    add(f"voices {name}", script, program)


def _create(service: Any) -> Any:
    return service.create_voice("m", "p", "http://host/a.wav")


def _create_with_all(service: Any) -> Any:
    return service.create_voice(
        target_model="m", prefix="p", url="u", language_hints=["zh"], max_prompt_audio_length=12.5,
        enable_preprocess=True, nothing=None,
    )  # fmt: skip


def _design(service: Any) -> Any:
    return service.create_voice(
        "m", "p", None, voice_prompt="x", preview_text="y", parameters={"sample_rate": 24000}
    )


def _an_exception_in_the_hand(t: Trace) -> None:
    error = VoiceEnrollmentException("rid", 400, "C", "M")
    t.note("texts", [str(error), repr(error), list(error.args)])
    t.note("private", [error._request_id, error._status_code, error._code, error._error_message])


def _names(t: Trace) -> None:
    t.note("tries", VoiceEnrollmentService.MAX_QUERY_TRY_COUNT)
    t.note("model", VoiceEnrollmentService().model)


add("voices names", "plain", _names)
add("voices an exception in the hand", "plain", _an_exception_in_the_hand)
_voices("create", "create", _create)
_voices("create with all", "create", _create_with_all)
_voices("design", "create", _design)
_voices("with its own key", "create", _create, api_key="k9", workspace="ws", headers={"X-A": "1"}, extra=3)
_voices("qwen", "create qwen", _create, model="qwen-voice-enrollment")
_voices("list", "list", lambda service: service.list_voices())
_voices("list a page", "list", lambda service: service.list_voices("p", 2, 5))
_voices("query", "query", lambda service: service.query_voice("v"))
_voices("update", "void", lambda service: service.update_voice("v", "u"))
_voices("delete", "void", lambda service: service.delete_voice("v"))
_voices("an answer without one", "void", _create)
_voices("a list without one", "void", lambda service: service.list_voices())
_voices("deleted with null", "null", lambda service: service.delete_voice("v"))
for _script in ERRORS[:-2]:
    _voices(_script, _script, _create)
_DONE_WITH_A_VOICE: dict[str, Callable[[Any], Any]] = {
    "list": lambda service: service.list_voices(),
    "query": lambda service: service.query_voice("v"),
    "update": lambda service: service.update_voice("v", "u"),
    "delete": lambda service: service.delete_voice("v"),
}
for _label, _do in _DONE_WITH_A_VOICE.items():
    for _script in ("bad request", "too many", "server fault", "no body", "gateway", "error with 200", "null"):
        if (_label, _script) != ("delete", "null"):
            _voices(f"{_label} {_script}", _script, _do)
_voices("by name", "create", lambda service: service.create_voice(prefix="p", url="u", target_model="m"))
_voices("list by name", "list", lambda service: service.list_voices(page_size=1, page_index=3, prefix="x"))
_voices("query by name", "query", lambda service: service.query_voice(voice_id="v"))
_voices("update by name", "void", lambda service: service.update_voice(voice_id="v", url="u"))
_voices("delete by name", "void", lambda service: service.delete_voice(voice_id="v"))
_voices("nothing asked", "plain", lambda service: service.get_last_request_id())


def _one_service_for_all(t: Trace) -> None:
    service = VoiceEnrollmentService()
    for number in (1, 2, 3):
        t.step(f"create {number}", _create, service)
        t.note(f"request id {number}", service.get_last_request_id())


add("voices one service for all", "create", _one_service_for_all)
