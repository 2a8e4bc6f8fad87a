"""Qwen-TTS in real time, sentence by sentence: each is spoken when it is committed, and saved as an mp3 of its own.

    python qwen_realtime_commit.py            with DASHSCOPE_API_KEY set
    python qwen_realtime_commit.py --local    on this machine, without a key
"""

import base64
import contextlib
import sys
from typing import Any

import dashscope_tts
from dashscope_tts.audio.qwen_tts_realtime import QwenTtsRealtime, QwenTtsRealtimeCallback

SENTENCES = (
    "Good evening, here is the news.",
    "The bridge over the river is open again.",
    "Tomorrow will be dry, with some wind in the north.",
)


class Collector(QwenTtsRealtimeCallback):
    """Keeps the audio of the response that is being spoken."""

    def __init__(self) -> None:
        self.audio = bytearray()

    def on_event(self, message: Any) -> None:
        if message["type"] == "response.audio.delta":
            self.audio += base64.b64decode(message["delta"])


def main() -> None:
    collector = Collector()
    with QwenTtsRealtime(model="qwen3-tts-flash-realtime", callback=collector) as tts:
        tts.update_session(voice="Ethan", mode="commit", audio_format="mp3", sample_rate=24000)
        for number, sentence in enumerate(SENTENCES, 1):
            collector.audio.clear()
            tts.append_text(sentence)
            tts.commit()
            response = tts.wait_for_response_done(timeout=60)
            name = f"qwen_realtime_commit_{number}.mp3"
            with open(name, "wb") as file:
                file.write(collector.audio)
            delay = tts.get_first_audio_delay()
            print(f"{name}: {response['usage']['characters']} characters, first audio after {delay:.0f} ms")
        tts.finish()


if __name__ == "__main__":
    with dashscope_tts.local.serve() if "--local" in sys.argv else contextlib.nullcontext():
        main()
