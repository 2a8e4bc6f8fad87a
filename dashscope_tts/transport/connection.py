"""One WebSocket connection and the thread that reads it."""

from __future__ import annotations

import itertools
import logging
import os
import socket
import threading
import weakref
from collections import deque
from collections.abc import Mapping
from typing import Any, Callable, Optional, Protocol, Union
from urllib.parse import unquote, urlsplit

from ..common.error import ConnectionLost, InvalidParameter
from ..common.logging import logger
from .dialling import Greet
from .failures import connect_failed, connection_lost, hide_key, host_of
from .frame_reader import FrameReader
from .framing import CLOSE_FRAME, text_frame
from .handshake import link_of, prepare_handshake
from .link_socket import LinkSocket, shut_down
from .reading import Reading
from .tls import shared_context

__all__ = ["Connection", "DialOptions", "Receiver"]

SEND_SECONDS = 10.0  # how long one send may wait for a service that does not read
_END_SECONDS = 1.0  # how long a failed sender waits for the reader to say why

# Keep-alive of TCP finds a half-open link (a sleeping laptop, a NAT that forgot) within 30 seconds.
KEEP_ALIVE_OPTIONS: list[tuple[int, int, int]] = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
for _name, _value in (
    ("TCP_KEEPIDLE", 15), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3), ("TCP_USER_TIMEOUT", 30_000), ("TCP_NODELAY", 1),
):
    if hasattr(socket, _name):
        KEEP_ALIVE_OPTIONS.append((socket.IPPROTO_TCP, getattr(socket, _name), _value))

_numbers = itertools.count(1)


class Receiver(Protocol):
    """Who a connection reads for. All calls come on the reader thread.

    ``may_wake`` says whether ``wake`` may be called; it is asked before each ``due``.
    """

    @property
    def may_wake(self) -> bool: ...

    def frame(self, data: Union[str, bytes]) -> None: ...

    def due(self, waiting_since: float) -> Optional[float]: ...

    def overdue(self, waiting_since: float) -> None: ...

    def lost(self, connection: Any, failure: ConnectionLost) -> None: ...


class DialOptions:
    """How to dial: what websocket-client's ``run_forever`` is to be told.

    Args:
        proxy: ``http://user:password@host:port`` or ``socks5://...`` (which needs python-socks); None for what the
            environment says (``http_proxy``, ``https_proxy``, ``no_proxy``).
        sslopt: TLS options as websocket-client takes them (``ca_certs``, ``cert_reqs``, ``context`` ...).
    """

    def __init__(self, proxy: Optional[str] = None, sslopt: Optional[Mapping[str, Any]] = None) -> None:
        self._arguments: dict[str, Any] = {"sslopt": dict(sslopt)} if sslopt else {}
        if proxy:
            self._arguments.update(_proxy_arguments(proxy))

    def run_forever_arguments(self, url: str, seconds: float) -> dict[str, Any]:
        """Keyword arguments of ``run_forever`` for a dial that may take ``seconds``."""
        arguments = dict(self._arguments)
        if "sslopt" not in arguments and url.startswith("wss:"):
            context = shared_context()
            if context is not None:
                arguments["sslopt"] = {"context": context}
        if "http_proxy_host" in arguments:
            arguments["http_proxy_timeout"] = seconds
        # reconnect=0: the process-wide default of websocket-client is not ours to follow.
        return {"sockopt": KEEP_ALIVE_OPTIONS, "skip_utf8_validation": True, "reconnect": 0, **arguments}


def _proxy_arguments(proxy: str) -> dict[str, Any]:
    kinds = ("http", "socks4", "socks4a", "socks5", "socks5h")
    try:
        parts = urlsplit(proxy if "//" in proxy else f"http://{proxy}")
        port = parts.port
    except ValueError:
        parts, port = urlsplit("//"), None
    if parts.scheme not in kinds or not parts.hostname:
        raise InvalidParameter(
            f"proxy must look like http://host:port or socks5://host:port; schemes: {', '.join(kinds)}."
        )
    arguments: dict[str, Any] = {
        "http_proxy_host": parts.hostname,
        "http_proxy_port": port or (80 if parts.scheme == "http" else 1080),
        "proxy_type": parts.scheme,
        "http_no_proxy": ["nobody.invalid"],  # empty, some versions of websocket-client exempt this machine
    }
    if parts.username:
        arguments["http_proxy_auth"] = (unquote(parts.username), unquote(parts.password or ""))
    return arguments


