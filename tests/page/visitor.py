"""Somebody who looks at the page, and listens."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlsplit

import numpy as np

__all__ = ["Visitor"]

# Listens in on what the page plays: the signal on its way to the loudspeaker, and every buffer with its time.
_EARS = """
(() => {
  const ears = (window.ears = { contexts: [], buffers: [], loudest: 0 });
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target instanceof AudioDestinationNode) {
      const analyser = this.context.createAnalyser();
      ears.contexts.push(this.context);
      connect.call(this, analyser);
      const samples = new Float32Array(analyser.fftSize);
      setInterval(() => {
        analyser.getFloatTimeDomainData(samples);
        for (const sample of samples) ears.loudest = Math.max(ears.loudest, Math.abs(sample));
      }, 10);
    }
    return connect.call(this, target, ...rest);
  };
  const start = AudioBufferSourceNode.prototype.start;
  AudioBufferSourceNode.prototype.start = function (at) {
    const { buffer } = this;
    const bytes = new Uint8Array(Int16Array.from(buffer.getChannelData(0), (one) => Math.round(one * 32768)).buffer);
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    ears.buffers.push({ at, rate: buffer.sampleRate, pcm: btoa(text) });
    return start.call(this, at);
  };
})();
(() => {
  const marks = (window.marks = []);
  document.addEventListener("DOMContentLoaded", () => {
    new MutationObserver(() => {
      const mark = document.querySelector("#backdrop mark");
      if (!mark) return;
      const heard = parseFloat(document.querySelector("#seconds").textContent);
      marks.push({ text: mark.textContent, before: mark.previousSibling?.textContent ?? "", heard });
    }).observe(document.querySelector("#backdrop"), { childList: true });
  });
})();
"""


class Visitor:
    """A page in a browser profile of its own.

    Attributes:
        page: Playwright's.
        hosts: of all requests and WebSockets it made.
        complaints: what the browser wrote to its console, and exceptions.
    """

    def __init__(self, browser: Any, service: Any, options: dict[str, Any]) -> None:
        options = {"locale": "en-US", "viewport": {"width": 1280, "height": 900}, **options}
        self.context = browser.new_context(**options)
        self.context.add_init_script(_EARS)
        self.context.set_default_timeout(15_000)
        self.page = self.context.new_page()
        self.hosts: set[str] = set()
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self._see(request.url))
        self.page.on("websocket", lambda socket: self._see(socket.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(service.page_url)
        self.page.wait_for_selector("#python:not(:empty)")

    def leave(self) -> None:
        self.context.close()

    def _see(self, url: str) -> None:
        if not url.startswith(("blob:", "data:")):
            self.hosts.add(urlsplit(url).netloc)

    def type(self, text: str) -> None:
        self.page.fill("#text", text)

    def until_over(self) -> None:
        self.page.wait_for_selector("#stop:disabled")

    def speak(self, text: str) -> None:
        """From the click to the end of the sound."""
        self.type(text)
        self.page.click("#speak")
        self.page.wait_for_selector("#stop:enabled")
        self.until_over()

    def told(self, name: str) -> str:
        return self.page.inner_text(f"#{name}")

    def error(self) -> str:
        self.page.wait_for_selector("#error:visible")
        return self.told("error")

    def set_number(self, name: str, value: float) -> None:
        self.page.locator(f"#{name}").fill(str(value))

    @property
    def heard(self) -> np.ndarray:
        """What was played, laid out by the times it was scheduled for: 16-bit samples, 24,000 a second."""
        buffers = self.page.evaluate("ears.buffers")
        assert all(buffer["rate"] == 24000 for buffer in buffers)
        parts = [np.frombuffer(base64.b64decode(buffer["pcm"]), "<i2") for buffer in buffers]
        places = [round((buffer["at"] - buffers[0]["at"]) * 24000) for buffer in buffers]
        played = np.zeros(places[-1] + len(parts[-1]), "<i4")
        for place, part in zip(places, parts):
            played[place : place + len(part)] += part
        return played

    @property
    def samples(self) -> np.ndarray:
        """The same without the silence that a busy machine leaves where a chunk comes too late.

        No two may sound at the same time, and most must join.
        """
        buffers = self.page.evaluate("ears.buffers")
        parts = [np.frombuffer(base64.b64decode(buffer["pcm"]), "<i2") for buffer in buffers]
        begins = [buffer["at"] * 24000 for buffer in buffers]
        gaps = [after - begin - len(part) for begin, after, part in zip(begins, begins[1:], parts)]
        assert all(gap > -0.5 for gap in gaps), gaps
        assert sum(gap > 0.5 for gap in gaps) <= len(gaps) // 3, gaps
        return np.concatenate(parts)

    @property
    def loudest(self) -> float:
        """Of the signal that went to the loudspeaker."""
        return self.page.evaluate("ears.loudest")

    @property
    def played_seconds(self) -> float:
        """How far the clock of the last audio context has come."""
        return self.page.evaluate("ears.contexts[ears.contexts.length - 1].currentTime")

    @property
    def marks(self) -> list[dict[str, Any]]:
        """What was highlighted, in order: ``text``, what is ``before`` it, and how many seconds were ``heard``."""
        return self.page.evaluate("marks")

    def download(self) -> tuple[str, bytes]:
        """The name and the bytes of the file that the button gives."""
        with self.page.expect_download() as expected:
            self.page.click("#download")
        download = expected.value
        with open(download.path(), "rb") as file:
            return download.suggested_filename, file.read()

    def colour(self, selector: str, property: str = "background-color") -> tuple[float, ...]:
        """Red, green, blue, 0 to 255, as computed by the browser."""
        # In one step: a mark is replaced by the next while one looks at it.
        script = "([s, p]) => getComputedStyle(document.querySelector(s)).getPropertyValue(p)"
        text = self.page.evaluate(script, [selector, property])
        return tuple(float(part) for part in text[text.index("(") + 1 : -1].split(",")[:3])
