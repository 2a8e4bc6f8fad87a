"""A pool of synthesizers with open connections, for servers."""

from __future__ import annotations

import itertools
import os
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Callable, Optional

from ...common.error import InputRequired
from ...common.logging import logger
from ...common.settings import find_api_key, websocket_url
from ...protocol.audio_format import AudioFormat
from ...transport.conversation import Conversation
from ...transport.headers import ApiKey
from ...transport.live_task import LiveTask
from ...transport.pool import Pool
from .result_callback import ResultCallback
from .speech_synthesizer import CONNECT_SECONDS, SpeechSynthesizer

__all__ = ["SpeechSynthesizerObjectPool"]

# A connection is opened before anybody has said for what; no task is ever run with these.
_PLACEHOLDER_MODEL, _PLACEHOLDER_VOICE = "cosyvoice-v1", "longxiaochun"
_LENDER = "_lent_by"  # an attribute of a borrowed synthesizer: the pool it came from
_FILL_MARGIN = 1.0  # seconds; each connect has its own limit, and this is for what comes on top of it
_numbers = itertools.count(1)


class SpeechSynthesizerObjectPool:
    """Synthesizers whose connections are open, to be borrowed for a task and returned.

    One pool lives in a process: constructing it again gives the live one, until ``shutdown``. The constructor opens
    all connections in parallel and blocks until they are open; later a background thread replaces what is lost, and
    what has been idle for long. All methods may be called from any thread.

    Args:
        max_size: connections to keep open, 1 to ``size_limit``; the vendor advises 1.5 to 2 times the peak number of
            tasks at a time, and no more than the account's requests per second.
        url: the WebSocket URL; ``dashscope_tts.base_websocket_api_url`` by default.
        headers: more headers for the handshakes.
        workspace: the workspace to be billed.
        api_key: the key, or a callable that is asked at each connect; what the settings say by default.
        connect_timeout: seconds a connect may take, 5 by default.
        proxy, sslopt: as for ``SpeechSynthesizer``.
        size_limit: the largest ``max_size`` that is taken for meant, 100 by default.
        max_idle: seconds after which an idle connection is renewed, 50 by default; the service closes it after 60.
        max_lifetime: seconds after which a connection is renewed in any case, 3,600 by default.

    Raises:
        ValueError: ``max_size`` is out of its range.
        InputRequired: no API key.
        ConnectFailed: none of the connections could be opened; the message says why.

    Source: "High-concurrency best practices" of the real-time speech synthesis guide.
    """

    _instance: Optional[SpeechSynthesizerObjectPool] = None
    _instance_lock = threading.RLock()
    _arguments: tuple[Any, ...]

    def __new__(cls, *arguments: Any, **keywords: Any) -> SpeechSynthesizerObjectPool:
        base = SpeechSynthesizerObjectPool
        with base._instance_lock:
            # An instance whose constructor failed stays here, without a pool, for the next call to try again.
            if not isinstance(base._instance, cls):
                base._instance = super().__new__(cls)
            return base._instance

    def __init__(
        self,
        max_size: int = 20,
        url: Optional[str] = None,
        headers: Optional[Mapping[str, str]] = None,
        workspace: Optional[str] = None,
        *,
        api_key: Optional[ApiKey] = None,
        connect_timeout: Optional[float] = None,
        proxy: Optional[str] = None,
        sslopt: Optional[Mapping[str, Any]] = None,
        size_limit: int = 100,
        max_idle: float = 50.0,
        max_lifetime: float = 3600.0,
    ) -> None:
        arguments = (max_size, url, headers, workspace, api_key, connect_timeout, proxy, sslopt)
        with self._instance_lock:
            if hasattr(self, "_pool"):
                if arguments != self._arguments:
                    logger.warning("%r lives already; its arguments are kept, the new ones have no effect.", self)
                return
            _check_size(max_size, size_limit)
            self._own_key = api_key
            self._key: ApiKey = _required_key(api_key)
            self._url = websocket_url(url, workspace)
            self._headers, self._workspace = headers, workspace
            dialling = {"connect_timeout": connect_timeout, "proxy": proxy, "sslopt": sslopt}
            self._dialling: dict[str, Any] = dialling
            pool: Pool[Conversation] = Pool(
                max_size, lambda: self.__open(pool), Conversation.close, _is_ready, f"pool-{next(_numbers)}",
                max_idle, max_lifetime,
            )  # fmt: skip
            pool.fill((CONNECT_SECONDS if connect_timeout is None else connect_timeout) + _FILL_MARGIN)
            self._arguments, self._pool = arguments, pool

    # -- borrowing

    def borrow_synthesizer(
        self,
        model: str,
        voice: str,
        format: AudioFormat = AudioFormat.DEFAULT,
        volume: int = 50,
        speech_rate: float = 1.0,
        pitch_rate: float = 1.0,
        seed: int = 0,
        synthesis_type: int = 0,
        instruction: Optional[str] = None,
        language_hints: Optional[list[str]] = None,
        headers: Optional[Mapping[str, str]] = None,
        callback: Optional[ResultCallback] = None,
        workspace: Optional[str] = None,
        url: Optional[str] = None,
        additional_params: Optional[Mapping[str, Any]] = None,
        *,
        hot_fix: Any = None,
        api_key: Optional[ApiKey] = None,
        timeout: Optional[float] = None,
    ) -> SpeechSynthesizer:
        """Borrow a synthesizer for a task; return it when the task is over.

        Args:
            timeout: seconds to wait when all are lent, in the order of asking. None: do not wait, but make an extra
                one that connects at its first task, and is closed when it is returned.

        The other arguments are those of ``SpeechSynthesizer``. With a ``url``, ``headers``, ``workspace`` or
        ``api_key`` other than the pool's, an extra one is made in any case.

        Raises:
            PoolTimeout: none was returned in time.
            PoolClosed: the pool has been shut down.
            ModelRequired, InputRequired, InvalidParameter: as for ``SpeechSynthesizer``.
        """
        key = self.__key_for(api_key)
        elsewhere = self.__goes_elsewhere(url, headers, workspace, key)
        synthesizer = SpeechSynthesizer(
            model, voice, format, volume, speech_rate, pitch_rate, seed, synthesis_type, instruction, language_hints,
            self._headers if headers is None else headers,
            callback,
            self._workspace if workspace is None else workspace,
            self._url if url is None else url,
            hot_fix, additional_params, api_key=key, **self._dialling,
        )  # fmt: skip
        conversation = None if elsewhere else self._pool.take(timeout)
        if conversation is not None:
            synthesizer._speak_on(conversation)
        elif not elsewhere:
            logger.warning("%s is exhausted: an extra synthesizer connects at its first task.", self._pool.name)
        synthesizer.__dict__[_LENDER] = self._pool
        return synthesizer

    @contextmanager
    def synthesizer(self, *arguments: Any, **keywords: Any) -> Iterator[SpeechSynthesizer]:
        """``with pool.synthesizer(model=..., voice=..., callback=...) as s:`` borrows, and returns at the end.

        Audio that is still coming after ``call`` with a callback is waited for. After an exception the synthesizer is
        invalidated instead. The arguments are those of ``borrow_synthesizer``.
        """
        borrowed = self.borrow_synthesizer(*arguments, **keywords)
        try:
            yield borrowed
            borrowed._wait_for_rest()
        except BaseException:
            self.invalidate_synthesizer(borrowed)
            raise
        self.return_synthesizer(borrowed)

    def return_synthesizer(self, synthesizer: SpeechSynthesizer) -> bool:
        """Give a synthesizer back.

        Returns:
            True if the pool keeps it. False if it was closed, because its task has not ended cleanly, or because it
            was an extra one; a connection that was lost this way is replaced in the background. False also for what
            this pool has not lent, or got back already, which is left alone.
        """
        if not self.__takes_from(synthesizer):
            return False
        conversation = synthesizer._give_up_conversation()
        clean = conversation.is_ready
        if clean:
            conversation.next_task(LiveTask(""))  # lets go of the program's callback
            conversation.last_message = None
        returned = self._pool.give_back(conversation, clean)
        if returned is None:  # an extra one
            conversation.close()
        elif not clean:
            logger.info("%s: a connection whose task has not ended cleanly is replaced", self._pool.name)
        return bool(returned)

    def invalidate_synthesizer(self, synthesizer: SpeechSynthesizer) -> None:
        """Close a synthesizer and have it replaced, whatever state it is in; again: nothing happens."""
        if self.__takes_from(synthesizer):
            conversation = synthesizer._give_up_conversation()
            if not self._pool.discard(conversation):
                conversation.close()

    # -- the pool itself

    def shutdown(self) -> None:
        """Close what is idle, wake who waits for a synthesizer, end the background thread; again: nothing happens.

        Borrowed synthesizers go on to the end of their tasks and are closed when they are returned. Blocks for at
        most 2 seconds.
        """
        self.__forget()
        self._pool.shutdown()

    def stats(self) -> dict[str, Any]:
        """Figures of now (``size``, ``available``, ``borrowed``, ``opening``, ``waiting``) and of the pool's life:
        ``borrowed_in_all``, ``returned``, ``returned_bad`` (unfit when they came back, or invalidated), ``dropped``
        (never returned), ``overflow`` (extra ones for want of a free one), ``opened``, ``closed``, ``lost`` and
        ``renewed`` (which count as closed too), ``connect_errors``, ``waited``, ``timed_out``, ``wait_ms``.

        ``opened - closed`` is always ``available + borrowed``."""
        return self._pool.stats()

    def __enter__(self) -> SpeechSynthesizerObjectPool:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.shutdown()

    def __repr__(self) -> str:
        if not hasattr(self, "_pool"):
            return f"<{type(self).__name__}>"
        now = self._pool.stats()
        state = ", shut down" if self._pool.closed else ""
        return (
            f"<{type(self).__name__} {now['name']!r}: {now['available']} available, {now['borrowed']} borrowed, "
            f"{now['opening']} opening of {now['size']}{state}>"
        )

    # -- inside

    def __takes_from(self, synthesizer: Any) -> bool:
        """Whether this pool has lent it, and nobody has brought it back before."""
        attributes = getattr(synthesizer, "__dict__", {})
        # pop() lets one of several threads have it.
        return attributes.get(_LENDER) is self._pool and attributes.pop(_LENDER, None) is not None

    def __open(self, pool: Pool[Conversation]) -> Conversation:
        synthesizer = SpeechSynthesizer(
            _PLACEHOLDER_MODEL, _PLACEHOLDER_VOICE, headers=self._headers, workspace=self._workspace, url=self._url,
            api_key=self._key, **self._dialling,
        )  # fmt: skip
        synthesizer.connect()
        conversation = synthesizer._give_up_conversation()
        conversation.on_loss = _loss_report(pool, conversation)
        return conversation

    def __key_for(self, api_key: Optional[ApiKey]) -> ApiKey:
        """The key of a task: its own, the pool's own, or the setting of now, which a program may have changed."""
        if api_key is not None or self._own_key is None:
            return _required_key(api_key)
        return self._key

    def __goes_elsewhere(self, url: Any, headers: Any, workspace: Any, key: ApiKey) -> bool:
        """Whether a task wants what the pool's connections are not opened for."""
        return (
            key != self._key
            or (url is not None and websocket_url(url, workspace or self._workspace) != self._url)
            or (headers is not None and dict(headers) != dict(self._headers or {}))
            or (workspace is not None and workspace != self._workspace)
        )

    def __forget(self) -> None:
        """From here on the constructor makes a new pool."""
        with self._instance_lock:
            if SpeechSynthesizerObjectPool._instance is self:
                SpeechSynthesizerObjectPool._instance = None


