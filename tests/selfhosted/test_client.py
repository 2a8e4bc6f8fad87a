"""The client against a stand-in server on a real socket."""

from __future__ import annotations

import io
import threading

import pytest

from dashscope_tts.common.error import InvalidParameter, InvalidTask, TaskCancelled, TaskFailed
from dashscope_tts.selfhosted import CosyVoiceServer, model_sample_rate

from .stand_in import WAIT, marked, speak_oddly

RECORDING = bytes(range(256)) * 40 + b"\r\n--not-a-boundary\r\n\n\r"
CALLS = {
    "sft": (("Hello.", "中文女"), {"tts_text": "Hello.", "spk_id": "中文女"}),
    "zero_shot": (
        ("你好。", RECORDING, "What is said."),
        {"tts_text": "你好。", "prompt_text": "What is said.", "prompt_wav": RECORDING},
    ),
    "cross_lingual": (("Ça va & bien=1", RECORDING), {"tts_text": "Ça va & bien=1", "prompt_wav": RECORDING}),
    "instruct": (("A", "B", "C"), {"tts_text": "A", "spk_id": "B", "instruct_text": "C"}),
    "instruct2": (("A", RECORDING, "快"), {"tts_text": "A", "instruct_text": "快", "prompt_wav": RECORDING}),
}  # fmt: skip


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("mode", CALLS)
def test_a_mode_sends_its_form_and_gives_all_audio_in_whole_samples(upstream, mode, method):
    arguments, form = CALLS[mode]
    pieces = list(getattr(CosyVoiceServer(upstream.url, method=method), mode)(*arguments))
    (request,) = upstream.requests
    assert (request.method, request.path, request.form) == (method, f"/inference_{mode}", form)
    assert len(pieces) > 3
    assert all(len(piece) % 2 == 0 and piece for piece in pieces)
    assert b"".join(pieces) == request.audio


def test_a_path_in_front_of_the_servers_own_is_kept(upstream):
    upstream.behaviour = lambda request, answer: answer.say(404, {"detail": request.path})
    with pytest.raises(TaskFailed, match="error_message: /gpu/3/inference_sft"):
        CosyVoiceServer(upstream.url + "/gpu/3/").sft("Hello.", "A").read()


def test_audio_comes_while_the_server_still_speaks(upstream):
    heard = threading.Event()

    def behaviour(request, answer):
        answer.head()
        answer.chunk(request.audio[:100])
        assert heard.wait(WAIT)
        answer.chunk(request.audio[100:])
        answer.end()

    upstream.behaviour = behaviour
    speech = CosyVoiceServer(upstream.url).sft("Hello.", "A")
    pieces = iter(speech)
    first = next(pieces)
    assert first == upstream.requests[0].audio[:100]
    assert 0 < speech.first_package_delay < WAIT * 1000
    heard.set()
    assert first + b"".join(pieces) == upstream.requests[0].audio
    assert speech.seconds == len(upstream.requests[0].audio) / 2 / 22050


@pytest.mark.parametrize("kind", ["path", "str", "bytes", "bytearray", "file"])
def test_a_recording_may_be_a_path_bytes_or_a_file(upstream, tmp_path, kind):
    path = tmp_path / "me.wav"
    path.write_bytes(RECORDING)
    given = {
        "path": path, "str": str(path), "bytes": RECORDING, "bytearray": bytearray(RECORDING),
        "file": io.BytesIO(RECORDING),
    }[kind]  # fmt: skip
    CosyVoiceServer(upstream.url).cross_lingual("Hello.", given).read()
    assert upstream.requests[0].form["prompt_wav"] == RECORDING


def test_a_token_goes_out_in_both_headers(upstream):
    upstream.token = "sk-secret"
    CosyVoiceServer(upstream.url, "sk-secret").sft("Hello.", "A").read()
    assert upstream.requests[0].headers["Authorization"] == "Bearer sk-secret"


def test_without_a_token_neither_header_goes_out(upstream):
    CosyVoiceServer(upstream.url).sft("Hello.", "A").read()
    assert upstream.requests[0].headers["Authorization"] is None
    assert upstream.requests[0].headers["X-API-TOKEN"] is None


