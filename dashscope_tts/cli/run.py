"""``dashscope-tts run``: an unmodified program, with ``dashscope`` answered by this package."""

from __future__ import annotations

import argparse
import atexit
import os
import runpy
import sys
from contextlib import ExitStack
from urllib.parse import urlsplit, urlunsplit

from ..common.settings import redirect_urls
from ..takeover import install

__all__ = ["Redirect", "run"]

# Ends of the vendor's host names, the literal {workspace_id} in front of them included.
_VENDOR_HOSTS = ("dashscope.aliyuncs.com", "dashscope-intl.aliyuncs.com", ".maas.aliyuncs.com")


def run(arguments: argparse.Namespace) -> int:
    """Run a script or a module as ``__main__``; its exit status and its exceptions are its own."""
    program, rest = arguments.program, arguments.arguments
    at_end = ExitStack()
    # Threads and calls with a callback may outlive the main program. The interpreter waits for them, and does so
    # before this, as what is registered first comes last: the speech modules are not imported yet.
    atexit.register(at_end.close)
    install()
    if arguments.local:
        _speak_locally(at_end)
    sys.argv = [program, *rest]
    if arguments.module:
        sys.path.insert(0, os.getcwd())  # as "python -m" does
    elif os.path.exists(program):
        sys.path.insert(0, os.path.dirname(os.path.abspath(program)))
    else:
        raise FileNotFoundError(f"{program}: no such program")
    try:
        _run_as_main(program, arguments.module)
    except Exception:
        sys.excepthook(*sys.exc_info())  # the program's own error, told as Python tells it
        return 1
    return 0


def _run_as_main(program: str, is_module: bool) -> None:
    if is_module:
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(program, run_name="__main__")


def _speak_locally(stack: ExitStack) -> None:
    """Start the local service, and send there whatever the program would send to the vendor."""
    from ..local import serve

    service = stack.enter_context(serve())
    os.environ.setdefault("DASHSCOPE_API_KEY", "local")  # programs copy it into the settings
    redirect_urls(Redirect(service.http_url))
    stack.callback(redirect_urls, None)


class Redirect:
    """Sends URLs of the vendor's hosts to another address, and leaves all others alone.

    Args:
        http_url: any HTTP URL of the service that answers instead.
    """

    def __init__(self, http_url: str) -> None:
        self._address = urlsplit(http_url).netloc
        self._told: set[str] = set()

    def __call__(self, url: str) -> str:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2].partition(":")[0].lower()
        if not host.endswith(_VENDOR_HOSTS):
            return url
        self._tell(host)
        scheme = {"wss": "ws", "https": "http"}.get(parts.scheme, parts.scheme)
        return urlunsplit(parts._replace(scheme=scheme, netloc=self._address))

    def _tell(self, host: str) -> None:
        if host not in self._told:
            self._told.add(host)
            print(f"dashscope-tts: {host} is answered by the local service at {self._address}.", file=sys.stderr)
