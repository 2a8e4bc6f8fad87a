"""Temporary tokens: a key that lives a minute, renewed by itself, in place of the real one.

    python temporary_token.py            with DASHSCOPE_API_KEY set
    python temporary_token.py --local    on this machine, without a key
"""

import contextlib
import sys

import dashscope_tts
from dashscope_tts.audio.tts_v2 import SpeechSynthesizer
from dashscope_tts.tokens import TokenProvider, get_token


def main() -> None:
    # For somebody else: hand out token.token, and he has until expires_at to connect.
    token = get_token(expire_in_seconds=60)
    print(f"a token that ends at {token.expires_at}")

    # For a program that runs on: it asks for a new token shortly before the present one ends.
    provider = TokenProvider(expire_in_seconds=60)
    with SpeechSynthesizer(model="cosyvoice-v3-flash", voice="longanyang", api_key=provider) as synthesizer:
        audio = synthesizer.call("This key will be worthless in a minute.")
    with open("temporary_token.mp3", "wb") as file:
        file.write(audio)
    print(f"temporary_token.mp3: {len(audio)} bytes")


if __name__ == "__main__":
    with dashscope_tts.local.serve() if "--local" in sys.argv else contextlib.nullcontext():
        main()
