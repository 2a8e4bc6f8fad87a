"""Voices of one's own at the local service: created, waited for, spoken with, kept, deleted."""

from __future__ import annotations

import base64
import io
import math
import socket
import struct
import threading
import wave
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest

from dashscope_tts import MultiModalConversation
from dashscope_tts.audio.http_tts import HttpSpeechSynthesizer
from dashscope_tts.audio.tts_v2 import SpeechSynthesizer, VoiceEnrollmentException, VoiceEnrollmentService
from dashscope_tts.common.error import RequestFailure
from tests.local.client import decode, fundamental

MODEL = "cosyvoice-v3-flash"
TEXT = "A long sentence that is spoken with a voice of its own."


def recording(hertz: float = 120.0, seconds: float = 5.0, rate: int = 16000, loud: float = 0.3) -> bytes:
    """A buzz with overtones, as a voice has them."""
    moments = np.arange(round(seconds * rate)) / rate
    wavy = sum(np.sin(2 * math.pi * hertz * overtone * moments) / overtone for overtone in range(1, 12))
    samples = (wavy / np.abs(wavy).max() * loud * 32767).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(samples.tobytes())
    return file.getvalue()


def data_url(audio: bytes, kind: str = "audio/wav") -> str:
    return f"data:{kind};base64,{base64.b64encode(audio).decode()}"


def say(voice: str, text: str = TEXT, model: str = MODEL) -> bytes:
    return SpeechSynthesizer(model, voice).call(text)


def pitch_of(voice: str) -> float:
    return fundamental(*decode(say(voice)))


@pytest.fixture
def made(start_local):
    """A service, and a voice that can be used."""
    start_local()
    service = VoiceEnrollmentService()
    voice = service.create_voice(MODEL, "mine", data_url(recording()))
    service.wait_until_ready(voice, timeout=5)
    return service, voice


def test_a_voice_goes_through_deploying_to_ok(start_local):
    start_local(deploy_seconds=0.5)
    service = VoiceEnrollmentService()
    voice = service.create_voice(MODEL, "mine", data_url(recording()))
    assert voice.startswith(f"{MODEL}-mine-")
    assert service.query_voice(voice)["status"] == "DEPLOYING"
    with pytest.raises(RequestFailure, match="Engine return error code: 418"):
        say(voice)
    assert service.wait_until_ready(voice, timeout=5)["status"] == "OK"
    assert say(voice)


def test_what_is_told_about_a_voice(made):
    service, voice = made
    told = service.query_voice(voice)
    assert (told["voice_id"], told["target_model"], told["resource_link"]) == (voice, MODEL, "data:audio/wav;base64")
    assert [entry for entry in service.list_voices("mine") if entry["voice_id"] == voice]
    assert set(service.list_voices()[0]) == {"voice_id", "gmt_create", "gmt_modified", "status"}
    assert service.last_response.usage == {"count": 1}


def test_voices_are_listed_by_pages_the_newest_first(start_local):
    start_local(data_dir=None, file_lifetime=5.0)
    service = VoiceEnrollmentService()
    names = [service.create_voice(MODEL, prefix, data_url(recording())) for prefix in ("one", "two", "one")]
    assert [entry["voice_id"] for entry in service.list_voices()] == names[::-1]
    assert [entry["voice_id"] for entry in service.list_voices(page_index=1, page_size=2)] == names[:1]
    assert [entry["voice_id"] for entry in service.list_voices("one")] == [names[2], names[0]]


def test_a_low_recording_gives_a_low_voice_and_a_high_one_a_high_voice(start_local):
    start_local()
    service = VoiceEnrollmentService()
    low, high = (service.create_voice(MODEL, "v", data_url(recording(hertz))) for hertz in (95.0, 230.0))
    for voice in (low, high):
        service.wait_until_ready(voice, timeout=5)
    assert pitch_of(low) < 130
    assert pitch_of(high) > 180


def test_another_recording_changes_the_voice(made):
    service, voice = made
    before = pitch_of(voice)
    service.update_voice(voice, data_url(recording(240.0)))
    assert service.query_voice(voice)["status"] == "DEPLOYING"
    service.wait_until_ready(voice, timeout=5)
    assert pitch_of(voice) > before + 40


