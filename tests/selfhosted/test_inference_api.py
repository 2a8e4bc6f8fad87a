"""The local service in the place of a self-hosted server: our client, and the one the vendor's document prints."""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from dashscope_tts.common.error import AuthenticationFailed, ConnectionLost, TaskFailed
from dashscope_tts.local import serve
from dashscope_tts.local.engine import Chunk, Engine
from dashscope_tts.selfhosted import CosyVoiceServer

from ..local.client import pcm, rms
from .stand_in import StandIn, marked

SEEDS = Path(__file__).resolve().parents[2].parent / "shared" / "seeds"
RECORDING = b"RIFF, or anything else"
TEXT = "Good morning. It rains, and the wind blows."


@pytest.fixture(scope="module")
def service():
    with serve(configure=False) as running:
        yield running


def url_of(service):
    return service.http_url[: -len("/api/v1")]


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize(
    ("mode", "arguments"),
    [
        ("sft", (TEXT, "中文女")), ("zero_shot", (TEXT, RECORDING, "What is said.")),
        ("cross_lingual", (TEXT, RECORDING)), ("instruct", (TEXT, "中文男", "Gently.")),
        ("instruct2", (TEXT, RECORDING, "Gently.")),
    ],
)  # fmt: skip
def test_the_service_speaks_in_every_mode(service, mode, arguments, method):
    samples = pcm(getattr(CosyVoiceServer(url_of(service), method=method), mode)(*arguments).read())
    assert 2 < len(samples) / 22050 < 8
    assert rms(samples) > 0.02


def test_another_recording_is_another_voice_and_the_same_the_same(service):
    server = CosyVoiceServer(url_of(service))
    one, again, other = (server.cross_lingual(TEXT, sample).read() for sample in (b"one", b"one", b"other"))
    assert one == again != other


@pytest.mark.parametrize(
    ("path", "form", "missing"),
    [
        ("sft", "tts_text=Hello", ["spk_id"]), ("sft", "", ["tts_text", "spk_id"]), ("sft", "spk_id=A", ["tts_text"]),
        ("instruct", "tts_text=A&spk_id=B", ["instruct_text"]),
        ("zero_shot", "tts_text=A&prompt_text=B", ["prompt_wav"]),
    ],
)  # fmt: skip
def test_what_is_missing_is_told_as_the_real_server_tells_it(service, path, form, missing):
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", f"/inference_{path}", form, headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status == 422
    assert re.findall(rb'"loc":\s*\["body",\s*"(\w+)"\]', body) == [name.encode() for name in missing]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"), ("multipart/form-data; boundary=b", b"--b\r\n\r\nno end"),
        ("multipart/form-data; boundary=b", b"--b\r\nX: y\r\n\r\n\r\n--b--"),
        ("application/x-www-form-urlencoded", b"tts_text=\xff"),
    ],
)  # fmt: skip
def test_a_form_that_cannot_be_read_is_refused(service, kind, body):
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)
    connection.request("POST", "/inference_sft", body, {"Content-Type": kind})
    assert connection.getresponse().status == 400
    connection.close()


def test_a_text_that_is_too_long_is_refused_with_the_reason():
    with serve(configure=False, max_message_characters=10) as service, pytest.raises(TaskFailed, match="too long"):
        CosyVoiceServer(url_of(service)).sft(TEXT, "A").read()


def test_with_a_key_only_its_token_gets_in():
    with serve(configure=False, api_key="sk-right") as service:
        assert CosyVoiceServer(url_of(service), "sk-right").sft("Hello.", "A").read()
        for token in (None, "sk-wrong"):
            with pytest.raises(AuthenticationFailed, match="Invalid API token"):
                CosyVoiceServer(url_of(service), token).sft("Hello.", "A").read()


class _Breaking(Engine):
    def speak(self, utterance, emit):
        from dashscope_tts.local.refusals import Refusal

        if "first" not in utterance.text:
            raise Refusal("No.")
        emit(Chunk(bytes(4000), 22050))


def test_a_failure_under_the_audio_breaks_off():
    with (
        serve(configure=False, engine=_Breaking()) as service,
        pytest.raises(ConnectionLost, match="broke off after 4000 bytes"),
    ):
        CosyVoiceServer(url_of(service)).sft("The first sentence. The other one.", "A").read()


def test_a_gateway_passes_recordings_and_instructions_on():
    with (
        StandIn() as upstream,
        serve(configure=False, engine="cosyvoice", upstreams=[upstream.url]) as service,
    ):
        server = CosyVoiceServer(url_of(service))
        assert server.zero_shot("One.", RECORDING, "Said.").read() == marked("One.")
        server.cross_lingual("Two.", RECORDING).read()
        server.instruct2("Three.", RECORDING, "Gently.").read()
        assert server.sft("Four.", "中文女").read() == marked("Four.", "中文女")
        server.instruct("Five.", "中文女", "Gently.").read()
    assert [(request.path, request.form) for request in upstream.requests] == [
        ("/inference_zero_shot", {"tts_text": "One.", "prompt_text": "Said.", "prompt_wav": RECORDING}),
        ("/inference_cross_lingual", {"tts_text": "Two.", "prompt_wav": RECORDING}),
        ("/inference_instruct2", {"tts_text": "Three.", "instruct_text": "Gently.", "prompt_wav": RECORDING}),
        ("/inference_sft", {"tts_text": "Four.", "spk_id": "中文女"}),
        ("/inference_instruct", {"tts_text": "Five.", "spk_id": "中文女", "instruct_text": "Gently."}),
    ]


# What the document's client does with torch and torchaudio, done with the standard library.
_SHIM = """\
import wave as _wave


class torch:
    @staticmethod
    def from_numpy(samples):
        class Tensor:
            def unsqueeze(self, dim):
                return samples

        return Tensor()


class torchaudio:
    @staticmethod
    def save(path, samples, rate):
        with _wave.open(path, "wb") as file:
            file.setparams((1, 2, rate, 0, "NONE", "NONE"))
            file.writeframes(samples.tobytes())


"""


def documents_client() -> str:
    for page in sorted(SEEDS.glob("*.txt")):
        text = page.read_text("utf-8")
        match = re.search(r"^``` python\n(import argparse\n.*?/inference_.*?)^```$", text, re.M | re.S)
        if match:
            return match.group(1)
    pytest.skip("the vendor's documents are not here")


@pytest.mark.parametrize("mode", ["sft", "zero_shot", "cross_lingual", "instruct"])
def test_the_client_of_the_document_runs_unchanged(service, tmp_path, mode):
    program = re.sub(r"^import torch(audio)?\n", "", documents_client(), flags=re.M)
    (tmp_path / "client.py").write_text(_SHIM + program, "utf-8")
    (tmp_path / "prompt.wav").write_bytes(RECORDING)
    command = [
        sys.executable, "client.py", "--host", "127.0.0.1", "--port", str(service.port), "--mode", mode,
        "--tts_wav", f"{mode}.wav", "--prompt_wav", "prompt.wav",
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONIOENCODING": "utf-8"}, capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    with wave.open(str(tmp_path / f"{mode}.wav")) as file:
        assert file.getframerate() == 22050
        samples = np.frombuffer(file.readframes(10**7), "<i2") / 32768
    assert 3 < len(samples) / 22050 < 15
    assert rms(samples) > 0.02
