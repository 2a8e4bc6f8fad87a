"""The access log: who came, and nothing of what was said."""

from __future__ import annotations

import logging
import re
import signal

import pytest

from ..cli.command import posix
from ..local.client import Task, connect, speak
from .asking import ask, speech, wait_until

KEY = "sk-in-no-log"


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, logger="dashscope_tts.local")
    return lambda: [r.getMessage() for r in caplog.records if r.name == "dashscope_tts.local"]


def test_a_connection_and_its_task_are_a_line_each(start, lines):
    service = start()
    spoken = speak(service, "Hello there.")
    wait_until(lambda: len(lines()) == 2)
    task, connection = lines()
    assert re.fullmatch(
        rf"task duplex cosyvoice-v3-flash finished: 12 characters, {len(spoken.audio)} bytes, "
        r"first package after \d+ ms, \d\.\d{3} s", task,
    )  # fmt: skip
    assert re.fullmatch(
        r"127\.0\.0\.1 WEBSOCKET /api-ws/v1/inference 101, \d+ bytes in, \d+ out, \d\.\d{3} s", connection
    )


def test_a_request_is_a_line(start, lines):
    service = start()
    size = len(ask(service, "GET", "healthz").content)
    wait_until(lines)  # the line is written when the answer has been sent
    assert re.fullmatch(rf"127\.0\.0\.1 GET /healthz 200, 0 bytes in, {size} out, \d\.\d{{3}} s", lines()[0])
    assert ask(service, "GET", "nothing").status_code == 404
    wait_until(lambda: len(lines()) == 2)
    assert " GET /nothing 404, " in lines()[1]


def test_neither_keys_nor_texts_nor_names_of_files_are_in_it(start, lines):
    service = start(api_key=KEY)
    secret = "A most private sentence."
    with connect(service, url=f"{service.url}?api_key={KEY}", additional_headers={}) as connection:
        Task(connection).run().text(secret).finish().rest()
    with connect(service, key=KEY) as connection:
        Task(connection, model=f"{secret}\nforged line").run().text(secret).finish().rest()
    url = speech(service, secret, KEY).json()["output"]["audio"]["url"]
    assert ask(service, "GET", url.split("/", 3)[3]).status_code == 200
    assert speech(service, secret, "sk-wrong-in-no-log").status_code == 401
    assert ask(service, "GET", f"v1/{KEY}?text={secret}").status_code == 404
    wait_until(lambda: len(lines()) >= 9)
    text = "\n".join(lines())
    assert "in-no-log" not in text
    assert "private sentence" not in text
    assert url.rpartition("/")[2] not in text
    assert not any(line.startswith("forged") for line in text.splitlines())


def test_a_refused_handshake_is_a_line_with_its_status(start, lines):
    service = start(api_key=KEY)
    with pytest.raises(Exception, match="401"):
        connect(service, key="sk-other")
    wait_until(lines)
    assert " WEBSOCKET /api-ws/v1/inference 401, " in lines()[-1]


@posix
@pytest.mark.parametrize(("arguments", "is_shown"), [(("-v",), True), ((), False)])
def test_serve_shows_it_when_asked(start_service, run, arguments, is_shown):
    process, printed = start_service(*arguments)
    url = re.search(r"ws://\S+", printed)[0]
    assert run("say", "A private sentence.", "-o", "a.mp3", "--url", url).returncode == 0
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=20)
    assert ("WEBSOCKET /api-ws/v1/inference 101" in errors) is is_shown
    assert ("task duplex cosyvoice-v3-flash finished: 19 characters" in errors) is is_shown
    assert "private" not in errors
