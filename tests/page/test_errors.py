"""What the visitor is told when it does not work."""

from __future__ import annotations

import pytest

from ..local.client import connect
from ..operation.asking import wait_until
from .hesitant import HesitantEngine

KEY = "sk-of-the-page"


def test_the_service_stops_while_it_speaks(visit, start):
    service = start(engine=HesitantEngine(), shutdown_timeout=0.1)
    visitor = visit(service)
    visitor.type("Only a tone.")
    visitor.page.click("#speak")
    visitor.page.wait_for_selector("#backdrop mark")
    service.stop()
    assert "stopped while it was speaking" in visitor.error()
    visitor.until_over()
    assert visitor.loudest > 0.2  # what had come was heard


def test_the_service_has_stopped_before(visit, start):
    service = start()
    visitor = visit(service)
    service.stop()
    visitor.page.click("#speak")
    assert "cannot be reached" in visitor.error()
    visitor.page.click("#download")
    assert "cannot be reached" in visitor.error()
    # And it recovers without a reload.
    start(port=service.port)
    visitor.speak("Here again.")
    assert not visitor.page.is_visible("#error")
    assert visitor.told("status") == "Finished."


def choose_voice(visitor, name):
    visitor.page.select_option("#voice", label="Another name …")
    visitor.page.fill("#other-voice", name)


def test_a_voice_the_service_does_not_have(visit, start):
    visitor = visit(start(strict=True))
    choose_voice(visitor, "nobody")
    visitor.page.click("#speak")
    expected = "does not have the voice nobody for the model cosyvoice-v3-flash"
    assert expected in visitor.error()
    assert visitor.told("seconds") == "–"
    visitor.page.select_option("#voice", "longanyang")
    visitor.speak("Hello.")
    assert not visitor.page.is_visible("#error")
    choose_voice(visitor, "nobody")
    visitor.page.click("#download")
    assert expected in visitor.error()


def test_a_text_that_is_too_long(visit, start):
    visitor = visit(start(max_message_characters=20))
    visitor.type("中" * 11)
    assert visitor.told("count") == "22 of 20 characters"
    visitor.page.click("#speak")
    assert "22 characters, and the limit is 20" in visitor.error()
    assert visitor.page.is_disabled("#stop")


@pytest.mark.parametrize("text", ["", "  \n "])
def test_no_text_at_all(visit, service, text):
    visitor = visit(service)
    visitor.type(text)
    visitor.page.click("#speak")
    assert visitor.error() == "There is no text to speak."


def test_a_key_is_asked_for_where_the_service_demands_one(visit, start):
    service = start(api_key=KEY)
    visitor = visit(service)
    assert visitor.page.is_visible("#key")
    for wrong in ("", "sk-wrong"):
        visitor.page.fill("#key", wrong)
        visitor.page.click("#speak")
        assert "does not accept this API key" in visitor.error()
        visitor.page.click("#download")
        assert "does not accept this API key" in visitor.error()
    visitor.page.fill("#key", KEY)
    visitor.speak("Hello.")
    assert visitor.told("status") == "Finished."
    assert visitor.download()[1]
    # It is nowhere but in its field.
    assert KEY not in visitor.page.content()
    kept = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])"
    assert KEY not in visitor.page.evaluate(kept)
    visitor.page.reload()
    visitor.page.wait_for_selector("#key")
    assert visitor.page.input_value("#key") == ""


def test_no_key_is_asked_for_where_any_will_do(visit, service):
    assert not visit(service).page.is_visible("#key")


def test_too_many_sessions(visit, start):
    service = start(max_sessions=1)
    visitor = visit(service)
    with connect(service):
        visitor.page.click("#speak")
        assert "takes 1 sessions at one time" in visitor.error()
        visitor.page.click("#download")
        assert "takes 1 sessions at one time" in visitor.error()
    wait_until(lambda: service._stats.sessions.now == 0)
    visitor.speak("Hello.")
    assert not visitor.page.is_visible("#error")