def test_a_deleted_voice_disappears(made):
    service, voice = made
    service.delete_voice(voice)
    with pytest.raises(VoiceEnrollmentException) as caught:
        service.query_voice(voice)
    assert caught.value.code == "BadRequest.ResourceNotExist"
    with pytest.raises(RequestFailure, match="418"):
        say(voice)
    assert HttpSpeechSynthesizer.call(MODEL, "Hi.", voice).message == "[tts:]Engine return error code: 418"
    assert voice not in [entry["voice_id"] for entry in service.list_voices(page_size=100)]


def test_a_voice_speaks_with_its_own_model_only(made):
    _, voice = made
    with pytest.raises(RequestFailure, match="418") as caught:
        say(voice, model="cosyvoice-v3-plus")
    assert "target_model" in caught.value.hint


def test_a_strict_service_knows_the_voices_it_made(start_local):
    start_local(strict=True)
    service = VoiceEnrollmentService()
    voice = service.create_voice("cosyvoice-v3.5-plus", "mine", data_url(recording()))
    service.wait_until_ready(voice, timeout=5)
    assert say(voice, model="cosyvoice-v3.5-plus")


def test_voices_are_kept_over_restarts_where_asked(start_local, tmp_path):
    folder = str(tmp_path / "voices")
    first = start_local(data_dir=folder)
    service = VoiceEnrollmentService()
    kept, gone = (service.create_voice(MODEL, "mine", data_url(recording(hertz))) for hertz in (100, 220))
    service.delete_voice(gone)
    service.wait_until_ready(kept, timeout=5)
    audio = say(kept)
    first.stop()
    start_local(data_dir=folder)
    again = VoiceEnrollmentService()
    assert [entry["voice_id"] for entry in again.list_voices()] == [kept]
    assert abs(len(say(kept)) - len(audio)) < 0.1 * len(audio)
    with pytest.raises(RequestFailure, match="418"):
        say(gone)


def test_a_folder_that_cannot_be_used_is_told_at_the_start(start_local, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OSError, match="folder for voices"):
        start_local(data_dir=str(tmp_path / "file"))
    (tmp_path / "voices.sqlite3").write_text("this is no database, and long enough to be seen as none" * 20)
    with pytest.raises(OSError, match="cannot be read"):
        start_local(data_dir=str(tmp_path))


def test_a_voice_is_designed_from_words(start_local):
    start_local()
    service = VoiceEnrollmentService()
    names = []
    for prompt in ("A deep, slow old man", "一个活泼的小女孩，声音清脆"):
        names.append(service.create_voice(
            MODEL, "made", voice_prompt=prompt, preview_text="Good evening, and welcome.",
            parameters={"sample_rate": 16000, "response_format": "wav"},
        ))  # fmt: skip
        preview = service.last_response.output["preview_audio"]
        samples, rate = decode(base64.b64decode(preview["data"]))
        assert (rate, preview["sample_rate"], preview["response_format"]) == (16000, 16000, "wav")
        assert len(samples) / rate > 0.8
        service.wait_until_ready(names[-1], timeout=5)
    assert pitch_of(names[0]) < pitch_of(names[1]) - 60


def test_qwen_voices(start_local):
    start_local()
    service = VoiceEnrollmentService(model="qwen-voice-enrollment")
    voice = service.create_voice("qwen3-tts-vc-2026-01-22", "my_voice", data_url(recording()), ["en"])
    assert voice.startswith("qwen-tts-vc-my_voice-voice-")
    answer = MultiModalConversation.call(model="qwen3-tts-vc-2026-01-22", text="Hello.", voice=voice)
    assert answer.status_code == 200
    assert MultiModalConversation.call(model="qwen3-tts-flash", text="Hello.", voice=voice).status_code == 400
    (entry,) = service.list_voices()
    assert set(entry) == {"voice", "gmt_create", "gmt_modified", "language", "target_model"}
    assert (entry["voice"], entry["language"]) == (voice, "en")
    assert service.last_response.output["total_count"] == 1
    service.delete_voice(voice)
    with pytest.raises(VoiceEnrollmentException, match=r"BadRequest\.VoiceNotFound"):
        service.delete_voice(voice)


