"""Keys, URLs and regions: where they are looked for, and when."""

from __future__ import annotations

import os
import stat

import pytest

import dashscope_tts
from dashscope_tts.audio.tts_v2 import SpeechSynthesizer
from dashscope_tts.common import settings
from dashscope_tts.common.error import AuthenticationError, InputRequired

_BEIJING = "wss://dashscope.aliyuncs.com/api-ws/v1/inference"


def _synthesizer(**keywords):
    return SpeechSynthesizer("m", "v", **keywords)


# -- the key


def test_D23_a_key_in_the_environment_after_the_import_counts(monkeypatch):
    monkeypatch.setenv("DASHSCOPE_API_KEY", "from-the-environment")
    assert _synthesizer().apikey == "from-the-environment"


def test_D23_a_key_file_that_the_program_names_counts(tmp_path):
    path = tmp_path / "key"
    path.write_text("from-the-file\n")
    dashscope_tts.api_key_file_path = str(path)
    assert _synthesizer().apikey == "from-the-file"


def test_D23_a_key_file_that_the_environment_names_counts(tmp_path, monkeypatch):
    path = tmp_path / "key"
    path.write_text("from-the-file")
    monkeypatch.setenv("DASHSCOPE_API_KEY_FILE_PATH", str(path))
    assert _synthesizer().apikey == "from-the-file"


