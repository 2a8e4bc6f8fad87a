"""What is heard: every format decodes at its rate, and the parameters do what they say."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest

from dashscope_tts.protocol import AudioFormat

from .client import decode, fundamental, pcm, rms, speak

TEXT = "Before my bed, moonlight shines bright. 疑是地上霜。"


@pytest.fixture(scope="module")
def seconds(service):
    """How long the text is, spoken as bare samples."""
    return len(speak(service, TEXT).audio) / 2 / 16000


@pytest.mark.parametrize("member", AudioFormat, ids=lambda member: member.name)
def test_every_format_decodes_at_its_rate(service, member, seconds):
    parameters = {"format": member.format, "sample_rate": member.sample_rate}
    if member.format == "opus":
        parameters["bit_rate"] = member.bit_rate
    audio = speak(service, TEXT, **parameters).audio
    format, rate = member.resolved()
    if format == "pcm":
        samples = pcm(audio)
    else:
        samples, decoded_rate = decode(audio)
        assert decoded_rate == (48000 if format == "opus" else rate)  # Opus always decodes at 48,000 Hz
        rate = decoded_rate
    assert len(samples) / rate == pytest.approx(seconds, abs=0.5)
    assert 0.02 < rms(samples) < 0.3


def test_opus_names_the_rate_it_was_made_from_and_keeps_to_the_bit_rate(service):
    small = speak(service, TEXT, format="opus", sample_rate=16000, bit_rate=16).audio
    large = speak(service, TEXT, format="opus", sample_rate=16000, bit_rate=64).audio
    head = small.index(b"OpusHead")
    assert int.from_bytes(small[head + 12 : head + 16], "little") == 16000
    assert len(large) > 2 * len(small)


def test_a_wav_has_its_header_in_the_first_frame_only(service):
    frames = speak(service, TEXT, format="wav", sample_rate=24000).frames
    assert [frame[:4] == b"RIFF" for frame in frames].count(True) == 1
    with wave.open(io.BytesIO(b"".join(frames))) as reader:
        assert (reader.getframerate(), reader.getnchannels(), reader.getsampwidth()) == (24000, 1, 2)
        assert len(reader.readframes(10**7)) == len(b"".join(frames)) - 44


def test_frames_hold_about_a_tenth_of_a_second_and_the_first_is_small(service):
    frames = speak(service, TEXT).frames
    assert len(frames[0]) <= 0.03 * 32000
    assert 0.04 * 32000 <= np.median([len(frame) for frame in frames]) <= 0.12 * 32000
    assert all(len(frame) % 2 == 0 for frame in frames)


def test_volume_is_linear_and_zero_is_silence(service):
    default = rms(pcm(speak(service, TEXT).audio))
    assert rms(pcm(speak(service, TEXT, volume=0).audio)) == 0.0
    assert rms(pcm(speak(service, TEXT, volume=25).audio)) == pytest.approx(default / 2, rel=0.05)
    assert rms(pcm(speak(service, TEXT, volume=100).audio)) == pytest.approx(default * 2, rel=0.05)


def test_the_loudest_is_not_clipped(service):
    samples = pcm(speak(service, TEXT, volume=100).audio)
    assert np.mean(np.abs(samples) > 0.999) < 1e-3


@pytest.mark.parametrize(("rate", "factor"), [(0.5, 2.0), (0.8, 1.25), (1.5, 1 / 1.5), (2.0, 0.5)])
def test_rate_changes_the_length(service, seconds, rate, factor):
    assert len(speak(service, TEXT, rate=rate).audio) / 32000 == pytest.approx(seconds * factor, rel=0.12)


@pytest.mark.parametrize("pitch", [0.5, 0.8, 1.3, 2.0])
def test_pitch_changes_the_fundamental_and_not_the_length(service, seconds, pitch):
    text = "We were away all morning long. 我们一起来。"
    plain = speak(service, text, voice="longanhuan").audio
    changed = speak(service, text, voice="longanhuan", pitch=pitch).audio
    ratio = fundamental(pcm(changed), 16000) / fundamental(pcm(plain), 16000)
    assert ratio == pytest.approx(pitch, rel=0.12)
    assert len(changed) == pytest.approx(len(plain), rel=0.1)


def test_the_same_request_gives_the_same_audio(service):
    assert speak(service, TEXT, seed=7).audio == speak(service, TEXT, seed=7).audio


def test_voices_differ_and_women_speak_higher_than_men(service):
    voices = ("longanyang", "longcheng_v3", "longanhuan", "longxiaochun_v3", "longhuhu_v3")
    audio = {voice: speak(service, TEXT, voice=voice).audio for voice in voices}
    assert len(set(audio.values())) == len(voices)
    pitch = {voice: fundamental(pcm(sound), 16000) for voice, sound in audio.items()}
    assert max(pitch["longanyang"], pitch["longcheng_v3"]) < min(pitch["longanhuan"], pitch["longxiaochun_v3"])
    assert pitch["longhuhu_v3"] > pitch["longanhuan"]


def test_an_unknown_voice_is_always_the_same_one(service):
    one = speak(service, TEXT, voice="cosyvoice-v3-flash-mine-0123").audio
    assert one == speak(service, TEXT, voice="cosyvoice-v3-flash-mine-0123").audio
    assert one != speak(service, TEXT, voice="cosyvoice-v3-flash-yours-4567").audio


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("今天天气怎么样？", ""), ("How are you today?", ""), ("我用 Python 3.9 写程序。", ""),
        ("Bonjour le monde", "fr"),
        ("Guten Morgen, wie geht es?", "de"), ("こんにちは、元気ですか。", "ja"), ("안녕하세요, 반갑습니다.", "ko"),
        ("Привет, как дела?", ""), ("Bom dia a todos", "pt"), ("สวัสดีครับ", "th"), ("Selamat pagi semua", "id"),
        ("Xin chào các bạn", "vi"),
    ],
)  # fmt: skip
def test_text_is_spoken_in_its_language(service, text, hint):
    spoken = speak(service, text, language_hints=[hint] if hint else None)
    samples = pcm(spoken.audio)
    assert 0.6 < len(samples) / 16000 < 0.4 * len(text) + 1
    assert rms(samples) > 0.02


def test_a_hint_decides_what_latin_letters_are(service):
    text = "Bonjour le monde, comment allez vous"
    assert speak(service, text).audio != speak(service, text, language_hints=["fr"]).audio


def test_an_instruction_may_ask_for_slow_and_soft_speech(service, seconds):
    spoken = pcm(speak(service, TEXT, instruction="请用轻声、缓慢的语气").audio)
    assert len(spoken) / 16000 > 1.1 * seconds
    assert rms(spoken) < 0.7 * rms(pcm(speak(service, TEXT).audio))
