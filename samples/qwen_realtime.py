"""Qwen-TTS in real time: text goes in as it is written, the service decides when to speak, the audio is saved as wav.

    python qwen_realtime.py            with DASHSCOPE_API_KEY set
    python qwen_realtime.py --local    on this machine, without a key
"""

import base64
import contextlib
import sys
import time
import wave
from typing import Any

import dashscope_tts
from dashscope_tts.audio.qwen_tts_realtime import AudioFormat, QwenTtsRealtime, QwenTtsRealtimeCallback

TEXT = "The market opens at six. By seven the fish is gone, by eight the bread, and at nine they sweep the floor."


class Saver(QwenTtsRealtimeCallback):
    """Writes the audio to a file while it comes."""

    def __init__(self, file: wave.Wave_write) -> None:
        self.file = file

    def on_event(self, message: Any) -> None:
        if message["type"] == "response.audio.delta":
            self.file.writeframes(base64.b64decode(message["delta"]))
        elif message["type"] == "error":
            print(f"the service reports: {message['error']['message']}", file=sys.stderr)


def main() -> None:
    with wave.open("qwen_realtime.wav", "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(24000)
        with QwenTtsRealtime(model="qwen3-tts-flash-realtime", callback=Saver(file)) as tts:
            tts.update_session(
                voice="Cherry",
                response_format=AudioFormat.PCM_24000HZ_MONO_16BIT,
                mode="server_commit",
                language_type="English",
            )
            for word in TEXT.split():
                tts.append_text(word + " ")
                time.sleep(0.02)  # a language model at work
            tts.finish()
            tts.wait_for_finished(timeout=60)  # raises where the connection is lost before the last word
        print(f"qwen_realtime.wav: {file.getnframes() / 24000:.1f} s, session {tts.get_session_id()}")
        print(f"first audio {tts.get_first_audio_delay():.0f} ms after the first word")


if __name__ == "__main__":
    with dashscope_tts.local.serve() if "--local" in sys.argv else contextlib.nullcontext():
        main()
