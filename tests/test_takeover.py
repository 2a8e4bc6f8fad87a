"""``install()``: ``dashscope`` answered by this package, with and without the official one beside it."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

_WITHOUT_OFFICIAL = """
import importlib.abc, sys
class NotInstalled(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "dashscope":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, NotInstalled())
"""


def _run(program: str, official: bool) -> str:
    """Run a program in a fresh interpreter; gives what it printed."""
    if official:
        pytest.importorskip("dashscope", reason="the official package is not installed")
    text = ("" if official else _WITHOUT_OFFICIAL) + textwrap.dedent(program)
    result = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


both = pytest.mark.parametrize("official", [True, False], ids=["beside the official package", "alone"])


@both
def test_the_official_names_are_ours(official: bool) -> None:
    program = """
        import dashscope_tts
        dashscope_tts.install(); dashscope_tts.install()
        import dashscope
        from dashscope.audio.tts_v2 import *
        from dashscope.audio.tts_v2.speech_synthesizer import AudioFormat as Format, HotFix
        import dashscope.audio.tts_v2 as theirs, dashscope_tts.audio.tts_v2 as ours
        assert theirs is ours and Format is AudioFormat
        assert dashscope.audio.tts_v2.SpeechSynthesizer is ours.SpeechSynthesizer is SpeechSynthesizer
        assert ours.__spec__.name == "dashscope_tts.audio.tts_v2"
        print(SpeechSynthesizer.__module__.partition(".")[0])
    """
    assert _run(program, official) == "dashscope_tts"


@both
def test_settings_are_shared_both_ways(official: bool) -> None:
    program = """
        import dashscope_tts
        dashscope_tts.install()
        import dashscope
        dashscope.api_key = "sk-one"
        dashscope_tts.base_websocket_api_url = "ws://127.0.0.1:1/x"
        from dashscope.audio.tts_v2 import SpeechSynthesizer
        s = SpeechSynthesizer("m", "v")
        assert (s.apikey, s.url) == ("sk-one", "ws://127.0.0.1:1/x") and dashscope_tts.api_key == "sk-one"
        assert dashscope.base_websocket_api_url == "ws://127.0.0.1:1/x"
        dashscope.set_region("us-east-1", "ws1")
        print(dashscope.base_http_api_url, dashscope_tts.base_http_api_url)
    """
    address = "https://ws1.us-east-1.maas.aliyuncs.com/api/v1"
    assert _run(program, official) == f"{address} {address}"


@both
def test_our_errors_are_caught_under_official_names(official: bool) -> None:
    program = """
        import dashscope_tts
        dashscope_tts.install()
        from dashscope.common.error import DashScopeException, InvalidTask, RequestFailure
        from dashscope.audio.tts_v2 import SpeechSynthesizer
        import dashscope_tts.common.error as ours
        try:
            SpeechSynthesizer("m", "v", api_key="k").streaming_complete()
        except InvalidTask as error:
            assert isinstance(error, DashScopeException)
            print(error)
        assert issubclass(ours.ConnectionLost, RequestFailure) and issubclass(ours.ConnectionLost, ConnectionError)
        assert issubclass(ours.PoolTimeout, DashScopeException)
        assert str(ours.TaskFailed("id", "text", "Code", 44)).startswith("Request failed, request_id: id")
    """
    assert _run(program, official) == "speech synthesizer has not been started."


@both
def test_patching_and_pickling_under_official_names(official: bool) -> None:
    program = """
        import dashscope_tts
        dashscope_tts.install()
        import pickle
        from unittest import mock
        import dashscope
        from dashscope.audio.tts_v2 import AudioFormat
        with mock.patch("dashscope.audio.tts_v2.SpeechSynthesizer") as stand_in:
            assert dashscope.audio.tts_v2.SpeechSynthesizer is stand_in
        assert dashscope.audio.tts_v2.SpeechSynthesizer is not stand_in
        print(pickle.loads(pickle.dumps(AudioFormat.DEFAULT)) is AudioFormat.DEFAULT)
    """
    assert _run(program, official) == "True"


def test_all_else_stays_the_official_packages() -> None:
    program = """
        import dashscope_tts
        dashscope_tts.install()
        import dashscope, dashscope.embeddings
        print(dashscope.Generation.__module__.partition(".")[0], dashscope.embeddings.__name__)
    """
    assert _run(program, official=True) == "dashscope dashscope.embeddings"


def test_all_else_says_where_it_is_when_the_official_package_is_not_installed() -> None:
    program = """
        import dashscope_tts
        dashscope_tts.install()
        import dashscope
        assert not hasattr(dashscope, "Generation")
        try:
            dashscope.Generation
        except AttributeError as error:
            print(error)
        try:
            import dashscope.embeddings
        except ModuleNotFoundError as error:
            print(error)
    """
    told = _run(program, official=False).splitlines()
    assert told[0].startswith("dashscope.Generation is not part of speech synthesis")
    assert told[1].startswith("dashscope.embeddings is not part of speech synthesis")
    assert all("pip install dashscope" in line for line in told)


def test_the_official_package_may_be_imported_first() -> None:
    program = """
        import dashscope
        import dashscope.audio.tts_v2 as theirs
        dashscope.api_key = "sk-before"
        import dashscope_tts
        dashscope_tts.install()
        from dashscope.audio.tts_v2 import SpeechSynthesizer
        assert dashscope.audio.tts_v2.SpeechSynthesizer is SpeechSynthesizer
        print(SpeechSynthesizer.__module__.partition(".")[0], SpeechSynthesizer("m", "v").apikey)
        dashscope_tts.uninstall()
        assert dashscope.audio.tts_v2 is theirs
    """
    assert _run(program, official=True) == "dashscope_tts sk-before"


@both
def test_uninstall_undoes_it(official: bool) -> None:
    program = """
        import sys, dashscope_tts
        dashscope_tts.install()
        import dashscope.audio.tts_v2
        dashscope_tts.api_key = "sk-kept"
        dashscope_tts.uninstall(); dashscope_tts.uninstall()
        assert not [finder for finder in sys.meta_path if "dashscope_tts" in type(finder).__module__]
        assert dashscope_tts.api_key == "sk-kept"
        assert type(dashscope_tts) is type(sys)
        from dashscope_tts.common import error
        assert error.InvalidTask.__bases__ == (error.DashScopeException,)
        try:
            import dashscope.audio.tts_v2 as theirs
            print(theirs.SpeechSynthesizer.__module__.partition(".")[0])
        except ModuleNotFoundError:
            print("not installed")
    """
    assert _run(program, official) == ("dashscope" if official else "not installed")
