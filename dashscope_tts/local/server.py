"""Running the service: in the background of a program, or in the foreground of a shell."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .engine import Engine
from .engines import Upstream, make_engine
from .hosts import is_loopback
from .overrides import Overrides
from .settings import ServiceSettings
from .stats import Stats

if TYPE_CHECKING:
    from types import TracebackType

    import uvicorn

    from .http_common import HttpService
    from .speech import Studio

__all__ = ["LocalService", "run", "serve"]

_START_SECONDS = 30.0
_MISSING = 'the local speech service needs more packages: pip install "dashscope_tts[local]"'


class LocalService:
    """A local speech service in the background. Use :func:`serve`.

    Entering the ``with`` block starts it, leaving it stops it; ``start`` and ``stop`` do the same.

    Attributes:
        host: the address it listens on.
        port: the port it listens on; before the start the one that was asked for, 0 for any free one.
        settings: its limits and time-outs.
    """

    def __init__(
        self,
        host: str,
        port: int,
        settings: ServiceSettings,
        *,
        configure: bool = True,
        engine: Engine | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.settings = settings
        self._wanted_port = port
        self._overrides = Overrides() if configure else None
        self._engine = engine
        self._stats = Stats()
        self._studio: Studio | None = None
        self._http: HttpService | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """The WebSocket URL, ``ws://127.0.0.1:PORT/api-ws/v1/inference``."""
        return f"ws://{self._authority()}/api-ws/v1/inference"

    @property
    def page_url(self) -> str:
        """The page to try it out, ``http://127.0.0.1:PORT/``."""
        return f"http://{self._authority()}/"

    @property
    def http_url(self) -> str:
        """The base of the HTTP URLs, ``http://127.0.0.1:PORT/api/v1``."""
        return f"http://{self._authority()}/api/v1"

    def stats(self) -> dict[str, int]:
        """Connections and tasks: open now, in all, and the most at one time."""
        return self._stats.as_dict()

    def start(self) -> LocalService:
        """Start it, and return when it takes connections.

        Raises:
            ImportError: the extra ``local`` is not installed.
            OSError: it cannot listen there; the message names the address.
            RuntimeError: it is running already.
        """
        with self._lock:
            if self._thread is not None:
                raise RuntimeError("the local speech service is running already")
            self._open()
        if self._overrides is not None:
            self._overrides.apply(self.url, self.http_url, self.settings.api_key)
        return self

    def stop(self) -> None:
        """Stop it: close the sessions, end the threads, put the settings back. Safe to call twice."""
        if self._overrides is not None:
            self._overrides.restore()
        with self._lock:
            thread, self._thread = self._thread, None
            if thread is None:
                return
            if self._server is not None:
                self._server.should_exit = True
            thread.join()
            if self._http is not None:
                self._http.close()
            if self._studio is not None:
                self._studio.close()
            self._server = self._studio = self._http = None

    def __enter__(self) -> LocalService:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "running" if self._thread is not None else "stopped"
        return f"<LocalService {self.url} {state}>"

    def _authority(self) -> str:
        # A wildcard address is no address to connect to.
        host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    def _open(self) -> None:
        try:
            import av  # noqa: F401  # its first import takes long enough to be felt in the first sentence

            from .app import create_app
            from .espeak import EspeakEngine
            from .espeak_library import library
            from .http_routes import make_http_service
            from .operation import Operation
            from .speech import Studio
            from .uvicorn_server import make_server

            engine = self._engine or EspeakEngine()
            if self._engine is None:
                library()
        except ImportError as error:
            raise ImportError(_MISSING) from error
        listener = _listen(self.host, self._wanted_port)
        self.port = listener.getsockname()[1]
        self._studio = Studio(engine)
        try:
            self._http = make_http_service(self.settings, self._studio, self._stats)
        except BaseException:
            listener.close()
            self._studio.close()
            raise
        app = Operation(
            create_app(self.settings, self._studio, self._stats, self._http), self.settings, self._stats
        )
        ready = threading.Event()
        server = make_server(app, self.settings.shutdown_timeout, self.settings.max_frame_bytes, ready.set)
        self._server, self._error = server, None

        def serve_forever() -> None:
            try:
                asyncio.run(server.serve(sockets=[listener]))
            except BaseException as error:
                self._error = error
            finally:
                listener.close()
                ready.set()

        self._thread = threading.Thread(target=serve_forever, name="dashscope-tts-service", daemon=True)
        self._thread.start()
        ready.wait(_START_SECONDS)
        if self._error is not None or not server.started:
            thread, self._thread = self._thread, None
            server.should_exit = True
            thread.join()
            self._http.close()
            self._studio.close()
            raise OSError(f"the local speech service could not start on {self.host}:{self.port}") from self._error


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or "0.0.0.0", port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            if os.name == "posix":  # elsewhere it would let two services share the port
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(1024)
        except BaseException:
            listener.close()
            raise
    except OSError as error:
        reason = error.strerror or str(error)
        message = f"the local speech service cannot listen on {host}:{port}: {reason}"
        raise OSError(error.errno, message) from error
    return listener


