"""One call: a text goes in, the whole audio comes back. The simplest way, for short texts.

    python non_streaming.py            with DASHSCOPE_API_KEY set
    python non_streaming.py --local    on this machine, without a key
"""

import contextlib
import sys

import dashscope_tts
from dashscope_tts.audio.tts_v2 import SpeechSynthesizer


def main() -> None:
    with SpeechSynthesizer(model="cosyvoice-v3-flash", voice="longanyang") as synthesizer:
        audio = synthesizer.call("Good morning. The first train leaves at half past six.")

    with open("non_streaming.mp3", "wb") as file:
        file.write(audio)
    print(f"non_streaming.mp3: {len(audio)} bytes, request {synthesizer.get_last_request_id()}")
    # Connecting is part of this delay; a second call on an open connection goes without it.
    print(f"first audio after {synthesizer.get_first_package_delay():.0f} ms")


if __name__ == "__main__":
    with dashscope_tts.local.serve() if "--local" in sys.argv else contextlib.nullcontext():
        main()
