"""What the modules give away, and how big they are."""

from __future__ import annotations

import ast
import importlib
import inspect
from pathlib import Path

import pytest

import dashscope_tts
from dashscope_tts.audio import tts_v2

_PACKAGE = Path(dashscope_tts.__file__).parent
_CLIENT = ("protocol", "common", "transport", "audio", "api_entities")
_FILES = sorted(path for room in _CLIENT for path in (_PACKAGE / room).rglob("*.py"))
_MODULES = sorted(
    ".".join(("dashscope_tts", *path.relative_to(_PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
    for path in _FILES
)


@pytest.mark.parametrize("name", _MODULES)
def test_all_that_is_exported_is_there(name):
    module = importlib.import_module(name)
    for exported in getattr(module, "__all__", ()):
        assert hasattr(module, exported), f"{name} has no {exported}"


@pytest.mark.parametrize("path", sorted(_PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(_PACKAGE)))
def test_a_module_says_what_it_is_for_and_stays_small(path):
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert ast.get_docstring(tree)
    assert len(text.splitlines()) <= 400
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert node.end_lineno - node.lineno < 60, f"{path.name}: {node.name} is long"


def test_the_names_of_tts_v2():
    expected = {"AudioFormat", "ResultCallback", "SpeechSynthesizer", "SpeechSynthesizerObjectPool"}
    assert set(tts_v2.__all__) >= expected
    assert "HotFix" not in tts_v2.__all__


def test_the_names_of_the_root():
    assert set(dashscope_tts.__all__) >= {
        "__version__", "api_key", "api_key_file_path", "base_compatible_api_url", "base_http_api_url",
        "base_websocket_api_url", "save_api_key", "set_region",
    }  # fmt: skip


def test_the_positions_of_the_arguments_are_the_official_ones():
    names = list(inspect.signature(tts_v2.SpeechSynthesizer).parameters)
    assert names[:16] == [
        "model", "voice", "format", "volume", "speech_rate", "pitch_rate", "seed", "synthesis_type", "instruction",
        "language_hints", "headers", "callback", "workspace", "url", "hot_fix", "additional_params",
    ]  # fmt: skip
    methods = {
        "call": ["self", "text", "timeout_millis"],
        "streaming_call": ["self", "text"],
        "streaming_flush": ["self"],
        "streaming_complete": ["self", "complete_timeout_millis"],
        "async_streaming_complete": ["self", "complete_timeout_millis"],
        "streaming_cancel": ["self", "complete_timeout_millis"],
        "close": ["self"],
        "get_last_request_id": ["self"],
        "get_first_package_delay": ["self"],
        "get_response": ["self"],
    }
    for name, arguments in methods.items():
        assert list(inspect.signature(getattr(tts_v2.SpeechSynthesizer, name)).parameters) == arguments
    limits = {"streaming_complete": 600_000, "async_streaming_complete": 600_000, "streaming_cancel": 10_000}
    for name, limit in limits.items():
        parameters = inspect.signature(getattr(tts_v2.SpeechSynthesizer, name)).parameters
        assert parameters["complete_timeout_millis"].default == limit


def test_the_package_is_typed():
    assert (_PACKAGE / "py.typed").exists()
