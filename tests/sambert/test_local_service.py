"""The local service as a Sambert client finds it: audio that is decoded and measured, times that lie inside it."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from typing import Any

import pytest
from websockets.sync.client import connect as websocket_connect

from dashscope_tts.audio.tts import ResultCallback, SpeechSynthesizer

from ..compat.running import ROOT
from ..local.client import decode, fundamental, rms

TEXT = "今天天气怎么样，我们去旅游。Hello there, don't worry!"
TIMES = {"word_timestamp_enabled": True, "phoneme_timestamp_enabled": True}


@pytest.fixture
def speak(service):
    def speak_one(text=TEXT, model="sambert-zhiying-v1", **arguments):
        result = SpeechSynthesizer.call(model=model, text=text, base_address=service.url, **arguments)
        assert result.get_response().status_code == 200, result.get_response()
        return result

    return speak_one


@pytest.fixture
def refusal(service):
    """Code and message of what the service refuses."""

    def refused(text="x", model="sambert-zhiying-v1", **arguments):
        result = SpeechSynthesizer.call(model=model, text=text, base_address=service.url, **arguments)
        response = result.get_response()
        assert response.status_code == 44
        return response.code, response.message

    return refused


def words_of(result):
    return [word for sentence in result.get_timestamps() for word in sentence["words"]]


def heard(result):
    samples, rate = decode(result.get_audio_data())
    return samples, rate, len(samples) / rate


@pytest.mark.parametrize(("model", "rate"), [("sambert-zhiying-v1", 16000), ("sambert-zhichu-v1", 48000)])
def test_the_default_is_wav_at_the_voices_own_rate(speak, model, rate):
    result = speak(model=model)
    assert result.get_audio_data()[:4] == b"RIFF"
    samples, decoded, seconds = heard(result)
    assert decoded == rate
    assert 3 < seconds < 10
    assert rms(samples) > 0.02


@pytest.mark.parametrize("format", ["wav", "mp3"])
@pytest.mark.parametrize("rate", [8000, 24000, 48000])
def test_format_and_rate_are_as_asked(speak, format, rate):
    samples, decoded, seconds = heard(speak(format=format, sample_rate=rate))
    assert decoded == rate
    assert 3 < seconds < 10
    assert rms(samples) > 0.02


def test_pcm_is_bare_samples(speak):
    wav, pcm = speak().get_audio_data(), speak(format="pcm").get_audio_data()
    assert pcm == wav[44:]


def test_volume_rate_and_pitch_are_heard(speak):
    plain, _, seconds = heard(speak())
    quiet, _, _ = heard(speak(volume=25))
    assert rms(quiet) == pytest.approx(rms(plain) / 2, rel=0.1)
    _, _, fast = heard(speak(rate=1.6))
    assert fast == pytest.approx(seconds / 1.6, rel=0.2)
    high, rate, _ = heard(speak(pitch=1.4))
    assert fundamental(high, rate) > 1.2 * fundamental(plain, rate)


def test_voices_differ(speak):
    he, she = (heard(speak(model=f"sambert-{name}-v1", sample_rate=16000))[0] for name in ("zhide", "zhiying"))
    assert fundamental(she, 16000) > 1.3 * fundamental(he, 16000)


def test_sentences_follow_one_another_up_to_the_end_of_the_audio(speak):
    result = speak(**TIMES)
    first, second = result.get_timestamps()
    _, _, seconds = heard(result)
    assert first["begin_time"] == 0
    assert first["end_time"] == second["begin_time"]
    assert second["end_time"] == pytest.approx(seconds * 1000, abs=2)


def test_words_lie_in_order_inside_their_sentence(speak):
    result = speak(**TIMES)
    for sentence in result.get_timestamps():
        at = sentence["begin_time"]
        assert sentence["words"]
        for word in sentence["words"]:
            assert at <= word["begin_time"] < word["end_time"] <= sentence["end_time"]
            at = word["end_time"]
    assert "".join(word["text"] for word in words_of(result)) == "今天天气怎么样我们去旅游Hellotheredon'tworry"


def test_words_are_where_there_is_sound(speak):
    result = speak('<speak>你好<break time="2s"/>再见</speak>', **TIMES)
    samples, rate, seconds = heard(result)
    words = words_of(result)
    assert seconds > 2.5
    loud = rms(samples)
    for word in words:
        assert rms(samples[word["begin_time"] * rate // 1000 : word["end_time"] * rate // 1000]) > 0.3 * loud
    gap = max(zip(words, words[1:]), key=lambda pair: pair[1]["begin_time"] - pair[0]["end_time"])
    begin, end = gap[0]["end_time"], gap[1]["begin_time"]
    assert end - begin > 1900
    assert rms(samples[(begin + 100) * rate // 1000 : (end - 100) * rate // 1000]) < 0.02 * loud


def test_phonemes_fill_their_word_in_order(speak):
    for word in words_of(speak(**TIMES)):
        at = word["begin_time"]
        assert word["phonemes"], word
        for phoneme in word["phonemes"]:
            assert at <= phoneme["begin_time"] <= phoneme["end_time"] <= word["end_time"]
            assert isinstance(phoneme["tone"], int)
            at = phoneme["end_time"]
        assert at == word["end_time"]


def test_chinese_phonemes_are_initials_and_finals_with_tones(speak):
    words = words_of(speak("今天天气好，女儿去旅游。", **TIMES))
    said = {word["text"]: [(phoneme["text"], phoneme["tone"]) for phoneme in word["phonemes"]] for word in words}
    assert said["今"] == [("j_c", 1), ("in_c", 1)]
    assert said["天"] == [("t_c", 1), ("ian_c", 1)]
    assert said["气"] == [("q_c", 4), ("i_c", 4)]
    assert said["好"] == [("h_c", 3), ("ao_c", 3)]
    assert said["女"] == [("n_c", 3), ("v_c", 3)]
    assert said["儿"] == [("er_c", 2)]
    assert said["游"] == [("y_c", 2), ("ou_c", 2)]


def test_english_phonemes_have_stress(speak):
    (word,) = words_of(speak("Computer", model="sambert-beth-v1", **TIMES))
    named = [(phoneme["text"], phoneme["tone"]) for phoneme in word["phonemes"]]
    assert ("UW_e", 1) in named
    assert [tone for _, tone in named].count(1) == 1
    assert named[0] == ("K_e", 0)


@pytest.mark.parametrize("pinyin", ["hang2", "xing2"])
def test_a_pronunciation_that_is_written_out_shows_in_the_phonemes(speak, pinyin):
    (word,) = words_of(speak(f'<speak><phoneme alphabet="py" ph="{pinyin}">行</phoneme></speak>', **TIMES))
    expected = {"hang2": ["h_c", "ang_c"], "xing2": ["x_c", "ing_c"]}[pinyin]
    assert [phoneme["text"] for phoneme in word["phonemes"]] == expected


def test_times_only_as_asked(speak):
    assert words_of(speak()) == []
    assert len(speak().get_timestamps()) == 2
    assert all("phonemes" not in word for word in words_of(speak(word_timestamp_enabled=True)))
    assert words_of(speak(phoneme_timestamp_enabled=True)) == []
    assert words_of(speak("hola amigo", model="sambert-camila-v1", **TIMES)) == []  # a voice that tells none


@pytest.mark.parametrize(
    ("text", "count"), [("你好。", 3), ("Hello 你好", 8), ("<speak>你好 &amp; ok</speak>", 7), (" a ", 3)]
)
def test_every_character_counts_one(speak, text, count):
    assert speak(text).get_response().usage == {"characters": count}


def test_one_character_more_than_the_limit_is_refused(refusal):
    code, message = refusal("字" * 10_001)
    assert (code, message) == ("InvalidParameter", "Text is too long: 10001 characters, and the limit is 10000.")


@pytest.mark.parametrize("text", ["", "  ", None, 5])
def test_no_text_is_refused(refusal, text):
    assert refusal(text) == ("InvalidParameter", "Please ensure input text is valid.")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [({"format": "opus"}, "format"), ({"sample_rate": 12345}, "sample_rate"), ({"rate": 3}, "rate"),
     ({"pitch": 0.1}, "pitch"), ({"volume": 101}, "volume"), ({"model": "cosyvoice-v3-flash"}, "streaming")],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_name(refusal, arguments, named):
    code, message = refusal(**arguments)
    assert code == "InvalidParameter"
    assert named in message


def test_malformed_ssml_is_refused(refusal):
    assert "SSML" in refusal("<speak>a<b></speak>")[1]


def test_a_wrong_key_is_http_401():
    from dashscope_tts.local import serve

    with serve(configure=False, api_key="sk-right") as private:
        result = SpeechSynthesizer.call(model="sambert-a-v1", text="x", base_address=private.url, api_key="sk-wrong")
        assert result.get_response().status_code == 401
        result = SpeechSynthesizer.call(model="sambert-a-v1", text="x", base_address=private.url, api_key="sk-right")
        assert result.get_response().status_code == 200


def test_strict_knows_only_the_listed_voices():
    from dashscope_tts.local import serve

    with serve(configure=False, strict=True) as strict:
        codes = [
            SpeechSynthesizer.call(model=model, text="你好", base_address=strict.url).get_response().code
            for model in ("sambert-nobody-v1", "sambert-zhichu-v1")
        ]
    assert codes == ["ModelNotFound", ""]


class Raw:
    """The wire itself."""

    def __init__(self, connection):
        self.connection = connection

    def run(self, streaming="out", model="sambert-zhiying-v1", given=None, **parameters):
        task_id = str(uuid.uuid4())
        given = {"text": "你好。再见。"} if given is None else given
        payload = {"model": model, "task_group": "audio", "task": "tts", "function": "SpeechSynthesizer"}
        self.send("run-task", task_id, {**payload, "input": given, "parameters": parameters}, streaming)
        return task_id

    def send(self, action, task_id, payload, streaming="out"):
        header = {"action": action, "task_id": task_id, "streaming": streaming}
        self.connection.send(json.dumps({"header": header, "payload": payload}))

    def next(self):
        received = self.connection.recv(timeout=10)
        return received if isinstance(received, bytes) else json.loads(received)

    def rest(self):
        items = []
        while True:
            items.append(self.next())
            if isinstance(items[-1], dict) and items[-1]["header"]["event"] in ("task-finished", "task-failed"):
                return items


@pytest.mark.oracle
def test_both_speak_with_the_local_service_alike(service):
    program = """
