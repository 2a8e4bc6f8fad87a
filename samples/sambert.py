"""Sambert: one blocking call that hands over the audio piece by piece, and tells when which word and sound is heard.

    python sambert.py            with DASHSCOPE_API_KEY set
    python sambert.py --local    on this machine, without a key
"""

import contextlib
import sys
from typing import BinaryIO

import dashscope_tts
from dashscope_tts.api_entities.dashscope_response import SpeechSynthesisResponse
from dashscope_tts.audio.tts import ResultCallback, SpeechSynthesisResult, SpeechSynthesizer


class Listener(ResultCallback):
    """Saves the audio while it comes."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def on_event(self, result: SpeechSynthesisResult) -> None:
        frame = result.get_audio_frame()
        if frame is not None:  # otherwise the event tells the times of a sentence
            self.file.write(frame)

    def on_error(self, response: SpeechSynthesisResponse) -> None:
        print(f"failed: {response.code}, {response.message}", file=sys.stderr)


def main() -> None:
    with open("sambert.mp3", "wb") as file:
        result = SpeechSynthesizer.call(
            model="sambert-zhichu-v1",  # the voice
            text="今天天气怎么样？",
            callback=Listener(file),
            format=SpeechSynthesizer.AudioFormat.format_mp3,
            sample_rate=48000,
            word_timestamp_enabled=True,
            phoneme_timestamp_enabled=True,
        )
    for sentence in result.get_timestamps():
        for word in sentence["words"]:
            sounds = " ".join(f"{phoneme['text']}{phoneme['tone']}" for phoneme in word["phonemes"])
            print(f"{word['begin_time']:6} ms to {word['end_time']:6} ms  {word['text']}  {sounds}")
    print(result.get_response())


if __name__ == "__main__":
    with dashscope_tts.local.serve() if "--local" in sys.argv else contextlib.nullcontext():
        main()