def test_D23_the_key_that_save_api_key_saved_is_found(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    dashscope_tts.save_api_key("saved")
    assert _synthesizer().apikey == "saved"


def test_the_argument_wins_then_the_attribute_then_the_environment_then_the_file(tmp_path, monkeypatch):
    path = tmp_path / "key"
    path.write_text("file")
    dashscope_tts.api_key_file_path = str(path)
    assert settings.find_api_key() == "file"
    monkeypatch.setenv("DASHSCOPE_API_KEY", "environment")
    assert settings.find_api_key() == "environment"
    dashscope_tts.api_key = "attribute"
    assert settings.find_api_key() == "attribute"
    assert settings.find_api_key("argument") == "argument"


def test_without_a_key_the_constructor_says_so():
    with pytest.raises(InputRequired, match=r"^apikey is required!$"):
        _synthesizer()


def test_an_empty_key_is_none():
    dashscope_tts.api_key = ""
    assert settings.find_api_key() is None


def test_spaces_and_line_ends_around_a_key_are_taken_off():
    assert settings.find_api_key(" sk-1 \n") == "sk-1"


@pytest.mark.parametrize("bad", ["sk-1\nX-Header: 1", "sk\x00", "sk\x7f"])
def test_a_key_with_a_control_character_is_refused_without_being_shown(bad):
    with pytest.raises(AuthenticationError, match="control character") as raised:
        settings.find_api_key(bad)
    assert bad not in str(raised.value)


def test_a_named_key_file_that_is_not_there_is_an_error(tmp_path):
    dashscope_tts.api_key_file_path = str(tmp_path / "missing")
    with pytest.raises(AuthenticationError, match="missing cannot be read"):
        settings.find_api_key()


def test_a_key_file_that_is_not_text_is_an_error(tmp_path):
    path = tmp_path / "key"
    path.write_bytes(b"\xff\xfe\xff")
    dashscope_tts.api_key_file_path = str(path)
    with pytest.raises(AuthenticationError, match="cannot be read"):
        settings.find_api_key()


def test_the_saved_key_is_for_its_owner_alone(tmp_path):
    path = tmp_path / "new" / "folder" / "key"
    dashscope_tts.save_api_key("secret", str(path))
    assert path.read_text() == "secret"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


def test_a_key_is_saved_over_a_longer_one(tmp_path):
    path = tmp_path / "key"
    dashscope_tts.save_api_key("a-long-key-of-old", str(path))
    dashscope_tts.save_api_key("short", str(path))
    assert path.read_text() == "short"


def test_seam_10_the_global_key_is_captured_by_the_constructor():
    dashscope_tts.api_key = "of-customer-one"
    one = _synthesizer()
    dashscope_tts.api_key = "of-customer-two"
    assert one.apikey == "of-customer-one"


# -- URLs


def test_the_default_url_is_that_of_beijing():
    assert settings.websocket_url() == _BEIJING
    assert settings.http_url() == "https://dashscope.aliyuncs.com/api/v1"


def test_the_url_is_read_when_a_synthesizer_is_made():
    dashscope_tts.base_websocket_api_url = "ws://one.example"
    assert _synthesizer(api_key="k").url == "ws://one.example"
    dashscope_tts.base_websocket_api_url = "ws://two.example"
    assert _synthesizer(api_key="k").url == "ws://two.example"
    assert _synthesizer(api_key="k", url="ws://three.example").url == "ws://three.example"


def test_a_url_in_the_environment_after_the_import_counts(monkeypatch):
    monkeypatch.setenv("DASHSCOPE_WEBSOCKET_BASE_URL", "ws://environment.example")
    assert settings.websocket_url() == "ws://environment.example"
    dashscope_tts.base_websocket_api_url = "ws://attribute.example"
    assert settings.websocket_url() == "ws://attribute.example"


def test_the_version_of_the_api_is_in_the_url(monkeypatch):
    monkeypatch.setenv("DASHSCOPE_API_VERSION", "v9")
    assert settings.websocket_url() == "wss://dashscope.aliyuncs.com/api-ws/v9/inference"


def test_a_region_in_the_environment_asks_for_a_workspace(monkeypatch):
    monkeypatch.setenv("DASHSCOPE_API_REGION", "us-east-1")
    with pytest.raises(InputRequired, match="workspace"):
        settings.websocket_url()
    assert settings.websocket_url(workspace="ws-1") == "wss://ws-1.us-east-1.maas.aliyuncs.com/api-ws/v1/inference"
    monkeypatch.setenv("DASHSCOPE_WORKSPACE_ID", "ws-2")
    assert settings.websocket_url() == "wss://ws-2.us-east-1.maas.aliyuncs.com/api-ws/v1/inference"


def test_an_unknown_region_in_the_environment_is_ignored(monkeypatch):
    monkeypatch.setenv("DASHSCOPE_API_REGION", "atlantis")
    assert settings.websocket_url() == _BEIJING


def test_set_region_sets_the_three_urls():
    dashscope_tts.set_region("ap-southeast-1", "ws-1")
    domain = "ws-1.ap-southeast-1.maas.aliyuncs.com"
    assert dashscope_tts.base_websocket_api_url == f"wss://{domain}/api-ws/v1/inference"
    assert dashscope_tts.base_http_api_url == f"https://{domain}/api/v1"
    assert dashscope_tts.base_compatible_api_url == f"https://{domain}/compatible-mode/v1"
    assert _synthesizer(api_key="k").url == dashscope_tts.base_websocket_api_url


@pytest.mark.parametrize(
    ("region", "workspace", "says"),
    [
        ("atlantis", "ws", "Unsupported region 'atlantis'"),
        ("us-east-1", None, "workspace_id is required"),
        ("us-east-1", "", "workspace_id is required"),
        ("us-east-1", "-x", "Invalid workspace_id"),
        ("us-east-1", "a.evil.example/", "Invalid workspace_id"),
        ("us-east-1", "a" * 65, "Invalid workspace_id"),
    ],
)
def test_set_region_refuses_what_cannot_be_a_region_or_a_workspace(region, workspace, says):
    before = dashscope_tts.base_websocket_api_url
    with pytest.raises(ValueError, match=says):
        dashscope_tts.set_region(region, workspace)
    assert dashscope_tts.base_websocket_api_url == before


def test_a_workspace_that_would_change_the_host_is_refused():
    with pytest.raises(ValueError, match="Invalid workspace_id"):
        settings.websocket_url("wss://{workspace_id}.example", "a.b/c")