class Connection:
    """A WebSocketApp, run on a daemon thread of its own.

    The connection holds its receiver weakly, so that an object nobody holds any more can go and take the connection
    with it; ``pin`` keeps it while a task must run on to its end.

    Args:
        app: a ``websocket.WebSocketApp`` that is not running yet; its callbacks and header are set here.
        receiver: who gets the frames and the end.
        headers: asked on the reader thread just before dialling, so that a short-lived key is fresh.
        options: how to dial.
        what: names the thread: ``dashscope-tts-<what>-<n>``.
    """

    def __init__(
        self,
        app: Any,
        receiver: Receiver,
        headers: Callable[[], Mapping[str, str]],
        options: DialOptions,
        what: str = "connection",
    ) -> None:
        self.app = app
        self.failure: Optional[BaseException] = None  # the first reason it ended; set on the reader thread
        self._afterwards: deque[Callable[[], None]] = deque()  # what to call when reading has ended
        self._receiver = weakref.ref(receiver)
        self._pinned: Optional[Receiver] = None
        self._headers = headers
        self._options = options
        self._key = ""
        self._seconds = 0.0
        self._process = os.getpid()
        self._opened = False
        self._abandoned = False  # nobody wants this connection any more
        self._sending = False  # a thread is inside ``send``; there is never more than one
        self._finished = False
        self._settled = threading.Event()  # open, or it never will be; who opens it waits for this
        self._greet: Optional[Greet] = None
        self._ended = threading.Event()  # and the receiver has been told
        self._reader = FrameReader(app, self)
        self._link: Optional[LinkSocket] = None  # once it is open
        app.header = self._prepare_dial
        app.on_open, app.on_error, app.on_close = self._on_open, self._on_error, self._on_close
        app.on_message = app.on_data = None
        app.create_dispatcher = lambda *arguments, **keywords: self._reader
        app.close = self.close  # websocket-client's own reads from the socket beside the reader, for up to 3 seconds
        self.thread = Reading(self._run, f"dashscope-tts-{what}-{next(_numbers)}")

    # -- the program's side

    def open(self, seconds: float, greet: Optional[Greet] = None) -> None:
        """Dial, and block until the connection is open.

        Args:
            seconds: how long that may take.
            greet: called on the reader thread when it is open, before anything is read. It is given what is waited
                for here, no longer than ``seconds``, and tells whether it will set that itself, later.

        Raises:
            ConnectFailed: refused, timed out after ``seconds``, TLS, HTTP status ...; nothing is left behind.
        """
        self._seconds, self._greet = seconds, greet
        self.thread.start()
        try:
            self._settled.wait(seconds)
        except BaseException:
            self.abort()
            raise
        if not self._opened:
            failure = self.failure
            self.abort()
            raise connect_failed(self.app.url, seconds, failure, self._key)
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug("connected to %s", host_of(self.app.url))

    @property
    def is_open(self) -> bool:
        """Whether a task may be begun here. The reader knows; nothing is sent to find out."""
        return self._opened and not self._abandoned and not self._finished and self._process == os.getpid()

    @property
    def on_reader_thread(self) -> bool:
        """Whether the caller is this connection's reader thread, which must not wait for what it reads itself."""
        return threading.get_ident() == self.thread.ident

    def send(self, *texts: str) -> None:
        """Send text frames, all in one write.

        Raises:
            ConnectionLost: with the reason the reader found, where it found one.
        """
        self._sending = True
        try:
            if self._link is None:
                raise ConnectionAbortedError("the connection is not open")
            self._link.send(b"".join([text_frame(text) for text in texts]))
        except Exception as error:
            if isinstance(error, socket.timeout):
                self.ended(error)  # the reader would only find what is done here next
            if not self.on_reader_thread:
                shut_down(self._socket())
                self._ended.wait(_END_SECONDS)
            raise connection_lost(self.failure or error) from error
        except BaseException:  # Ctrl-C, perhaps in the middle of the frame
            shut_down(self._socket())
            raise
        finally:
            self._sending = False

    def wake(self) -> None:
        """Have the reader ask ``receiver.due`` again."""
        self._reader.wake()

    def pin(self) -> None:
        """Keep the receiver alive until ``unpin``, whether or not the program still holds it."""
        self._pinned = self._receiver()

    def unpin(self) -> None:
        self._pinned = None

    def close(self, then: Optional[Callable[[], None]] = None, **_: Any) -> None:
        """Say goodbye and close, at once and from any thread.

        Args:
            then: called on the reader thread when reading has ended; here and now if it has ended already.

        Keyword arguments that WebSocketApp.close takes are taken and ignored.
        """
        if then is not None:
            self._afterwards.append(then)
        if self._ended.is_set() or self._process != os.getpid():
            self._call_afterwards()
        if self._abandoned or self._ended.is_set():
            return
        self._abandoned = True
        if self._process == os.getpid() and self._opened and not self._sending:
            self._say_goodbye()
        self._end_reader()

    def abort(self) -> None:
        """Close without waiting and without taking a lock, as a finalizer must."""
        if not self._abandoned:
            self._abandoned = True
            if self._opened and self._process == os.getpid():
                self._say_goodbye()
        self._end_reader()
        self._settled.set()  # who waits for it to open need not wait for the dial to end

    def _say_goodbye(self) -> None:
        """A close frame, if that can be sent without waiting; else the service finds out from TCP."""
        websocket_of_app = self.app.sock
        if self._link is not None and websocket_of_app is not None:
            websocket_of_app.connected = False  # so that the library says no goodbye of its own
            self._link.send_at_once(CLOSE_FRAME)

    def _end_reader(self) -> None:
        self.app.keep_running = False
        if self._process != os.getpid():
            self._forget_inherited()
        else:
            shut_down(self._socket())

    def _forget_inherited(self) -> None:
        """After a fork the socket is the parent's too: give back this process's descriptor and leave the link be."""
        sock = self._socket()
        if sock is not None:
            try:
                os.close(sock.detach())
            except OSError:
                pass
        self._reader.close_wait()

    def _socket(self) -> Any:
        return self._link or getattr(self.app.sock, "sock", None)

    # -- the reader thread

    def _run(self) -> None:
        try:
            self.app.run_forever(**self._options.run_forever_arguments(self.app.url, self._seconds))
        except BaseException as error:
            self.failure = self.failure or error
        finally:
            self._finish()
            self._reader.close_socket()
            self._let_go()

    def _let_go(self) -> None:
        """Undo what makes app and connection hold each other: in cycles, they would have to be searched for."""
        app = self.app
        app.header = app.on_open = app.on_error = app.on_close = None
        for name in ("close", "create_dispatcher"):
            app.__dict__.pop(name, None)  # from here on the class's own, which find nothing to do

    def _prepare_dial(self) -> list[str]:
        """The header callback of WebSocketApp: the last stop before it dials."""
        if self._abandoned:
            raise ConnectionAbortedError("nobody waits for this connection any more")
        headers = self._headers()
        self._key = headers.get("Authorization", "").partition(" ")[2]
        self.app.sock.settimeout(self._seconds)
        prepare_handshake(self.app.sock)
        return [f"{name}: {value}" for name, value in headers.items()]

    def _on_open(self, app: Any) -> None:
        self._link = link_of(app.sock)
        self._reader.begin_with(self._link.begin(SEND_SECONDS))
        if self._abandoned:
            app.keep_running = False
            return
        self._opened = True
        greet, self._greet = self._greet, None  # it may hold the receiver
        if greet is None or not greet(self._settled):
            self._settled.set()

    def _on_error(self, app: Any, error: Any) -> None:
        if isinstance(error, BaseException):
            hide_key(error, self._key)  # websocket-client logs it right after this
            self.ended(error)

    def _on_close(self, app: Any, code: Any, reason: Any) -> None:
        self._finish()

    def ended(self, cause: BaseException) -> None:
        self.failure = self.failure or cause

    def frame(self, data: Union[str, bytes]) -> None:
        receiver = self._receiver()
        if receiver is None or self._abandoned:
            self.app.keep_running = False
            return
        receiver.frame(data)

    @property
    def may_wake(self) -> bool:
        receiver = self._receiver()
        return receiver is not None and receiver.may_wake

    def due(self, waiting_since: float) -> Optional[float]:
        receiver = self._receiver()
        return receiver.due(waiting_since) if receiver is not None else None

    def overdue(self, waiting_since: float) -> None:
        receiver = self._receiver()
        if receiver is not None:
            receiver.overdue(waiting_since)
        if receiver is None or self._abandoned:
            self.app.keep_running = False

    def _finish(self) -> None:
        """The connection is over: wake who waits for it, and tell the receiver, once."""
        if self._finished:
            return
        self._finished = True
        self._settled.set()
        receiver = self._receiver()
        if receiver is not None and self._opened:
            logger.debug("connection ended: %s", self.failure)
            receiver.lost(self, connection_lost(self.failure))
        self._pinned = self._greet = None
        self._ended.set()
        self._call_afterwards()

    def _call_afterwards(self) -> None:
        while True:
            try:
                then = self._afterwards.popleft()
            except IndexError:
                return
            then()
