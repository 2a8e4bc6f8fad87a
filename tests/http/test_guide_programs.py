"""The guides' programs, under the official package and ours, against the local service."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from dashscope_tts.audio.http_tts import HttpSpeechSynthesizer
from tests.local.client import decode

ROOT = Path(__file__).parent.parent.parent
AS_OURS = "from tests.compat.alias import answer_dashscope_with_ours; answer_dashscope_with_ours()\n"
ENROLLMENT = """
import os, time
import dashscope
from dashscope.audio.tts_v2 import VoiceEnrollmentService, SpeechSynthesizer

dashscope.api_key = os.getenv("DASHSCOPE_API_KEY")
dashscope.base_websocket_api_url = os.environ["WEBSOCKET_URL"]
dashscope.base_http_api_url = os.environ["HTTP_URL"]
TARGET_MODEL = "cosyvoice-v3-plus"

service = VoiceEnrollmentService()
voice_id = service.create_voice(target_model=TARGET_MODEL, prefix="myvoice", url=os.environ["AUDIO_URL"])
print("Request ID:", service.get_last_request_id())
for attempt in range(30):
    voice_info = service.query_voice(voice_id=voice_id)
    status = voice_info.get("status")
    if status == "OK":
        break
    if status == "UNDEPLOYED":
        raise RuntimeError(f"Voice processing failed with status: {status}")
    time.sleep(0.1)
else:
    raise RuntimeError("Polling timed out")
synthesizer = SpeechSynthesizer(model=TARGET_MODEL, voice=voice_id)
audio_data = synthesizer.call("Congratulations! You have successfully cloned your own voice.")
with open("my_custom_voice_output.mp3", "wb") as f:
    f.write(audio_data)
service.delete_voice(voice_id)
"""
QWEN = """
import base64, os
import dashscope
dashscope.base_http_api_url = os.environ["HTTP_URL"]
response = dashscope.MultiModalConversation.call(
    model="qwen3-tts-flash", api_key=os.getenv("DASHSCOPE_API_KEY"), stream=True,
    text="Let me recommend a T-shirt to everyone.", voice="Cherry", language_type="English",
)
pcm = b""
for chunk in response:
    if chunk.output is not None:
        audio = chunk.output.audio
        if audio.data is not None:
            pcm += base64.b64decode(audio.data)
        if chunk.output.finish_reason == "stop":
            print("finish at: {} ".format(chunk.output.audio.expires_at))
import wave
with wave.open("stream.wav", "wb") as f:
    f.setnchannels(1); f.setsampwidth(2); f.setframerate(24000); f.writeframes(pcm)
"""


@pytest.fixture
def run(start_local, tmp_path):
    """Runs a program as the official package's user wrote it; gives the folder it ran in."""

    def run_one(program: str, package: str) -> Path:
        if package == "official" and importlib.util.find_spec("dashscope") is None:
            pytest.skip("needs the official package")
        service = start_local()
        sample = HttpSpeechSynthesizer.call("cosyvoice-v3-flash", "A recording to be cloned. " * 4, "longanhuan")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DASHSCOPE_")}
        environment.update(
            DASHSCOPE_API_KEY="sk-1", WEBSOCKET_URL=service.url, HTTP_URL=service.http_url,
            AUDIO_URL=sample.audio_url, HOME=str(tmp_path), PYTHONPATH=str(ROOT),
        )  # fmt: skip
        text = program if package == "official" else AS_OURS + program
        done = subprocess.run(
            [sys.executable, "-c", text], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=40
        )
        assert done.returncode == 0, done.stderr
        return tmp_path

    return run_one


@pytest.mark.oracle
@pytest.mark.parametrize("package", ["official", "ours"])
def test_the_enrollment_program(run, package):
    samples, rate = decode((run(ENROLLMENT, package) / "my_custom_voice_output.mp3").read_bytes())
    assert 2 < len(samples) / rate < 10


@pytest.mark.oracle
@pytest.mark.parametrize("package", ["official", "ours"])
def test_the_streaming_program_of_qwen(run, package):
    samples, rate = decode((run(QWEN, package) / "stream.wav").read_bytes())
    assert 1 < len(samples) / rate < 8
    assert rate == 24000


def test_nothing_is_left_to_fetch_once_a_service_has_stopped(start_local):
    service = start_local(file_lifetime=100.0)
    url = HttpSpeechSynthesizer.call("cosyvoice-v3-flash", "Hi.", "longanyang").audio_url
    service.stop()
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(url, timeout=2)
