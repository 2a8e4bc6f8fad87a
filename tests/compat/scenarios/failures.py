"""The service refuses, fails, or goes away."""

from __future__ import annotations

import socket
import time

from ..registry import scenario
from ..speaking import recorder, speaker
from ..trace import Trace


def _pause() -> None:
    """Long enough for what the server sends at once to have arrived."""
    time.sleep(0.3)


@scenario("failed-at-start")
def call_failed_at_start(t: Trace) -> None:
    synthesizer = speaker(t)
    t.step("call", synthesizer.call, "text")
    t.note("response", synthesizer.get_response())
    t.note("delay", synthesizer.get_first_package_delay() < 0)


@scenario("failed-at-start")
def call_failed_at_start_with_a_callback(t: Trace) -> None:
    t.step("call", speaker(t, recorder(t)).call, "text")
    t.wait_for_close()


@scenario("failed-at-start-left-open")
def call_failed_at_start_on_a_connection_left_open(t: Trace) -> None:
    t.step("call", speaker(t, recorder(t)).call, "text")
    t.wait_for_close()


@scenario("failed-at-start")
def stream_failed_at_start(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.wait_for_close()
    _pause()
    t.step("complete", synthesizer.streaming_complete)


@scenario("failed-at-start")
def stream_failed_at_start_then_another_fragment(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.wait_for_close()
    _pause()
    t.step("another fragment", synthesizer.streaming_call, "text")


@scenario("failed-at-finish")
def call_failed_after_audio(t: Trace) -> None:
    synthesizer = speaker(t)
    t.step("call", synthesizer.call, "text")
    t.note("response", synthesizer.get_response())


@scenario("failed-at-finish")
def call_failed_after_audio_with_a_callback(t: Trace) -> None:
    t.step("call", speaker(t, recorder(t)).call, "text")
    t.wait_for_close()


@scenario("failed-without-audio")
def call_failed_without_audio(t: Trace) -> None:
    t.step("call", speaker(t).call, "text")


@scenario("failed-in-chinese")
def call_failed_with_a_chinese_message(t: Trace) -> None:
    t.step("call", speaker(t).call, "text")


@scenario("failed-in-chinese")
def call_failed_with_a_chinese_message_and_a_callback(t: Trace) -> None:
    t.step("call", speaker(t, recorder(t)).call, "text")
    t.wait_for_close()


@scenario("idle")
def stream_failed_because_of_silence(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.wait_for_close()


@scenario("failed-at-text")
def stream_failed_then_another_fragment(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.wait_for_close()
    _pause()
    t.step("another fragment", synthesizer.streaming_call, "more")
    t.step("complete", synthesizer.streaming_complete)


@scenario("failed-at-text")
def stream_failed_then_complete(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.wait_for_close()
    _pause()
    t.step("complete", synthesizer.streaming_complete)


@scenario("failed-at-text-left-open", limit=4)
def stream_failed_then_complete_on_a_connection_left_open(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.wait_for_close()
    t.step("complete", synthesizer.streaming_complete, 1000)


@scenario("failed-at-text")
def stream_failed_then_cancel(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.wait_for_close()
    _pause()
    t.step("cancel", synthesizer.streaming_cancel)


@scenario("failed-at-finish")
def stream_failed_at_finish(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.step("complete", synthesizer.streaming_complete)
    t.wait_for_close()


@scenario("failed-at-finish")
def stream_failed_at_asynchronous_finish(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.step("complete", synthesizer.async_streaming_complete)
    t.wait_for_close()


@scenario("failed-at-text")
def close_after_a_failure(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.wait_for_close()
    t.step("close", synthesizer.close)
    t.step("close again", synthesizer.close)


@scenario("failed-at-start", limit=4)
def call_after_a_failure(t: Trace) -> None:
    synthesizer = speaker(t)
    t.step("call", synthesizer.call, "text")
    _pause()
    t.step("call again", synthesizer.call, "text")


# -- the connection goes away


@scenario("dropped-at-finish", limit=2)
def call_dropped(t: Trace) -> None:
    t.step("call", speaker(t).call, "text")


@scenario("dropped-at-finish")
def call_dropped_with_a_limit(t: Trace) -> None:
    t.takes_at_most("call", 2.0, speaker(t).call, "text", 3000)


@scenario("dropped-at-finish")
def call_dropped_with_a_callback(t: Trace) -> None:
    t.step("call", speaker(t, recorder(t)).call, "text")
    t.wait_for_close(1)


@scenario("dropped-at-finish", limit=2)
def stream_dropped_at_finish(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.step("complete", synthesizer.streaming_complete)


@scenario("dropped-at-text")
def stream_dropped_then_another_fragment(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.wait_for_close(0.5)
    _pause()
    t.step("another fragment", synthesizer.streaming_call, "more")


@scenario("dropped-at-text")
def stream_dropped_then_complete(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.wait_for_close(0.5)
    _pause()
    t.step("complete", synthesizer.streaming_complete)


@scenario("dropped-at-text")
def stream_dropped_then_cancel(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.wait_for_close(0.5)
    _pause()
    t.step("cancel", synthesizer.streaming_cancel, 1000)


@scenario("closed-at-finish", limit=2)
def call_closed_with_code_1011(t: Trace) -> None:
    t.step("call", speaker(t).call, "text")


@scenario("dropped-at-run")
def call_dropped_at_start(t: Trace) -> None:
    t.takes_at_most("call", 1.0, speaker(t).call, "text")


@scenario("never-started")
def call_never_started(t: Trace) -> None:
    t.takes_at_most("call", 12.0, speaker(t).call, "text")


@scenario("never-started")
def call_never_started_with_a_limit(t: Trace) -> None:
    t.takes_at_most("call", 1.0, speaker(t).call, "text", 300)


@scenario("junk")
def call_with_junk_in_between(t: Trace) -> None:
    t.step("call", speaker(t).call, "text", 1000)


@scenario("json-list")
def call_with_a_json_list_in_between(t: Trace) -> None:
    t.step("call", speaker(t).call, "text", 1000)


@scenario("no-event-name")
def call_with_an_event_without_a_name(t: Trace) -> None:
    t.step("call", speaker(t).call, "text", 1000)


# -- no connection


@scenario()
def call_refused(t: Trace) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    t.takes_at_most("call", 1.0, speaker(t, url=f"ws://127.0.0.1:{port}/api-ws/v1/inference").call, "text")


@scenario("401")
def call_with_a_bad_key(t: Trace) -> None:
    t.takes_at_most("call", 1.0, speaker(t).call, "text")


@scenario("403")
def stream_with_a_forbidden_key(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.takes_at_most("fragment", 1.0, synthesizer.streaming_call, "text")


@scenario("429")
def call_with_too_many_requests(t: Trace) -> None:
    t.takes_at_most("call", 1.0, speaker(t).call, "text")


@scenario("silent")
def call_with_a_silent_handshake(t: Trace) -> None:
    t.takes_at_most("call", 6.0, speaker(t).call, "text")


@scenario("cut")
def call_with_a_handshake_cut_short(t: Trace) -> None:
    t.takes_at_most("call", 1.0, speaker(t).call, "text")


@scenario()
def call_after_a_failed_connect(t: Trace) -> None:
    good, synthesizer = t.url, speaker(t, url=t.url_of("401"))
    t.step("call", synthesizer.call, "text")
    synthesizer.url = good
    t.step("call again", synthesizer.call, "text")
