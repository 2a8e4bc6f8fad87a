"""Qwen-TTS over HTTP: the audio in pieces, as bare samples that a player can take at once.

    python qwen_http.py            with DASHSCOPE_API_KEY set
    python qwen_http.py --local    on this machine, without a key
"""

import base64
import contextlib
import sys
import wave

import dashscope_tts


def main() -> None:
    responses = dashscope_tts.MultiModalConversation.call(
        model="qwen3-tts-flash",
        voice="Cherry",
        text="Fresh bread is sold in the market square from six in the morning.",
        language_type="English",
        stream=True,
    )
    with wave.open("qwen_http.wav", "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(24000)
        for response in responses:
            if response.status_code != 200:
                print(f"failed: {response.code}: {response.message}", file=sys.stderr)
                return
            file.writeframes(base64.b64decode(response.output.audio["data"]))
            if response.output.finish_reason == "stop":
                print(f"also at {response.output.audio.url} for a day")
        print(f"qwen_http.wav: {file.getnframes() / 24000:.1f} s")


if __name__ == "__main__":
    with dashscope_tts.local.serve() if "--local" in sys.argv else contextlib.nullcontext():
        main()
