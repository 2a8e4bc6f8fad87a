"""CosyVoice over HTTP: one request, the audio in pieces. For programs that cannot hold a WebSocket open.

    python http_synthesis.py            with DASHSCOPE_API_KEY set
    python http_synthesis.py --local    on this machine, without a key
"""

import contextlib
import sys

import dashscope_tts
from dashscope_tts.audio.http_tts import HttpSpeechSynthesizer, new_audio


def main() -> None:
    pieces = HttpSpeechSynthesizer.call(
        model="cosyvoice-v3-flash",
        voice="longanyang",
        text="The ferry leaves the island at noon. It is the last one before the storm.",
        audio_format="mp3",
        stream=True,
    )
    size = 0
    with open("http_synthesis.mp3", "wb") as file:
        # The last result repeats the whole audio; new_audio gives each byte once.
        for audio in new_audio(pieces):
            size += file.write(audio)
            print(f"{len(audio)} bytes")
    print(f"http_synthesis.mp3: {size} bytes")

    # Without stream=True the answer is a URL, from which the audio can be fetched for a day.
    result = HttpSpeechSynthesizer.call(model="cosyvoice-v3-flash", voice="longanyang", text="Good night.")
    if result.status_code == 200:
        print(f"{result.audio_url}, {result.usage['characters']} characters, request {result.request_id}")
    else:
        print(f"failed: {result.code}: {result.message}", file=sys.stderr)


if __name__ == "__main__":
    with dashscope_tts.local.serve() if "--local" in sys.argv else contextlib.nullcontext():
        main()
