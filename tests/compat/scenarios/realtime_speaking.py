"""The realtime client where all goes well: fragments, modes, fields of a session, getters, headers."""

from __future__ import annotations

from typing import Any

from dashscope.audio.qwen_tts_realtime import AudioFormat

from ..realtime_client import client, getters, realtime, spoken
from ..realtime_trace import RealtimeTrace


@realtime()
def server_commit(t: RealtimeTrace) -> None:
    tts = client(t)
    getters(t, tts, "before")
    spoken(t, tts)


@realtime()
def fragments_of_all_kinds(t: RealtimeTrace) -> None:
    tts = client(t)
    tts.connect()
    for text in ("Hello ", "你好", "", " ", "\n", "emoji 🎉", 'quotes " and \\ and </speak>'):
        tts.append_text(text)
    tts.append_text(text="by keyword")
    tts.finish()
    t.wait_for_close()


@realtime("commit")
def commit_mode(t: RealtimeTrace) -> None:
    tts = client(t)
    tts.connect()
    tts.update_session("Cherry", AudioFormat.PCM_24000HZ_MONO_16BIT, "commit")
    for number in (1, 2, 3):
        tts.append_text(f"Sentence {number}.")
        t.step(f"commit {number}", tts.commit)
        t.wait_for("response.done", number)
        t.note(f"response {number}", tts.get_last_response_id())
    tts.finish()
    t.wait_for_close()


@realtime("commit")
def every_message(t: RealtimeTrace) -> None:
    tts = client(t)
    tts.connect()
    t.step("clear_appended_text", tts.clear_appended_text)
    t.step("cancel_response", tts.cancel_response)
    t.step("commit", tts.commit)
    t.step("send_raw", tts.send_raw, '{"type": "of.our.own", "a": 1}')
    t.step("finish", tts.finish)
    t.wait_for_close()


@realtime()
def every_field_of_a_session(t: RealtimeTrace) -> None:
    tts = client(t)
    tts.connect()
    tts.update_session(
        voice="Ethan", response_format=AudioFormat.PCM_24000HZ_MONO_16BIT, mode="commit", sample_rate=16000,
        volume=60, speech_rate=1.2, audio_format="mp3", pitch_rate=0.9, bit_rate=64, language_type="Chinese",
        enable_tn=True, instructions="慢一点", optimize_instructions=True, of_our_own=[1],
    )  # fmt: skip
    t.note("config", tts.config)
    tts.update_session("Serena", volume=0, enable_tn=False, optimize_instructions=False, instructions="")
    tts.update_session("Serena", AudioFormat.PCM_24000HZ_MONO_16BIT, "server_commit", 8000, 10, 0.5, "opus", 2.0, 6)
    t.note("config at last", tts.config)
    tts.finish()
    t.wait_for_close()


@realtime()
def headers_and_a_workspace(t: RealtimeTrace) -> None:
    headers = {"X-Own": "1", "user-agent": "mine", "Authorization": "Bearer mine", "X-DashScope-WorkSpace": "theirs"}
    tts = client(t, headers=headers, workspace="ws-1")
    tts.connect()
    tts.finish()
    t.wait_for_close()
    t.note("headers are unchanged", headers)


@realtime()
def headers_in_another_spelling(t: RealtimeTrace) -> None:
    tts = client(t, headers={"AUTHORIZATION": "Bearer mine"})
    tts.connect()
    tts.finish()
    t.wait_for_close()


@realtime()
def the_key_is_read_when_connecting(t: RealtimeTrace) -> None:
    tts = client(t)
    tts.apikey = "sk-set-later"
    tts.connect()
    tts.finish()
    t.wait_for_close()


@realtime()
def additional_params_are_not_sent(t: RealtimeTrace) -> None:
    spoken(t, client(t, additional_params={"volume": 3}))


@realtime()
def what_the_getters_say_inside_a_callback(t: RealtimeTrace) -> None:
    seen: list[Any] = []

    def look(event: Any) -> None:
        is_last = tts.get_last_message() == event
        seen.append([event["type"], tts.get_session_id(), tts.get_last_response_id(), is_last])

    tts = client(t, {"on_event": look})
    tts.connect()
    tts.finish()
    t.wait_for_close()
    t.note("seen", seen)


@realtime()
def a_second_session_on_the_same_object(t: RealtimeTrace) -> None:
    tts = client(t)
    for number in (1, 2):
        tts.connect()
        tts.append_text("Hello.")
        tts.finish()
        t.wait_for("session.finished", number)
        assert t.closed.wait(3)
        t.closed.clear()
    getters(t, tts, "after")
