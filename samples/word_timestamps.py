"""When is which word spoken? Saves the speech, and beside it a subtitle file with a line for each word.

    python word_timestamps.py            with DASHSCOPE_API_KEY set
    python word_timestamps.py --local    on this machine, without a key
"""

import contextlib
import json
import sys
from typing import Any

import dashscope_tts
from dashscope_tts.audio.tts_v2 import ResultCallback, SpeechSynthesizer


class Words(ResultCallback):
    """Collects the audio, and the words of each sentence."""

    def __init__(self) -> None:
        self.audio = bytearray()
        self.sentences: dict[int, list[dict[str, Any]]] = {}

    def on_event(self, message: str) -> None:
        sentence = json.loads(message)["payload"].get("output", {}).get("sentence") or {}
        if sentence.get("words"):  # a later event tells all words of its sentence again
            self.sentences[sentence.get("index", 0)] = sentence["words"]

    def on_data(self, data: bytes) -> None:
        self.audio += data

    def on_error(self, message: str) -> None:
        print(f"failed: {message}", file=sys.stderr)


def clock(milliseconds: int) -> str:
    seconds, milliseconds = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02},{milliseconds:03}"


def main() -> None:
    words = Words()
    with SpeechSynthesizer(
        model="cosyvoice-v3-flash",
        voice="longyingjing_v3",  # not every voice tells its words
        callback=words,
        additional_params={"word_timestamp_enabled": True},
    ) as synthesizer:
        synthesizer.call("Turn left at the bakery. 然后一直走。")

    spoken = [word for index in sorted(words.sentences) for word in words.sentences[index]]
    lines = [
        f"{number}\n{clock(word['begin_time'])} --> {clock(word['end_time'])}\n{word['text']}\n"
        for number, word in enumerate(spoken, 1)
    ]
    with open("word_timestamps.mp3", "wb") as audio, open("word_timestamps.srt", "w", encoding="utf-8") as subtitles:
        audio.write(words.audio)
        subtitles.write("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    with dashscope_tts.local.serve() if "--local" in sys.argv else contextlib.nullcontext():
        main()
