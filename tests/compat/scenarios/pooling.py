"""The pool of synthesizers. It is one for the process, so each scenario has a process of its own."""

from __future__ import annotations

import time
from typing import Any

import dashscope
from dashscope.audio.tts_v2 import AudioFormat, SpeechSynthesizer, SpeechSynthesizerObjectPool

from ..registry import scenario
from ..speaking import KEY, recorder
from ..trace import Trace


def _pool(t: Trace, size: int = 1, **kwargs: Any) -> Any:
    dashscope.api_key = KEY
    return SpeechSynthesizerObjectPool(size, url=t.url, **kwargs)


def _borrowed(t: Trace, pool: Any, **kwargs: Any) -> Any:
    t.closed.clear()
    return pool.borrow_synthesizer("cosyvoice-v2", "longxiaochun_v2", callback=recorder(t), **kwargs)


@scenario(alone=True)
def pool_borrowed_spoken_and_returned(t: Trace) -> None:
    pool = _pool(t)
    t.note("one for the process", SpeechSynthesizerObjectPool is type(pool))
    for number in range(3):
        synthesizer = _borrowed(t, pool, seed=number, volume=60, additional_params={"word_timestamp_enabled": True})
        t.note(f"kind {number}", type(synthesizer).__name__)
        t.step(f"call {number}", synthesizer.call, "text")
        t.note(f"closed {number}", t.closed.wait(2))
        time.sleep(0.3)  # the official package tidies up after on_close, and fails whoever is quicker
        t.note(f"connected {number}", "connected:True" in str(synthesizer))
        t.note(f"returned {number}", pool.return_synthesizer(synthesizer) is not False)


@scenario("sentence-per-text", alone=True)
def pool_with_fragments(t: Trace) -> None:
    pool = _pool(t)
    synthesizer = _borrowed(t, pool)
    t.step("fragment", synthesizer.streaming_call, "one")
    t.step("another fragment", synthesizer.streaming_call, "two")
    t.step("complete", synthesizer.streaming_complete)
    t.wait_for_close()


@scenario(alone=True)
def pool_that_is_empty(t: Trace) -> None:
    pool = _pool(t)
    first, second = _borrowed(t, pool), _borrowed(t, pool, url=t.url)
    t.note("another object", first is not second)
    t.step("call", second.call, "text")
    t.note("closed", t.closed.wait(2))


@scenario(alone=True)
def pool_given_what_is_not_its_own(t: Trace) -> None:
    pool = _pool(t)
    t.step("return", pool.return_synthesizer, SpeechSynthesizer("m", "v"))
    t.step("shutdown", pool.shutdown)
    t.step("shutdown again", pool.shutdown)


@scenario(alone=True)
def pool_borrowed_with_every_argument(t: Trace) -> None:
    pool = _pool(t, 1, headers={"x-more": "1"}, workspace="ws-1")
    by_position = pool.borrow_synthesizer(
        "cosyvoice-v2", "longxiaochun_v2", AudioFormat.OGG_OPUS_16KHZ_MONO_32KBPS, 60, 1.1, 0.9, 3, 0, "cheerfully",
        ["en"], None, recorder(t), None, None, {"word_timestamp_enabled": True},
    )  # fmt: skip
    t.step("fragment", by_position.streaming_call, "one")
    t.step("complete", by_position.streaming_complete)
    t.wait_for_close()
    time.sleep(0.3)  # as above
    t.step("returned", pool.return_synthesizer, by_position)
    without_a_callback = pool.borrow_synthesizer(model="cosyvoice-v2", voice="longxiaochun_v2")
    t.step("call", without_a_callback.call, "two")
    t.step("shutdown", pool.shutdown)


@scenario(alone=True)
def pool_sizes_that_are_refused(t: Trace) -> None:
    for size in (0, -1, 101):
        t.step(f"size {size}", _pool, t, size)


@scenario(alone=True)
def pool_signatures(t: Trace) -> None:
    t.signature("pool", SpeechSynthesizerObjectPool)
    for name in ("borrow_synthesizer", "return_synthesizer", "shutdown"):
        t.signature(name, getattr(SpeechSynthesizerObjectPool, name))