import sys, json, importlib
package = importlib.import_module(sys.argv[1])
tts = importlib.import_module(sys.argv[1] + ".audio.tts")
result = tts.SpeechSynthesizer.call(model="sambert-zhijia-v1", text="今天天气怎么样。Hello there!", api_key="k",
    base_address=sys.argv[2], sample_rate=16000, word_timestamp_enabled=True, phoneme_timestamp_enabled=True)
response = result.get_response()
print(json.dumps([result.get_audio_data().hex(), result.get_timestamps(), response.status_code, response.usage]))
"""
    heard: list[Any] = []
    for package in ("dashscope", "dashscope_tts"):
        done = subprocess.run(
            [sys.executable, "-c", program, package, service.url],
            cwd=ROOT, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        if "No module named 'dashscope'" in done.stderr:
            pytest.skip("the official package is not installed")
        assert done.returncode == 0, done.stderr
        heard.append(json.loads(done.stdout))
    official, ours = heard
    assert official == ours
    assert len(ours[0]) > 2 * 32_000
    assert ours[2:] == [200, {"characters": 20}]


@pytest.fixture
def raw(service):
    headers = {"Authorization": "bearer any"}
    with websocket_connect(service.url + "/", additional_headers=headers, proxy=None, max_size=None) as connection:
        yield Raw(connection)


def test_the_messages_on_the_wire(raw):
    task_id = raw.run()
    items = raw.rest()
    assert items[0] == {"header": {"task_id": task_id, "event": "task-started", "attributes": {}}, "payload": {}}
    results = [item for item in items[1:-1] if isinstance(item, dict)]
    assert {result["header"]["event"] for result in results} == {"result-generated"}
    assert [set(result["payload"]["output"]) for result in results] == [{"sentence"}, {"sentence"}]
    assert [result["payload"]["usage"]["characters"] for result in results] == [3, 6]
    assert items[-1]["payload"] == {"output": None, "usage": {"characters": 6}}
    first_audio = next(number for number, item in enumerate(items) if isinstance(item, bytes))
    assert 0 < first_audio < items.index(results[0]) < items.index(results[1]) < len(items) - 1


def test_one_task_after_another_on_one_connection(raw):
    for _ in range(2):
        task_id = raw.run()
        assert raw.rest()[-1]["header"]["task_id"] == task_id


def test_a_sambert_model_with_text_both_ways_is_refused(raw):
    task_id = raw.run("duplex", given={}, voice="sambert-zhiying-v1")
    header = raw.rest()[-1]["header"]
    assert (header["error_code"], header["error_message"]) == ("InvalidParameter", "Request text is invalid!")
    assert header["task_id"] == task_id


def test_no_input_is_refused(raw):
    raw.send("run-task", "t", {"model": "sambert-zhiying-v1"})
    assert raw.rest()[-1]["header"]["error_message"] == "task can not be null"


def test_more_text_is_refused(raw):
    task_id = raw.run(given={"text": "很长的一句话。" * 500})
    raw.next()
    raw.send("continue-task", task_id, {"input": {"text": "more"}})
    assert "continue-task" in raw.rest()[-1]["header"]["error_message"]


def test_a_cancel_is_answered_with_the_end(raw):
    task_id = raw.run(given={"text": "很长的一句话。" * 1000})
    raw.next()
    raw.send("finish-task", task_id, {"input": {"directive": "cancel"}})
    last = raw.rest()[-1]
    assert last["header"]["event"] == "task-finished"
    assert last["payload"]["usage"]["characters"] < 7000


def test_audio_comes_before_the_text_is_through(service):
    class First(Exception):
        pass

    class Stops(ResultCallback):
        def on_event(self, result):
            raise First

    with pytest.raises(First):
        SpeechSynthesizer.call(
            model="sambert-zhiying-v1", text="很长的一句话。" * 1000, base_address=service.url, callback=Stops()
        )
