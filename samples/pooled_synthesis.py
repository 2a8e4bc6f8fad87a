"""Many tasks at a time on a few connections that are opened once: what a busy server does.

    python pooled_synthesis.py            with DASHSCOPE_API_KEY set
    python pooled_synthesis.py --local    on this machine, without a key
"""

import contextlib
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import dashscope_tts
from dashscope_tts.audio.tts_v2 import ResultCallback, SpeechSynthesizerObjectPool

TEXTS = [
    "The ferry leaves at seven from the northern pier.",
    "The museum is closed on Mondays and on rainy Tuesdays.",
    "The last train stops at every village on the coast.",
    "The market opens when the first boat has come in.",
    "The lighthouse may be climbed by those who are not afraid of stairs.",
    "The bakery sells its bread warm until nine.",
]


class SaveToFile(ResultCallback):
    """Writes each piece as it comes."""

    def __init__(self, path: str) -> None:
        self.path = path

    def on_open(self) -> None:  # the task has started
        self.file = open(self.path, "wb")  # noqa: SIM115  # closed in on_close, which always comes

    def on_data(self, data: bytes) -> None:
        self.file.write(data)

    def on_error(self, message: str) -> None:
        print(f"{self.path} failed: {message}", file=sys.stderr)

    def on_close(self) -> None:  # the task is over; its connection stays open
        self.file.close()


def speak(pool: SpeechSynthesizerObjectPool, number: int, text: str) -> None:
    # Leaving the block waits for the audio and returns the synthesizer; after an exception it is replaced instead.
    with pool.synthesizer(
        model="cosyvoice-v3-flash",
        voice="longanyang",
        callback=SaveToFile(f"pooled_synthesis_{number}.mp3"),
        timeout=10,  # wait for a free one, rather than open an extra connection
    ) as synthesizer:
        synthesizer.call(text)
    print(f"{number}: first audio after {synthesizer.get_first_package_delay():.0f} ms")


def main() -> None:
    begun = time.monotonic()
    with SpeechSynthesizerObjectPool(max_size=3) as pool:
        print(f"3 connections open after {(time.monotonic() - begun) * 1000:.0f} ms")
        with ThreadPoolExecutor(max_workers=6) as workers:
            list(workers.map(lambda task: speak(pool, *task), enumerate(TEXTS)))
        figures = pool.stats()
    print(f"{figures['returned']} tasks, {figures['opened']} connections")


if __name__ == "__main__":
    with dashscope_tts.local.serve() if "--local" in sys.argv else contextlib.nullcontext():
        main()
