"""A service on a free port that does what it is told, connection by connection."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Sequence
from typing import Optional

from .peer import Gone, Peer
from .steps import Step

__all__ = ["Service"]

_PATIENCE = 5.0  # seconds after which a script that waits for the client gives up


class Service:
    """The first connection plays the first script, and so on; the last one is played again and again.

    After its script a connection listens, and says nothing, until the client closes it.
    """

    def __init__(self, *scripts: Sequence[Step], tls: Optional[ssl.SSLContext] = None) -> None:
        self._scripts = scripts
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'wss' if tls else 'ws'}://127.0.0.1:{self.port}/api-ws/v1/inference"
        self.stopping = threading.Event()
        self.peers: list[Peer] = []
        self.problems: list[BaseException] = []
        self._changed = threading.Condition()
        self._threads = [threading.Thread(target=self._listen, name="service", daemon=True)]
        self._threads[0].start()

    def peer(self, number: int = 0, seconds: float = 5.0) -> Peer:
        """The connection of this number, from 0, when it has come."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.peers) > number, seconds), f"no connection {number}"
            return self.peers[number]

    @property
    def connections(self) -> int:
        """How many there have been."""
        return len(self.peers)

    def stop(self) -> None:
        """End everything; what went wrong in a script is raised here."""
        self.stopping.set()
        # A listener that another thread waits on is woken by shutting it down, on Linux; elsewhere by a visit.
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        self._listener.close()
        self._threads[0].join(5)
        for peer in list(self.peers):
            peer.close()
        for thread in self._threads:
            thread.join(5)
        if self.problems:
            raise self.problems[0]

    def _listen(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            if self.stopping.is_set():
                sock.close()
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(_PATIENCE)
            peer = Peer(sock, self.stopping)
            with self._changed:
                script = self._scripts[min(len(self.peers), len(self._scripts) - 1)]
                self.peers.append(peer)
                self._changed.notify_all()
            thread = threading.Thread(target=self._play, args=(peer, script), name="service-peer", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _play(self, peer: Peer, script: Sequence[Step]) -> None:
        try:
            if self._tls is not None:
                peer.sock = self._tls.wrap_socket(peer.sock, server_side=True)
            for step in script:
                step(peer)
            if not peer.gone.is_set():
                peer.read_to_the_end() if peer.is_open else peer.drain()
        except (Gone, OSError):
            pass  # the client has gone, as clients do
        except BaseException as problem:
            if not self.stopping.is_set():
                self.problems.append(problem)
        finally:
            peer.close()
