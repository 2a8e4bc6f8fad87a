"""A voice assistant's worker: it speaks what a language model writes, and stops at once when the user cuts in.

    python streaming_worker.py            with DASHSCOPE_API_KEY set
    python streaming_worker.py --local    on this machine, without a key
"""

import contextlib
import sys
import threading
import time
import wave
from collections.abc import Iterable, Iterator

import dashscope_tts
from dashscope_tts.audio.tts_v2 import AudioFormat, ResultCallback, SpeechSynthesizer, SpeechSynthesizerObjectPool

RATE = 24000
LONG_ANSWER = (
    "Tides are the rise and fall of the sea. They follow the moon. When the moon is overhead, the water is high. "
    "Six hours later it is low. The sun pulls too, but less. When both pull together, the tide is a spring tide."
)
SHORT_ANSWER = "Of course. High water is at noon."


def language_model(answer: str) -> Iterator[str]:
    """Stands in for the stream of a chat completion."""
    for word in answer.split():
        time.sleep(0.02)
        yield word + " "


class Ear(ResultCallback):
    """Where the audio goes: a telephone line, a WebSocket, here a buffer."""

    def __init__(self) -> None:
        self.audio = bytearray()
        self.first_audio, self.over = threading.Event(), threading.Event()

    def on_data(self, data: bytes) -> None:
        self.audio += data
        self.first_audio.set()

    def on_error(self, message: str) -> None:
        print(f"failed: {message}", file=sys.stderr)

    def on_close(self) -> None:
        self.over.set()


class Turn:
    """One answer. ``say`` runs in a worker, ``interrupt`` comes from wherever the user is listened to."""

    def __init__(self, synthesizer: SpeechSynthesizer) -> None:
        self._synthesizer = synthesizer
        self._lock = threading.Lock()  # no further piece may follow a cancel: it would begin a new task
        self._interrupted = False

    def say(self, pieces: Iterable[str]) -> bool:
        """Speak; whether it was heard out."""
        for piece in pieces:
            with self._lock:
                if self._interrupted:
                    return False
                self._synthesizer.streaming_call(piece)
        with self._lock:
            if not self._interrupted:
                self._synthesizer.async_streaming_complete()
        return not self._interrupted

    def interrupt(self) -> None:
        """Stop: no audio comes after this, and the connection stays good for the next turn."""
        with self._lock:
            self._interrupted = True
            self._synthesizer.streaming_cancel()


def speak(pool: SpeechSynthesizerObjectPool, answer: str, ear: Ear, user_cuts_in: bool) -> bool:
    with pool.synthesizer(
        model="cosyvoice-v3-flash",
        voice="longanyang",
        format=AudioFormat.PCM_24000HZ_MONO_16BIT,
        callback=ear,
        timeout=5,
    ) as synthesizer:
        turn = Turn(synthesizer)
        if user_cuts_in:
            threading.Thread(target=lambda: ear.first_audio.wait(30) and turn.interrupt()).start()
        heard_out = turn.say(language_model(answer))
        ear.over.wait()
    return heard_out


def main() -> None:
    with SpeechSynthesizerObjectPool(max_size=2) as pool:
        ear = Ear()
        heard_out = speak(pool, LONG_ANSWER, ear, user_cuts_in=True)
        print(f"{'heard out' if heard_out else 'cut short'} after {len(ear.audio) / 2 / RATE:.1f} s of audio")
        ear = Ear()
        speak(pool, SHORT_ANSWER, ear, user_cuts_in=False)
        figures = pool.stats()
    print(f"{figures['returned']} turns on {figures['opened']} connections, none lost: {figures['lost'] == 0}")
    with wave.open("streaming_worker.wav", "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(ear.audio)


if __name__ == "__main__":
    with dashscope_tts.local.serve() if "--local" in sys.argv else contextlib.nullcontext():
        main()
