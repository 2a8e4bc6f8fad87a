"""Speech inside asyncio: the task is awaited, and the event loop goes on turning.

Callbacks come on the connection's own thread; ``call_soon_threadsafe`` is what carries the news into the loop.

    python asyncio_wait.py            with DASHSCOPE_API_KEY set
    python asyncio_wait.py --local    on this machine, without a key
"""

import asyncio
import contextlib
import sys
import time

import dashscope_tts
from dashscope_tts.audio.tts_v2 import ResultCallback, SpeechSynthesizer


class ThreadSafeEvent(asyncio.Event):
    """An asyncio event that any thread may set. Made inside the loop it belongs to."""

    def __init__(self) -> None:
        super().__init__()
        self._home = asyncio.get_running_loop()

    def set(self) -> None:
        self._home.call_soon_threadsafe(super().set)


class Collect(ResultCallback):
    def __init__(self, over: ThreadSafeEvent) -> None:
        self.over = over
        self.audio = bytearray()
        self.failure = ""

    def on_data(self, data: bytes) -> None:
        self.audio += data

    def on_error(self, message: str) -> None:
        self.failure = message

    def on_close(self) -> None:  # comes last, after success and after failure
        self.over.set()


async def speak(text: str) -> bytes:
    callback = Collect(ThreadSafeEvent())
    with SpeechSynthesizer(model="cosyvoice-v3-flash", voice="longanhuan", callback=callback) as synthesizer:
        await asyncio.to_thread(synthesizer.streaming_call, text)  # connects, which takes a moment
        synthesizer.async_streaming_complete()
        await callback.over.wait()
    if callback.failure:
        raise RuntimeError(callback.failure)
    return bytes(callback.audio)


async def longest_pause_of_the_loop() -> float:
    """Something else the loop has to do meanwhile."""
    longest = 0.0
    try:
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.01)
            longest = max(longest, time.monotonic() - before)
    except asyncio.CancelledError:
        return longest


async def main() -> None:
    watch = asyncio.create_task(longest_pause_of_the_loop())
    await asyncio.sleep(0)  # lets it begin
    one, two = await asyncio.gather(
        speak("Two sentences are made at the same time. This is the first of them."),
        speak("And while both are on their way, the event loop is free for others."),
    )
    watch.cancel()
    for path, audio in (("asyncio_wait_1.mp3", one), ("asyncio_wait_2.mp3", two)):
        with open(path, "wb") as file:
            file.write(audio)
        print(f"{path}: {len(audio)} bytes")
    print(f"longest pause of the event loop: {await watch * 1000:.0f} ms")


if __name__ == "__main__":
    with dashscope_tts.local.serve() if "--local" in sys.argv else contextlib.nullcontext():
        asyncio.run(main())
