"""A web service that speaks: the audio of a request streams out while it is still being made.

    pip install flask
    python app.py                        with DASHSCOPE_API_KEY set
    python app.py --local                on this machine, without a key
    gunicorn --threads 20 "app:make_app()"

    curl "http://127.0.0.1:8000/speech?text=Good+morning" > morning.mp3
"""

import argparse
import contextlib
import queue
from collections.abc import Iterator
from typing import Optional

from flask import Flask, Response, request
from werkzeug.serving import make_server

import dashscope_tts
from dashscope_tts.audio.tts_v2 import ResultCallback, SpeechSynthesizerObjectPool
from dashscope_tts.common.error import PoolTimeout, RequestFailure

AT_A_TIME = 20  # requests; the pool may be 1.5 to 2 times that, and no more than the account's requests per second
SECONDS_TO_WAIT = 2  # for a free synthesizer, before a client is sent away


class Pieces(ResultCallback):
    """From the connection's thread to the request's: iterating gives the audio as it comes."""

    def __init__(self) -> None:
        self._pieces: queue.SimpleQueue[Optional[bytes]] = queue.SimpleQueue()
        self._failure: Optional[str] = None

    def on_data(self, data: bytes) -> None:
        self._pieces.put(data)

    def on_error(self, message: str) -> None:
        self._failure = message

    def on_close(self) -> None:  # always comes, and always last
        self._pieces.put(None)

    def __iter__(self) -> Iterator[bytes]:
        while (piece := self._pieces.get()) is not None:
            yield piece
        if self._failure is not None:
            raise RuntimeError(self._failure)


def audio_of(pool: SpeechSynthesizerObjectPool, text: str, voice: str) -> Iterator[bytes]:
    """A client that goes away ends this generator in its block: the task is cut off and the synthesizer replaced."""
    pieces = Pieces()
    with pool.synthesizer(
        model="cosyvoice-v3-flash", voice=voice, callback=pieces, timeout=SECONDS_TO_WAIT
    ) as synthesizer:
        synthesizer.call(text)
        yield from pieces


def make_app() -> Flask:
    app = Flask(__name__)
    pool = SpeechSynthesizerObjectPool(AT_A_TIME)  # one in a process; a forked worker opens connections of its own

    @app.get("/speech")
    def speech():  # type: ignore[no-untyped-def]
        text = request.args.get("text")
        if not text:
            return {"error": "text is missing"}, 400
        audio = audio_of(pool, text, request.args.get("voice", "longanyang"))
        try:
            first = next(audio)  # until here an error can still be told by a status
        except PoolTimeout as error:
            return {"error": str(error)}, 503, {"Retry-After": "1"}
        except (RequestFailure, RuntimeError, StopIteration) as error:
            return {"error": str(error) or "no audio"}, 502

        def body() -> Iterator[bytes]:
            yield first
            yield from audio

        return Response(body(), mimetype="audio/mpeg")

    @app.get("/stats")
    def stats():  # type: ignore[no-untyped-def]
        return pool.stats()

    return app


def main() -> None:
    parser = argparse.ArgumentParser(description="A web service that speaks.")
    parser.add_argument("--local", action="store_true", help="speak on this machine, without a key")
    parser.add_argument("--port", type=int, default=8000, help="8000 by default, 0 for any free one")
    options = parser.parse_args()
    with dashscope_tts.local.serve() if options.local else contextlib.nullcontext():
        server = make_server("127.0.0.1", options.port, make_app(), threaded=True)
        print(f"http://127.0.0.1:{server.port}/speech?text=Good+morning", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()


if __name__ == "__main__":
    main()
