"""``streaming_call`` and what goes with it: the text in fragments."""

from __future__ import annotations

import gc
import threading
import time

from ..registry import scenario
from ..speaking import recorder, speaker
from ..trace import Trace

_OPEN_AND_A_SENTENCE = 5  # callbacks


@scenario("sentence-per-text")
def stream_of_three_fragments(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    for number, text in enumerate(("The first, ", "the second, ", "the third.")):
        t.step(f"fragment {number}", synthesizer.streaming_call, text)
    t.step("complete", synthesizer.streaming_complete)
    t.wait_for_close()
    t.note("delay is positive", 0 < synthesizer.get_first_package_delay() < 5000)
    t.note("request id", synthesizer.get_last_request_id())
    t.note("response", synthesizer.get_response())


@scenario("two-sentences")
def stream_completed_asynchronously(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.step("complete", synthesizer.async_streaming_complete)
    t.wait_for_close()


@scenario()
def stream_completed_with_a_limit_by_position(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.step("complete", synthesizer.streaming_complete, 120_000)
    t.wait_for_close()


@scenario()
def stream_completed_without_a_limit(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.step("complete", synthesizer.streaming_complete, complete_timeout_millis=0)
    t.wait_for_close()


@scenario()
def stream_of_blanks(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    for number, text in enumerate(("", " ", "\n")):
        t.step(f"fragment {number}", synthesizer.streaming_call, text)
    t.step("complete", synthesizer.streaming_complete)
    t.wait_for_close()


@scenario("flushed")
def stream_flushed(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "half a sen")
    t.step("flush", synthesizer.streaming_flush)
    t.step("another fragment", synthesizer.streaming_call, "tence.")
    t.step("complete", synthesizer.streaming_complete)
    t.wait_for_close()


@scenario()
def flush_before_start(t: Trace) -> None:
    t.step("flush", speaker(t, recorder(t)).streaming_flush)


@scenario()
def flush_after_complete(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.step("complete", synthesizer.streaming_complete)
    t.wait_for_close()
    t.step("flush", synthesizer.streaming_flush)


@scenario()
def complete_before_start(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("complete", synthesizer.streaming_complete)
    t.step("async complete", synthesizer.async_streaming_complete)


@scenario()
def complete_twice(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.step("complete", synthesizer.streaming_complete)
    t.wait_for_close()
    t.step("complete again", synthesizer.streaming_complete)


@scenario()
def fragment_after_complete(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.step("complete", synthesizer.streaming_complete)
    t.wait_for_close()
    t.step("another fragment", synthesizer.streaming_call, "more")


@scenario("finish-unanswered")
def fragment_after_asynchronous_complete(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.wait_for_calls(_OPEN_AND_A_SENTENCE)
    t.step("complete", synthesizer.async_streaming_complete)
    t.step("another fragment", synthesizer.streaming_call, "more")
    time.sleep(0.2)


@scenario()
def stream_without_a_callback(t: Trace) -> None:
    synthesizer = speaker(t)
    t.step("fragment", synthesizer.streaming_call, "text")
    t.step("fragment again", synthesizer.streaming_call, "text")


@scenario("audio-before-cancel")
def cancel_in_the_middle(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.wait_for_calls(_OPEN_AND_A_SENTENCE)
    t.step("cancel", synthesizer.streaming_cancel)
    t.wait_for_close()


@scenario("audio-before-cancel")
def cancel_then_close(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.wait_for_calls(_OPEN_AND_A_SENTENCE)
    t.step("cancel", synthesizer.streaming_cancel)
    t.step("close", synthesizer.close)
    t.step("close again", synthesizer.close)


@scenario("cancel-with-audio")
def fragment_after_cancel(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.step("cancel", synthesizer.streaming_cancel)
    t.step("another fragment", synthesizer.streaming_call, "more")


@scenario("cancel-with-audio")
def complete_after_cancel(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.step("cancel", synthesizer.streaming_cancel)
    t.step("complete", synthesizer.streaming_complete)


@scenario("cancel-with-audio")
def cancel_twice(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.step("cancel", synthesizer.streaming_cancel)
    t.step("cancel again", synthesizer.streaming_cancel)


@scenario()
def cancel_before_start(t: Trace) -> None:
    t.step("cancel", speaker(t, recorder(t)).streaming_cancel)


@scenario()
def cancel_after_complete(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.step("complete", synthesizer.streaming_complete)
    t.wait_for_close()
    t.step("cancel", synthesizer.streaming_cancel)


@scenario("finish-unanswered")
def cancel_after_asynchronous_complete(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.wait_for_calls(_OPEN_AND_A_SENTENCE)
    t.step("complete", synthesizer.async_streaming_complete)
    t.step("cancel", synthesizer.streaming_cancel)
    t.wait_for_close()


@scenario("finish-unanswered")
def cancel_of_a_call_with_a_callback(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("call", synthesizer.call, "text")
    t.wait_for_calls(_OPEN_AND_A_SENTENCE)
    t.step("cancel", synthesizer.streaming_cancel)
    t.wait_for_close()


@scenario("cancel-unanswered")
def cancel_with_a_silent_server(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.wait_for_calls(_OPEN_AND_A_SENTENCE)
    t.takes_at_most("cancel", 1.0, synthesizer.streaming_cancel, 300)
    t.wait_for_close(0.5)


@scenario("failed-at-cancel")
def cancel_answered_with_a_failure(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.step("cancel", synthesizer.streaming_cancel)
    t.wait_for_close()


@scenario("audio-before-cancel", limit=4)
def cancel_from_on_data(t: Trace) -> None:
    cancelled = threading.Event()

    def on_data(data: bytes) -> None:
        if not cancelled.is_set():
            cancelled.set()
            t.takes_at_most("cancel", 0.5, synthesizer.streaming_cancel, 1000)

    synthesizer = speaker(t, recorder(t, on_data=on_data))
    t.step("fragment", synthesizer.streaming_call, "text")
    cancelled.wait(2)
    t.wait_for_close(3)


@scenario("finish-unanswered")
def close_in_the_middle(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.wait_for_calls(_OPEN_AND_A_SENTENCE)
    t.step("close", synthesizer.close)
    t.step("close again", synthesizer.close)
    t.wait_for_close(0.5)


@scenario("finish-unanswered")
def fragment_after_close(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.wait_for_calls(_OPEN_AND_A_SENTENCE)
    t.step("close", synthesizer.close)
    time.sleep(0.2)
    t.step("another fragment", synthesizer.streaming_call, "more")


@scenario("finish-unanswered")
def abandoned_in_the_middle(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.wait_for_calls(_OPEN_AND_A_SENTENCE)
    t.kept.clear()
    del synthesizer
    gc.collect()
    t.wait_for_close(0.5)


@scenario("finish-unanswered")
def complete_with_a_silent_server(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.wait_for_calls(_OPEN_AND_A_SENTENCE)
    t.takes_at_most("complete", 1.5, synthesizer.streaming_complete, 300)
    t.wait_for_close(0.5)


@scenario("finish-unanswered")
def asynchronous_complete_with_a_silent_server(t: Trace) -> None:
    synthesizer = speaker(t, recorder(t))
    t.step("fragment", synthesizer.streaming_call, "text")
    t.wait_for_calls(_OPEN_AND_A_SENTENCE)
    t.takes_at_most("complete", 0.2, synthesizer.async_streaming_complete, 300)
    t.wait_for_close(1.0)


@scenario("finish-unanswered")
def call_with_a_silent_server(t: Trace) -> None:
    t.takes_at_most("call", 3.0, speaker(t).call, "text", 1500)
