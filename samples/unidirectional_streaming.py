"""The whole text goes in at once, the audio comes in pieces: whoever listens need not wait for the end.

    python unidirectional_streaming.py            with DASHSCOPE_API_KEY set
    python unidirectional_streaming.py --local    on this machine, without a key
"""

import contextlib
import json
import sys

import dashscope_tts
from dashscope_tts.audio.tts_v2 import AudioFormat, ResultCallback, SpeechSynthesizer


class SaveToFile(ResultCallback):
    """Writes each piece as it comes. Called on the connection's thread, so it must not dawdle."""

    def __init__(self, path: str) -> None:
        self.path = path

    def on_open(self) -> None:
        self.file = open(self.path, "wb")  # noqa: SIM115  # closed in on_close, which always comes

    def on_data(self, data: bytes) -> None:
        self.file.write(data)
        print(f"{len(data)} bytes")

    def on_complete(self) -> None:
        print(f"{self.path} is complete")

    def on_error(self, message: str) -> None:
        header = json.loads(message)["header"]
        print(f"failed: {header['error_code']}: {header['error_message']}", file=sys.stderr)

    def on_close(self) -> None:
        self.file.close()


def main() -> None:
    callback = SaveToFile("unidirectional_streaming.mp3")
    # Leaving the block waits until all audio has come.
    with SpeechSynthesizer(
        model="cosyvoice-v3-flash",
        voice="longanyang",
        format=AudioFormat.MP3_24000HZ_MONO_256KBPS,
        callback=callback,
    ) as synthesizer:
        synthesizer.call("It rained all night. By the morning, the river stood at the foot of the bridge.")
        print("call() has returned; the audio is on its way")
    print(f"first audio after {synthesizer.get_first_package_delay():.0f} ms")


if __name__ == "__main__":
    with dashscope_tts.local.serve() if "--local" in sys.argv else contextlib.nullcontext():
        main()
