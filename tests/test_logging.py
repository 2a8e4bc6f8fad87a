"""The logger: silent by default, official when it is switched on."""

from __future__ import annotations

import logging
import re
import subprocess
import sys

import pytest

from dashscope_tts.common.logging import logger

from .support import KEY
from .support.recorder import Recorder
from .support.steps import accepts, fails, hears, speaks, starts

_SPEAK = """
import sys
from dashscope_tts.audio.tts_v2 import SpeechSynthesizer
synthesizer = SpeechSynthesizer("m", "v", url=sys.argv[1], api_key=sys.argv[2])
synthesizer.call("hello")
synthesizer.close()
"""


def _log(service, monkeypatch, level):
    if level is not None:
        monkeypatch.setenv("DASHSCOPE_LOGGING_LEVEL", level)
    command = [sys.executable, "-c", _SPEAK, service.url, KEY]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stderr


def test_the_logger_has_the_official_name():
    assert logger.name == "dashscope"
    assert any(isinstance(handler, logging.NullHandler) for handler in logger.handlers)


def test_nothing_is_logged_unless_it_is_asked_for(serve, monkeypatch):
    assert _log(serve(accepts, speaks), monkeypatch, None) == ""


@pytest.mark.parametrize("level", ["info", "nonsense"])
def test_info_tells_nothing_of_an_ordinary_conversation(serve, monkeypatch, level):
    assert _log(serve(accepts, speaks), monkeypatch, level) == ""


def test_debug_tells_what_was_said_in_the_official_form_and_no_key(serve, monkeypatch):
    log = _log(serve(accepts, speaks), monkeypatch, "debug")
    assert re.search(r"^\d{4}-\d\d-\d\d .* - dashscope - \w+\.py - \w+ - \d+ - DEBUG - <<<recv \{", log, re.MULTILINE)
    assert "<<<recv binary 5" in log
    assert re.search(r">>>send \{.*run-task", log)
    assert "first package delay" in log
    assert KEY not in log
    assert "Bearer" not in log


def test_a_failed_task_is_an_error_in_the_log(serve, speaker, caplog):
    recorder = Recorder()
    speaker(serve(accepts, starts, hears("continue-task"), fails("C", "no")), recorder).call("text")
    recorder.wait_closed()
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert [error[:12] for error in errors] == ["TaskFailed: "]