def serve(
    port: int = 0,
    host: str = "127.0.0.1",
    api_key: str | None = None,
    strict: bool = False,
    *,
    configure: bool = True,
    allow_anyone: bool = False,
    engine: Engine | str | None = None,
    upstreams: Sequence[str] = (),
    voices: str | os.PathLike[str] | None = None,
    upstream: Mapping[str, Any] | None = None,
    **timeouts: Any,
) -> LocalService:
    """A local speech service for a ``with`` block.

    ::

        with dashscope_tts.local.serve() as service:
            audio = SpeechSynthesizer(model="cosyvoice-v3-flash", voice="longanyang").call("Hello.")

    Inside the block ``dashscope_tts.base_websocket_api_url`` and ``base_http_api_url`` point at it, and ``api_key``
    is a placeholder where none is set anywhere; afterwards they are what they were.

    Args:
        port: 0 for any free one.
        host: the address to listen on.
        api_key: the only key it lets in; None lets in any.
        strict: refuse voices the real service would refuse.
        configure: whether to touch the settings of the package.
        allow_anyone: listen on an address that other machines reach, though there is no ``api_key``.
        engine: who speaks: ``espeak`` (espeak-ng on this machine, also None), ``cosyvoice`` (self-hosted CosyVoice
            servers), ``openai`` (servers with an OpenAI-compatible ``/v1/audio/speech``), or an engine of your own.
        upstreams: the URLs of those servers: the least busy is asked, one that fails is left out for a while.
        voices: a JSON or TOML file that says which voice of theirs stands behind a name; without it a name is the
            id of a speaker. See :mod:`dashscope_tts.local.voice_map`.
        upstream: more about those servers: ``token``, ``model``, ``sample_rate`` of their audio in Hz (by default
            by the model), ``format`` (of openai: ``pcm`` or ``wav``), ``streams`` (sentences asked for at the same
            time, 64), ``limits`` (a :class:`dashscope_tts.selfhosted.TimeLimits`).
        **timeouts: any other field of :class:`~dashscope_tts.local.settings.ServiceSettings`, in seconds or
            counted characters.

    Raises:
        ImportError: (at the start) the extra ``local`` is not installed.
        OSError: (at the start) it cannot listen there.
        TypeError: an unknown setting.
        ValueError: an unknown engine, or upstream servers or voices that cannot be used; a ``host`` that other
            machines reach without an ``api_key``.
    """
    if not api_key and not allow_anyone and not is_loopback(host):
        raise ValueError(
            f"host {host!r} lets other machines in, which needs an api_key; allow_anyone=True does without"
        )
    settings = ServiceSettings.of(api_key=api_key, strict=strict, **timeouts)
    if not isinstance(engine, Engine):
        engine = make_engine(engine or "espeak", Upstream(tuple(upstreams), voices, **(upstream or {})))
    return LocalService(host, port, settings, configure=configure, engine=engine)


def run(
    host: str = "127.0.0.1",
    port: int = 0,
    api_key: str | None = None,
    strict: bool = False,
    on_ready: Callable[[LocalService], object] | None = None,
    **timeouts: Any,
) -> None:
    """Serve until Ctrl-C or SIGTERM, then end cleanly. To be called on the main thread.

    Args:
        host: the address to listen on.
        port: 0 for any free one.
        api_key: the only key it lets in; None lets in any.
        strict: refuse voices the real service would refuse.
        on_ready: called with the service once it takes connections.
        **timeouts: as for :func:`serve`.
    """
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with serve(port, host, api_key, strict, configure=False, **timeouts) as service:
            if on_ready is not None:
                on_ready(service)
            stop.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
