"""The official enum of audio formats: members, values, attributes, texts."""

from __future__ import annotations

import pytest

from dashscope_tts.audio.tts_v2 import AudioFormat

_RATES = (8000, 16000, 22050, 24000, 44100, 48000)
_EXPECTED = {
    "DEFAULT": ("Default", 0, "0", 0),
    **{f"WAV_{rate}HZ_MONO_16BIT": ("wav", rate, "mono", 0 if rate == 8000 else 16) for rate in _RATES},
    **{f"PCM_{rate}HZ_MONO_16BIT": ("pcm", rate, "mono", 16) for rate in _RATES},
    **{f"MP3_{rate}HZ_MONO_128KBPS": ("mp3", rate, "mono", 128) for rate in _RATES[:2]},
    **{f"MP3_{rate}HZ_MONO_256KBPS": ("mp3", rate, "mono", 256) for rate in _RATES[2:]},
    **{f"OGG_OPUS_8KHZ_MONO_{rate}KBPS": ("opus", 8000, "mono", rate) for rate in (16, 32)},
    **{
        f"OGG_OPUS_{khz}KHZ_MONO_{rate}KBPS": ("opus", khz * 1000, "mono", rate)
        for khz in (16, 24, 48)
        for rate in (16, 32, 64)
    },
}


def test_the_members_and_their_values_are_the_official_thirty():
    assert {member.name: member.value for member in AudioFormat} == _EXPECTED
    assert len(_EXPECTED) == 30


@pytest.mark.parametrize("member", AudioFormat, ids=lambda member: member.name)
def test_each_part_of_the_value_is_an_attribute(member):
    assert (member.format, member.sample_rate, member.channels, member.bit_rate) == member.value


def test_the_text_is_the_official_one():
    assert str(AudioFormat.MP3_22050HZ_MONO_256KBPS) == "MP3 with 22050Hz sample rate, mono channel, 256"
    assert str(AudioFormat.DEFAULT) == "DEFAULT with 0Hz sample rate, 0 channel, 0"


def test_seam_19_formats_are_looked_up_by_name_and_recognised_by_their_text():
    found = getattr(AudioFormat, "MP3_24000HZ_MONO_256KBPS", AudioFormat.DEFAULT)
    assert found is AudioFormat.MP3_24000HZ_MONO_256KBPS
    assert getattr(AudioFormat, "MP3_12345HZ_MONO_256KBPS", AudioFormat.DEFAULT) is AudioFormat.DEFAULT
    assert "MP3" in str(found)
    assert (found.format, found.sample_rate) == ("mp3", 24000)


def test_the_default_resolves_to_what_the_service_makes_of_it():
    assert AudioFormat.DEFAULT.resolved() == ("mp3", 22050)
    assert AudioFormat.PCM_8000HZ_MONO_16BIT.resolved() == ("pcm", 8000)
