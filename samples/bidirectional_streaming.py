"""Text goes in bit by bit, as a language model writes it, and is heard while it is still being written.

Plays through ffplay, play or aplay where one of them is installed; otherwise the speech is saved as a wav file.

    python bidirectional_streaming.py            with DASHSCOPE_API_KEY set
    python bidirectional_streaming.py --local    on this machine, without a key
"""

import contextlib
import shutil
import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from typing import Any

import dashscope_tts
from dashscope_tts.audio.tts_v2 import AudioFormat, ResultCallback, SpeechSynthesizer

RATE = "22050"
PLAYERS = {
    "ffplay": ["-nodisp", "-autoexit", "-loglevel", "error", "-f", "s16le", "-sample_rate", RATE, "-i", "-"],
    "play": ["-q", "-t", "raw", "-e", "signed-integer", "-b", "16", "-c", "1", "-r", RATE, "-"],
    "aplay": ["-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", RATE, "-"],
}


def words_of_a_language_model() -> Iterator[str]:
    """Stands in for the stream of a chat completion."""
    answer = "A lighthouse keeper sleeps by day. At dusk he climbs the stairs, lights the lamp, and counts the ships."
    for word in answer.split():
        time.sleep(0.05)
        yield word + " "


class Speaker(ResultCallback):
    """Sends the samples to a player, or to a file."""

    def on_open(self) -> None:
        self.player: Any = None
        self.file: Any = None
        name = next((name for name in PLAYERS if shutil.which(name)), None)
        if name is not None:
            self.player = subprocess.Popen([name, *PLAYERS[name]], stdin=subprocess.PIPE)
        else:
            self.file = wave.open("bidirectional_streaming.wav", "wb")  # noqa: SIM115
            self.file.setnchannels(1)
            self.file.setsampwidth(2)
            self.file.setframerate(int(RATE))

    def on_data(self, data: bytes) -> None:
        if self.player is not None:
            self.player.stdin.write(data)
        else:
            self.file.writeframes(data)

    def on_error(self, message: str) -> None:
        print(f"failed: {message}", file=sys.stderr)

    def on_close(self) -> None:
        if self.player is not None:
            self.player.stdin.close()
        else:
            self.file.close()


def main() -> None:
    speaker = Speaker()
    with SpeechSynthesizer(
        model="cosyvoice-v3-flash",
        voice="longanyang",
        format=AudioFormat.PCM_22050HZ_MONO_16BIT,
        callback=speaker,
    ) as synthesizer:
        synthesizer.connect()  # while the language model still thinks
        for word in words_of_a_language_model():
            synthesizer.streaming_call(word)
        synthesizer.streaming_complete()  # without it the last sentence would stay unsaid
    if speaker.player is not None:
        speaker.player.wait()
    else:
        print("no player found: saved as bidirectional_streaming.wav")
    print(f"first audio after {synthesizer.get_first_package_delay():.0f} ms")


if __name__ == "__main__":
    with dashscope_tts.local.serve() if "--local" in sys.argv else contextlib.nullcontext():
        main()
