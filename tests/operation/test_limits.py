"""Limits, hosts, and pages of other origins."""

from __future__ import annotations

import json
import re
import sys

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from dashscope_tts.local import serve

from ..cli.command import assert_error, posix
from ..local.client import MODEL, VOICE, WAIT, Task, connect, speak
from .asking import SPEECH_PATH, ask, numbers, speech, wait_until

FOREIGN = "https://pages.example"


def refused(service, **options) -> tuple[int, dict[str, str]]:
    with pytest.raises(InvalidStatus) as caught:
        connect(service, **options)
    response = caught.value.response
    return response.status_code, json.loads(response.body)


def test_more_sessions_than_allowed_are_denied_and_the_rest_goes_on(start):
    service = start(max_sessions=2)
    with connect(service) as one, connect(service):
        status, body = refused(service)
        assert (status, body["code"]) == (429, "Throttling")
        assert "takes 2 at one time" in body["message"]
        answer = speech(service, "Hello.")
        assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (429, "Throttling", "1")
        # Who looks after the service still gets in, and who is in stays in.
        assert ask(service, "GET", "healthz").json()["sessions"] == 2
        assert ask(service, "GET", "").status_code == 200
        assert Task(one).run().text("Hello.").finish().rest().characters == 6
    wait_until(lambda: ask(service, "GET", "healthz").json()["sessions"] == 0)
    assert speech(service, "Hello.").status_code == 200
    assert speak(service, "Hello.").characters == 6
    assert numbers(service)["refused_sessions_total",] == 2
    assert numbers(service)["errors_total", "Throttling"] == 2


def test_a_refused_key_takes_no_place(start):
    service = start(max_sessions=1, api_key="sk-only")
    for _ in range(3):
        assert refused(service, key="sk-other")[0] == 401
    with connect(service, key="sk-only"):
        assert refused(service, key="sk-only")[0] == 429


@pytest.mark.parametrize("is_chunked", [False, True], ids=["length", "chunked"])
def test_a_body_that_is_too_large_is_refused(start, is_chunked):
    service = start(max_request_bytes=10_000)
    body = json.dumps({"model": MODEL, "input": {"text": "x" * 20_000, "voice": VOICE}}).encode()
    answer = ask(
        service, "POST", SPEECH_PATH, data=iter([body[:8000], body[8000:]]) if is_chunked else body,
        headers={"Authorization": "Bearer any"},
    )  # fmt: skip
    assert (answer.status_code, answer.json()["code"]) == (413, "RequestTooLarge")
    assert speech(service, "Hello.").status_code == 200
    assert numbers(service)["errors_total", "RequestTooLarge"] == 1


def test_a_message_that_is_too_large_ends_the_connection(start):
    service = start(max_frame_bytes=10_000)
    with connect(service) as connection:
        task = Task(connection).run()
        task.until("task-started")
        task.text("x" * 20_000)
        with pytest.raises(ConnectionClosed) as caught:
            task.rest()
    assert caught.value.rcvd.code == 1009
    assert speak(service, "Hello.").characters == 6


def too_large(connection, message) -> int:
    """The code with which the service closes the connection after the message."""
    connection.send(message)
    with pytest.raises(ConnectionClosed) as caught:
        connection.recv(timeout=WAIT)
    return caught.value.rcvd.code


@pytest.mark.parametrize(
    "message",
    [b"x" * 10_001, "语" * 3334, ["x" * 4000] * 3, (b"x" * 4000 for _ in range(3))],
    ids=["bytes", "characters of three bytes", "fragments", "binary fragments"],
)
def test_a_message_is_measured_in_bytes_and_as_a_whole(start, message):
    service = start(max_frame_bytes=10_000)
    with connect(service) as connection:
        assert too_large(connection, message) == 1009


def test_messages_below_the_limit_are_not_added_up(start):
    service = start(max_frame_bytes=10_000)
    with connect(service) as connection:
        task = Task(connection).run()
        task.until("task-started")
        for _ in range(4):
            task.text("。" + " " * 4000)
        assert task.text("Hello.").finish().rest().characters == 4 * 4001 + 6


def test_a_text_that_is_too_long_is_refused_by_all_protocols(start):
    service = start(max_message_characters=20, max_task_characters=30)
    assert "21 characters, and the limit is 20" in speak(service, "x" * 21).error[1]
    assert "40 characters, and the limit is 30" in speak(service, "x" * 20, "x" * 20).error[1]
    assert "the limit is 20" in speech(service, "x" * 21).json()["message"]
    assert speak(service, "x" * 20).characters == 20


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "example.com", "192.168.1.5"])
def test_other_machines_are_let_in_with_a_key_only(host):
    with pytest.raises(ValueError, match="api_key"):
        serve(host=host)
    serve(host=host, api_key="sk-only")
    serve(host=host, allow_anyone=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost"])
def test_this_machine_needs_no_key(host):
    serve(host=host)


def test_no_page_of_another_origin_is_let_in_unless_asked(start):
    service = start()
    url = f"{service.url}?api_key=any"
    browser = {"url": url, "additional_headers": {}}
    status, body = refused(service, origin=FOREIGN, **browser)
    assert (status, body["code"]) == (403, "AccessDenied")
    with connect(service, origin=service.page_url.rstrip("/"), **browser):
        pass
    # A library tells some origin too, and sends its key in a header, as no page can.
    with connect(service, origin=FOREIGN):
        pass
    answer = ask(service, "GET", "healthz", headers={"Origin": FOREIGN})
    assert not any(name.lower().startswith("access-control") for name in answer.headers)


def test_the_pages_of_an_origin_are_let_in_when_asked(start):
    service = start(cors=(FOREIGN,))
    with connect(service, url=f"{service.url}?api_key=any", additional_headers={}, origin=FOREIGN):
        pass
    url = f"{service.url}?api_key=any"
    assert refused(service, url=url, additional_headers={}, origin="https://other.example")[0] == 403
    asked = {
        "Origin": FOREIGN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    answer = ask(service, "OPTIONS", SPEECH_PATH, headers=asked)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == FOREIGN
    other = ask(service, "GET", "healthz", headers={"Origin": "https://other.example"})
    assert "Access-Control-Allow-Origin" not in other.headers


@posix
def test_serve_takes_the_limit_of_sessions_and_the_origins(start_service):
    _, printed = start_service("--max-sessions", "1", "--cors", FOREIGN)
    url = re.search(r"ws://\S+", printed)[0]
    with connect(None, url=f"{url}?api_key=any", additional_headers={}, origin=FOREIGN):
        assert refused(None, url=url)[0] == 429


def test_serve_refuses_a_limit_of_nothing(run):
    assert run("serve", "--max-sessions", "0").returncode == 2
    assert_error(run("serve", "--host", "0.0.0.0"), "needs --api-key")


@posix
def test_serve_prints_the_address_of_the_page_and_opens_it(start_service, environment, tmp_path):
    seen = tmp_path / "seen"
    browser = tmp_path / "browser"
    browser.write_text(f"#!{sys.executable}\nimport sys\nopen({str(seen)!r}, 'w').write(sys.argv[1] + '.')\n")
    browser.chmod(0o755)
    environment["BROWSER"] = str(browser)
    _, printed = start_service("--open")
    address = re.search(r"^The page to try it out: (http://127\.0\.0\.1:\d+/)$", printed, re.MULTILINE)[1]
    wait_until(lambda: seen.exists() and seen.read_text().endswith("."), WAIT)
    assert seen.read_text() == f"{address}."
