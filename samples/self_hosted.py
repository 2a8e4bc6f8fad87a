"""A CosyVoice of your own: spoken to directly, and behind the protocol of the cloud.

    python self_hosted.py http://10.0.0.5:50000     your server (CosyVoice 1, with its own speakers)
    python self_hosted.py --local                   the local service in its place, without a server

The key of a deployment that wants one is taken from SERVER_KEY.
"""

import os
import sys

from dashscope_tts.audio.tts_v2 import AudioFormat, SpeechSynthesizer
from dashscope_tts.local import serve
from dashscope_tts.selfhosted import CosyVoiceServer

TEXT = "One program, in the cloud and on your own machine. 一个程序，云上和本机都能用。"
SPEAKER = "中文女"


def speak_directly(url: str) -> None:
    server = CosyVoiceServer(url, token=os.environ.get("SERVER_KEY"), model="CosyVoice-300M-SFT")
    speech = server.sft(TEXT, SPEAKER)  # or zero_shot(TEXT, "me.wav", "What I say in it."), instruct2 ...
    speech.save("self_hosted_directly.wav")
    print(f"directly: {speech.seconds:.1f} s, the first after {speech.first_package_delay:.0f} ms")


def speak_through_a_gateway(urls: list) -> None:
    """As ``dashscope-tts serve --engine cosyvoice --upstream URL[,URL...]`` does for all your programs."""
    upstream = {"token": os.environ.get("SERVER_KEY"), "model": "CosyVoice-300M-SFT"}
    with serve(engine="cosyvoice", upstreams=urls, upstream=upstream):
        # What follows is the program for the cloud, the voice's name apart.
        synthesizer = SpeechSynthesizer("cosyvoice-v1", SPEAKER, format=AudioFormat.MP3_22050HZ_MONO_256KBPS)
        audio = synthesizer.call(TEXT)
        synthesizer.close()
    with open("self_hosted_gateway.mp3", "wb") as file:
        file.write(audio)
    print(f"through the gateway: {len(audio)} bytes")


def main() -> None:
    urls = [argument for argument in sys.argv[1:] if argument.startswith("http")]
    if urls:
        speak_directly(urls[0])
        speak_through_a_gateway(urls)
    elif "--local" in sys.argv:
        with serve(configure=False) as service:
            url = f"http://127.0.0.1:{service.port}"
            speak_directly(url)
            speak_through_a_gateway([url])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