def test_threads_may_share_a_server(upstream):
    server = CosyVoiceServer(upstream.url)
    heard = {}

    def hear(number):
        heard[number] = server.sft(f"Text {number}.", "A").read()

    threads = [threading.Thread(target=hear, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    assert heard == {number: marked(f"Text {number}.", "A") for number in range(8)}


@pytest.mark.parametrize("answers", [False, True], ids=["before the answer", "before the audio"])
def test_cancel_reaches_a_server_that_has_sent_nothing_yet(upstream, answers):
    waiting, gone = threading.Event(), threading.Event()

    def behaviour(request, answer):
        if answers:
            answer.head()
        waiting.set()
        if answer.wait_for_hang_up():
            gone.set()

    upstream.behaviour = behaviour
    speech = CosyVoiceServer(upstream.url).sft("Hello.", "A")
    outcome = []

    def hear():
        with pytest.raises(TaskCancelled):
            speech.read()
        outcome.append("cancelled")

    thread = threading.Thread(target=hear)
    thread.start()
    assert waiting.wait(WAIT)
    speech.cancel()
    thread.join(WAIT)
    assert outcome == ["cancelled"]
    assert gone.wait(WAIT)


def test_leaving_the_with_block_reaches_the_server(upstream):
    gone = threading.Event()

    def behaviour(request, answer):
        answer.head()
        answer.chunk(request.audio)
        if answer.wait_for_hang_up():
            gone.set()

    upstream.behaviour = behaviour
    with CosyVoiceServer(upstream.url).sft("Hello.", "A") as speech:
        next(iter(speech))
    assert gone.wait(WAIT)


def test_a_cancelled_speech_asks_nobody(upstream):
    speech = CosyVoiceServer(upstream.url).sft("Hello.", "A")
    speech.cancel()
    with pytest.raises(TaskCancelled):
        speech.read()
    assert upstream.requests == []


def test_the_audio_can_be_had_once(upstream):
    speech = CosyVoiceServer(upstream.url).sft("Hello.", "A")
    speech.read()
    with pytest.raises(InvalidTask):
        speech.read()
    assert len(upstream.requests) == 1


@pytest.mark.parametrize(
    ("model", "rate"),
    [
        ("CosyVoice-300M", 22050), ("iic/CosyVoice-300M-SFT", 22050), ("cosyvoice-v1", 22050),
        ("CosyVoice2-0.5B", 24000), ("Fun-CosyVoice3-0.5B-2512", 24000), ("cosyvoice-v3-flash", 24000),
        ("cosyvoice-v10", 24000),
    ],
)  # fmt: skip
def test_the_sample_rate_is_that_of_the_model(model, rate):
    assert model_sample_rate(model) == rate
    assert CosyVoiceServer("http://a", model=model).sft("Hello.", "A").sample_rate == rate
    assert CosyVoiceServer("http://a", model=model, sample_rate=16000).sft("Hello.", "A").sample_rate == 16000


def test_without_a_model_the_sample_rate_is_the_documents():
    server = CosyVoiceServer("http://a")
    assert server.zero_shot("A", b"B", "C").sample_rate == 22050
    assert server.instruct2("A", b"B", "C").sample_rate == 24000


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("ws://a", {}), ("a:50000", {}), ("http://", {}), ("http://a:x", {}), ("http://me:secret@a", {}),
        ("http://a/?key=secret", {}), ("http://a\r\nX: secret", {}), (None, {}),
        ("http://a", {"token": "secret\r\nX: y"}), ("http://a", {"token": "secret–"}),
        ("http://a", {"method": "PUT"}), ("http://a", {"sample_rate": 1}),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_and_not_repeated(url, options):
    with pytest.raises(InvalidParameter) as failure:
        CosyVoiceServer(url, **options)
    assert "secret" not in str(failure.value)


@pytest.mark.parametrize("prompt", [b"", io.BytesIO(), io.StringIO("text"), 7], ids=lambda it: type(it).__name__)
def test_a_recording_that_is_none_is_refused(prompt):
    with pytest.raises(InvalidParameter, match="prompt_audio"):
        CosyVoiceServer("http://a").cross_lingual("Hello.", prompt)


def test_an_empty_text_is_refused():
    with pytest.raises(InvalidParameter, match="tts_text"):
        CosyVoiceServer("http://a").sft("  ", "A")


def test_the_stand_in_itself_cuts_samples_in_two(upstream):
    """Otherwise the tests above would show nothing."""
    sizes = []
    upstream.behaviour = lambda request, answer: (
        setattr(answer, "chunk", _recorded(answer.chunk, sizes)), speak_oddly(request, answer)
    )  # fmt: skip
    CosyVoiceServer(upstream.url).sft("Hello.", "A").read()
    assert any(size % 2 for size in sizes)
    assert sizes[0] == 1


def _recorded(chunk, sizes):
    def record(data):
        sizes.append(len(data))
        chunk(data)

    return record
