"""Narrow windows, dark and light, two languages, the keyboard, and nothing from elsewhere."""

from __future__ import annotations

import pytest
import requests

from ..local.client import WAIT
from .hesitant import HesitantEngine


def luminance(colour: tuple[float, ...]) -> float:
    parts = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_no_window_has_to_be_scrolled_sideways(visit, service, locale):
    visitor = visit(service, locale=locale)
    visitor.type("Averylongwordthatdoesnotendforquiteawhileandgoeson" * 3)
    visitor.page.evaluate("document.querySelector('#error').hidden = false")
    visitor.page.evaluate("document.querySelector('#error').textContent = 'x'.repeat(200)")
    for width in (320, 360, 800, 1280):
        visitor.page.set_viewport_size({"width": width, "height": 700})
        assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width
        for name in ("text", "speak", "stop", "download", "voice", "rate", "copy-shell"):
            box = visitor.page.locator(f"#{name}").bounding_box()
            assert box["x"] >= 0, (width, name)
            assert box["x"] + box["width"] <= width, (width, name)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_in_the_light_and_in_the_dark(visit, service, scheme):
    visitor = visit(service, color_scheme=scheme)
    ground = visitor.colour("body")
    assert (luminance(ground) < 0.1) is (scheme == "dark")
    visitor.page.evaluate("document.querySelector('#error').hidden = false")
    visitor.page.evaluate("document.querySelector('#status').textContent = 'x'")
    sheet = visitor.colour(".speaking")
    for name in ("#text", "#status", "#text-hint", "#stop", "#settings-title"):
        assert contrast(visitor.colour(name, "color"), sheet) >= 4.5, name
    for name in ("#speak", "#error", ".snippet:first-child pre"):
        assert contrast(visitor.colour(name, "color"), visitor.colour(name)) >= 4.5, name
    for name in (".editor", "#voice", "#download"):
        assert contrast(visitor.colour(name, "border-top-color"), sheet) >= 3, name
    visitor.type("Marked, and marked again. " * 5)
    visitor.page.click("#speak")
    visitor.page.wait_for_selector("#backdrop mark")
    assert contrast(visitor.colour("#text", "color"), visitor.colour("#backdrop mark")) >= 4.5


def test_it_speaks_the_language_of_the_browser_and_can_be_switched(visit, service):
    visitor = visit(service, locale="zh-CN")
    assert visitor.told("speak") == "朗读"
    assert visitor.page.evaluate("document.documentElement.lang") == "zh-CN"
    visitor.speak("你好。")
    assert visitor.told("status") == "朗读完毕。"
    visitor.type("")
    visitor.page.click("#speak")
    assert visitor.error() == "没有可朗读的文本。"
    visitor.page.click("#language")
    assert visitor.page.evaluate("document.documentElement.lang") == "en"
    assert (visitor.told("speak"), visitor.told("error")) == ("Speak", "There is no text to speak.")
    assert visit(service, locale="de-DE").told("speak") == "Speak"


def test_both_languages_say_everything(service):
    lines = requests.get(f"{service.page_url}page/words.js", timeout=WAIT).text
    english, chinese = lines.split("const CHINESE")
    names = [{line.split(":")[0].strip() for line in part.splitlines() if line.startswith("  ")} for part in
             (english, chinese.split("};")[0])]  # fmt: skip
    assert names[0] == names[1]
    assert len(names[0]) > 40


def focused(visitor) -> str:
    return visitor.page.evaluate("document.activeElement.id")


def test_everything_is_reached_and_done_by_the_keyboard(visit, start):
    engine = HesitantEngine()
    visitor = visit(start(engine=engine))
    keyboard = visitor.page.keyboard
    order = []
    for _ in range(20):
        keyboard.press("Tab")
        order.append(focused(visitor))
        outline = "e => getComputedStyle(e.closest('.editor') ?? e).outline"
        assert "solid 3px" in visitor.page.locator(":focus").evaluate(outline), order
        if order[-1] == "copy-shell":
            break
    controls = "language text speak download model voice format rate pitch volume instruction copy-python copy-shell"
    assert [name for name in order if name] == controls.split()
    visitor.page.focus("#language")
    keyboard.press("Tab")
    keyboard.press("Control+A")
    keyboard.type("Only a tone.")
    keyboard.press("Tab")
    keyboard.press("Enter")
    visitor.page.wait_for_selector("#backdrop mark")
    keyboard.press("Tab")
    assert focused(visitor) == "stop"
    keyboard.press("Space")
    assert visitor.told("status") == "Stopped."
    assert focused(visitor) == "speak"  # and not lost with the button that is no use now
    keyboard.press("Shift+Tab")
    engine.go_on.set()
    keyboard.press("Control+Enter")
    visitor.page.wait_for_selector("#backdrop mark")
    keyboard.press("Escape")
    assert visitor.told("status") == "Stopped."


def test_every_control_has_a_name_and_what_happens_is_announced(visit, service):
    visitor = visit(service)
    nameless = """[...document.querySelectorAll("input, select, textarea, button")].filter(
        (one) => !(one.labels?.length && one.labels[0].textContent.trim()) && !one.textContent.trim()).length"""
    assert visitor.page.evaluate(nameless) == 0
    assert visitor.page.get_attribute("#status", "aria-live") == "polite"
    assert visitor.page.get_attribute("#error", "role") == "alert"
    ids = "[...document.querySelectorAll('[id]')].map((one) => one.id)"
    assert len(visitor.page.evaluate(ids)) == len(set(visitor.page.evaluate(ids)))


def test_nothing_is_asked_of_anybody_else(visit, service):
    visitor = visit(service)
    visitor.speak("Hello.")
    visitor.download()
    assert visitor.hosts == {f"127.0.0.1:{service.port}"}
    assert visitor.complaints == []


def test_the_browser_is_told_to_let_nothing_else_in(visit, service):
    answer = requests.get(service.page_url, timeout=WAIT)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    visitor = visit(service)
    script = "fetch('http://127.0.0.1:9/').then(() => 'let out', (error) => String(error))"
    assert "Failed to fetch" in visitor.page.evaluate(script)
    assert any("Content Security Policy" in line for line in visitor.complaints)


@pytest.mark.parametrize("host", ["evil.example; script-src *", "a b", "x" * 40 + "\u00e9"])
def test_a_strange_host_does_not_get_into_the_policy(service, host):
    answer = requests.get(service.page_url, headers={"Host": host.encode("latin-1")}, timeout=WAIT)
    assert answer.status_code == 400 or "ws://" not in answer.headers["Content-Security-Policy"]


def test_files_that_are_not_there_are_not_found(service):
    for name in ("nothing.js", "../routes.py", "%2e%2e%2froutes.py", "__init__.py"):
        assert requests.get(f"{service.page_url}page/{name}", timeout=WAIT).status_code == 404, name
