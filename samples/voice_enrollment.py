"""A voice of your own: designed from a description, or cloned from a recording; used once, and deleted.

    python voice_enrollment.py                              designed, with DASHSCOPE_API_KEY set
    python voice_enrollment.py https://example.com/me.wav   cloned from a recording of 10 to 20 seconds
    python voice_enrollment.py --local                      on this machine, without a key
"""

import base64
import contextlib
import sys

import dashscope_tts
from dashscope_tts.audio.tts_v2 import SpeechSynthesizer, VoiceEnrollmentService

MODEL = "cosyvoice-v3-plus"  # the voice will speak with this model only


def create(service: VoiceEnrollmentService) -> str:
    recordings = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    if recordings:
        return service.create_voice(target_model=MODEL, prefix="mine", url=recordings[0])
    voice = service.create_voice(
        target_model=MODEL,
        prefix="mine",
        voice_prompt="A calm, warm voice of an elderly woman, who tells stories by the fire.",
        preview_text="Come closer, and I will tell you a story.",
        parameters={"sample_rate": 24000, "response_format": "wav"},
    )
    with open("voice_enrollment_preview.wav", "wb") as file:
        file.write(base64.b64decode(service.last_response.output["preview_audio"]["data"]))
    return voice


def main() -> None:
    service = VoiceEnrollmentService()
    voice = create(service)
    print(f"{voice} is being made ready")
    try:
        print(f"it is {service.wait_until_ready(voice, timeout=300)['status']}")
        with SpeechSynthesizer(model=MODEL, voice=voice) as synthesizer:
            audio = synthesizer.call("Once upon a time, there was a lighthouse that was afraid of the dark.")
        with open("voice_enrollment.mp3", "wb") as file:
            file.write(audio)
        print(f"voice_enrollment.mp3: {len(audio)} bytes")
    finally:
        service.delete_voice(voice)  # an account has room for a limited number


if __name__ == "__main__":
    with dashscope_tts.local.serve() if "--local" in sys.argv else contextlib.nullcontext():
        main()