def test_qwen_designs_can_be_queried(start_local):
    start_local()
    service = VoiceEnrollmentService(model="qwen-voice-design")
    voice = service.create_voice(
        "qwen3-tts-vd-2026-01-26", "", voice_prompt="A calm woman", preview_text="Good evening, and welcome."
    )
    assert service.query_voice(voice)["voice_prompt"] == "A calm woman"
    assert service.last_response.output["preview_text"] == "Good evening, and welcome."


@pytest.mark.parametrize(
    ("audio", "code"),
    [
        (recording(seconds=1.0), "Audio.AudioShortError"),
        (recording(loud=0.0), "Audio.AudioSilentError"),
        (recording(rate=8000), "Audio.AudioRateError"),
        (recording(seconds=61.0), "Audio.DurationLimitError"),
        (b"this is no audio at all", "BadRequest.UnsupportedFileFormat"),
        (recording()[:44] + struct.pack("<I", 3), "Audio.AudioShortError"),
    ],
)
def test_recordings_that_are_refused(start_local, audio, code):
    start_local()
    with pytest.raises(VoiceEnrollmentException) as caught:
        VoiceEnrollmentService().create_voice(MODEL, "mine", data_url(audio))
    assert (caught.value.status_code, caught.value.code) == (400, code)


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://127.0.0.1/a.wav", "http://127.0.0.1:9/a.wav", "data:audio/wav;base64,%%", "x"],
)
def test_urls_that_are_not_fetched(start_local, url):
    start_local()
    with pytest.raises(VoiceEnrollmentException) as caught:
        VoiceEnrollmentService().create_voice(MODEL, "mine", url)
    assert caught.value.code == "BadRequest.InputDownloadFailed"


@pytest.fixture
def file_server():
    """Serves a recording, one that never ends, one that is slow, and a way to elsewhere."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            way, _, elsewhere = self.path.partition("?")
            self.send_response(302 if way == "/to" else 200)
            if way == "/to":
                self.send_header("Location", elsewhere)
            self.end_headers()
            try:
                if self.path == "/voice.wav":
                    self.wfile.write(recording())
                elif self.path == "/endless":
                    for _ in range(12):
                        self.wfile.write(bytes(1024 * 1024))
                elif self.path == "/slow":
                    for _ in range(60):
                        if not over.wait(0.05):
                            self.wfile.write(b"x")
            except OSError:
                pass

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    over.set()
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_recording_is_fetched(start_local, file_server):
    start_local()
    service = VoiceEnrollmentService()
    voice = service.create_voice(MODEL, "mine", f"{file_server}/voice.wav")
    assert service.query_voice(voice)["resource_link"] == f"{file_server}/voice.wav"


@pytest.mark.parametrize("path", ["endless", "slow", "to?file:///etc/hosts"])
def test_a_fetch_has_limits(start_local, file_server, path):
    start_local(fetch_timeout=0.5)
    with pytest.raises(VoiceEnrollmentException) as caught:
        VoiceEnrollmentService().create_voice(MODEL, "mine", f"{file_server}/{path}")
    assert caught.value.code == "BadRequest.InputDownloadFailed"


def test_a_redirect_leads_to_no_other_protocol(start_local, file_server):
    start_local()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        port = listener.getsockname()[1]
        with pytest.raises(VoiceEnrollmentException):
            VoiceEnrollmentService().create_voice(MODEL, "mine", f"{file_server}/to?ftp://127.0.0.1:{port}/a.wav")
        with pytest.raises(socket.timeout):
            listener.accept()


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"prefix": "much-too-long"}, "prefix"),
        ({"prefix": ""}, "prefix"),
        ({"target_model": ""}, "target_model"),
        ({"url": None}, "url"),
        ({"max_prompt_audio_length": 31}, "max_prompt_audio_length"),
        ({"language_hints": ["xx"]}, "language"),
        ({"url": None, "voice_prompt": "x"}, "preview_text"),
        ({"url": None, "voice_prompt": "x", "preview_text": "short"}, "preview_text"),
    ],
)
def test_fields_that_are_refused(start_local, given, named):
    start_local()
    with pytest.raises(VoiceEnrollmentException, match=named) as caught:
        VoiceEnrollmentService().create_voice(
            **{"target_model": MODEL, "prefix": "mine", "url": data_url(recording()), **given}
        )
    assert caught.value.code == "InvalidParameter"