def _is_ready(conversation: Conversation) -> bool:
    return conversation.is_ready


def _new_lock() -> None:
    """In a child process: whoever held the lock is the parent's."""
    SpeechSynthesizerObjectPool._instance_lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_new_lock)


def _loss_report(pool: Pool[Conversation], conversation: Conversation) -> Callable[[], None]:
    """Tells the pool of a lost connection, without keeping either alive."""
    pool_reference, lost = weakref.ref(pool), weakref.ref(conversation)

    def report() -> None:
        living, item = pool_reference(), lost()
        # A borrower whose first task found the connection dead may have opened another one by now.
        if living is not None and item is not None and not item.is_connected:
            living.item_lost(item)

    return report


def _required_key(api_key: Optional[ApiKey]) -> ApiKey:
    key = api_key if callable(api_key) else find_api_key(api_key)
    if not key:
        raise InputRequired("apikey is required!")
    return key


def _check_size(max_size: Any, size_limit: int) -> None:
    if isinstance(max_size, bool) or not isinstance(max_size, int):
        raise ValueError(f"max_size is {max_size!r}; it must be a whole number from 1 to {size_limit}")
    if max_size <= 0:
        raise ValueError("max_size must be greater than 0")
    if max_size > size_limit:
        raise ValueError(f"max_size must be less than {size_limit}")
