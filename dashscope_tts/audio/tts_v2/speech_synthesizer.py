"""CosyVoice: text in, speech out, over one WebSocket connection."""

from __future__ import annotations

import contextlib
import importlib
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Optional

import websocket

from ...common.error import ConnectionLost, InputRequired, InvalidTask, TaskCancelled
from ...common.logging import logger
from ...common.settings import find_api_key, websocket_url
from ...protocol.audio_format import AudioFormat
from ...protocol.task import Action, TaskState
from ...transport.connection import Connection, DialOptions
from ...transport.conversation import Conversation
from ...transport.deadline import Deadline
from ...transport.failures import ended_under_the_text
from ...transport.headers import ApiKey
from ...transport.live_task import LiveTask
from ...transport.waiting import wait_ended
from .parameters import check_parameters, check_text
from .request import Request
from .result_callback import ResultCallback
from .seams import ALREADY_STARTED, SynthesizerSeams
from .task_control import TaskControl, text_after_cancel, text_after_close
from .task_figures import TaskFigures

if TYPE_CHECKING:
    from .hot_fix import HotFix

__all__ = ["AudioFormat", "HotFix", "Request", "ResultCallback", "SpeechSynthesizer"]

CONNECT_SECONDS = 5.0
_ELSEWHERE = {"HotFix": ".hot_fix", "SpeechSynthesizerObjectPool": ".object_pool"}


class SpeechSynthesizer(TaskControl, TaskFigures, SynthesizerSeams):
    """Speech synthesis with CosyVoice.

    Three ways to use it: ``call`` without a callback returns the audio; ``call`` with one returns at once and hands
    the audio to the callback; ``streaming_call`` takes the text in fragments. One task runs at a time; the next one
    may be begun on the same object, and uses the same connection while that is good.

    Args:
        model: such as ``cosyvoice-v3-flash``.
        voice: a voice of that model.
        format: format and sample rate of the audio; the service's default is mp3 at 22,050 Hz.
        volume: 0 (silent) to 100, 50 by default, linear.
        speech_rate: 0.5 to 2.0 times the voice's own rate.
        pitch_rate: 0.5 to 2.0 times the voice's own pitch.
        seed: 0 to 65535; the same seed and request give the same audio.
        synthesis_type: 0.
        instruction: how to speak, at most 100 counted characters, for voices that take instructions.
        language_hints: a list with the language of the text, such as ``["zh"]``; only the first is used.
        headers: more headers for the handshake; they win over those of this package.
        callback: a ``ResultCallback``. Given here, ``call`` does not wait; set later, ``call`` waits, and feeds it.
        workspace: the workspace to be billed.
        url: the WebSocket URL; ``dashscope_tts.base_websocket_api_url`` by default.
        hot_fix: a ``HotFix`` or dict of pronunciations and replacements.
        additional_params: further parameters of the request, such as ``word_timestamp_enabled``; never changed here.
        api_key: this object's own key, or a callable that is asked for one at each connect.
        connect_timeout: seconds a connect may take, 5 by default.
        proxy: ``http://user:password@host:port`` or ``socks5://...``; by default what the environment says.
        sslopt: TLS options as websocket-client takes them, such as ``{"ca_certs": path}``.

    Raises:
        ModelRequired, InputRequired, InvalidParameter: something is missing or out of its range.

    Source: CosyVoice Python SDK, "SpeechSynthesizer class".
    """

    max_silence: float = 60.0
    """Seconds the service may send nothing while it owes the rest of a task, before the task is given up."""

    def __init__(
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
        hot_fix: Any = None,
        additional_params: Optional[Mapping[str, Any]] = None,
        *,
        api_key: Optional[ApiKey] = None,
        connect_timeout: Optional[float] = None,
        proxy: Optional[str] = None,
        sslopt: Optional[Mapping[str, Any]] = None,
        **unknown: Any,
    ) -> None:
        if unknown:
            raise TypeError(
                f"SpeechSynthesizer() got an unexpected keyword argument {next(iter(unknown))!r}; parameters of the "
                "request that have no argument of their own go into additional_params={...}."
            )
        self.ws: Any = None  # programs look at ws.sock.connected, send on it, and put an object of their own here
        self.thread: Any = None  # reads the connection; has what a threading.Thread has
        self._stopped = threading.Event()  # programs set it, with the two below, to free a call that is stuck
        self.__dial_options = DialOptions(proxy, sslopt)
        self._connect_seconds = CONNECT_SECONDS if connect_timeout is None else float(connect_timeout)
        self.__update_params(
            model, voice, format, volume, speech_rate, pitch_rate, seed, synthesis_type, instruction,
            language_hints, headers, callback, workspace, url, additional_params, hot_fix=hot_fix,
            api_key=api_key, first=True,
        )  # fmt: skip

    # -- one call

    def call(self, text: str, timeout_millis: Optional[float] = None) -> Optional[bytes]:
        """Speak a text, plain or SSML.

        Args:
            text: at most 20,000 counted characters.
            timeout_millis: a limit in milliseconds for connecting, starting and all of the audio; None or 0: none.

        Returns:
            The audio, or None if there was none; None at once if a callback was given to the constructor.

        Raises:
            ConnectFailed: no connection (also a ``TimeoutError``).
            TaskFailed: the service refused the request (a ``RequestFailure``).
            TaskTimeout: it did not answer in time (also a ``TimeoutError``).
            ConnectionLost: the connection went away (also a ``ConnectionError``).
            InvalidTask: a task is running.
        """
        check_text(text)
        deadline = Deadline.after_millis(timeout_millis, "timeout_millis")
        waits = not self.async_call
        if waits and self._on_reader_thread:
            raise InvalidTask("call() without a callback waits for audio, so it cannot be used inside a callback.")
        timeout_text = f"speech synthesizer wait for complete timeout {timeout_millis}ms"
        task = self._begin(deadline, collect=waits, text=text, timeout_text=timeout_text)
        if not (waits and task.goes_alone):  # otherwise its text has gone along
            self._owe_last_calls(task)
            with contextlib.suppress(ConnectionLost, InvalidTask):  # over, or cancelled; its failure says why
                self._say(*self._whole(text))
        if not waits:
            return None  # the callback hears of a failure too
        wait_ended(self._conversation, task, deadline.left(), timeout_text)
        if task.failure is not None:
            raise task.failure
        return task.audio or None

    # -- text in fragments

    def streaming_call(self, text: str) -> None:
        """Send a fragment of text; the first one starts the task, and blocks until it has started.

        Args:
            text: at most 20,000 counted characters, 200,000 in all fragments; no SSML. The next fragment, or
                ``streaming_complete``, must follow within 23 seconds.

        Raises:
            InputRequired: no callback.
            InvalidTask, ConnectionLost: after ``streaming_cancel`` or ``close``, until ``connect`` begins anew.
            ConnectFailed, TaskFailed, TaskTimeout: the task could not be started.
            ConnectionLost: the task is over, because it failed or its connection went away; ``__cause__`` is why.
        """
        check_text(text)
        if self._cut_off is not None:
            raise self._cut_off()
        running = self._streaming_task
        if running is not None and running.state in (TaskState.FAILED, TaskState.LOST):
            raise ended_under_the_text(running.failure, running.id)
        if self._is_first:
            if self.callback is None:
                raise InputRequired("callback is required!")
            self.__start_stream()
        self._say((Action.TEXT, self.request.get_continue_request(text)))

    def streaming_flush(self) -> None:
        """Have what was sent so far spoken now, whole sentence or not; the task stays open.

        Raises:
            InvalidTask: no task is open for text.
            ConnectionLost: the connection is gone.
        """
        self._say((Action.TEXT, self.request.get_flush_request()))

    def streaming_complete(self, complete_timeout_millis: Optional[float] = 600000) -> None:
        """End the text, and block until all audio has come (inside a callback: send the end and return).

        A failure that ``on_error`` has told of is not raised again here.

        Args:
            complete_timeout_millis: a limit in milliseconds; None or 0: none.

        Raises:
            InvalidTask: no task is open for text.
            TaskTimeout: the audio is not complete in time; the connection is closed.
        """
        deadline = Deadline.after_millis(complete_timeout_millis, "complete_timeout_millis")
        task = self._finish_text()
        if task is None or self._on_reader_thread:
            return
        timeout_text = f"speech synthesizer wait for complete timeout {complete_timeout_millis}ms"
        wait_ended(self._conversation, task, deadline.left(), timeout_text)
        # Where there is a callback, it hears of the failure; who cancels or closes knows.
        if task.failure is not None and task.callback is None and not isinstance(task.failure, TaskCancelled):
            raise task.failure

    def async_streaming_complete(self, complete_timeout_millis: Optional[float] = 600000) -> None:
        """End the text and return; the callback hears of the rest.

        Args:
            complete_timeout_millis: a limit in milliseconds, after which ``on_error`` and ``on_close`` are called;
                None or 0: none.

        Raises:
            InvalidTask: no task is open for text.
        """
        deadline = Deadline.after_millis(complete_timeout_millis, "complete_timeout_millis")
        timeout_text = f"speech synthesizer wait for complete timeout {complete_timeout_millis}ms"
        self._conversation.set_deadline(self._conversation.task, deadline.at, timeout_text)
        task = self._finish_text()
        if task is not None:
            self._owe_last_calls(task)

    def streaming_cancel(self, complete_timeout_millis: Optional[float] = 10000) -> None:
        """Stop: from here on no audio and no event reaches the callback.

        Blocks until the service has confirmed, which calls ``on_complete`` and ``on_close``, and keeps the
        connection (inside a callback: returns at once). A task that is over is left alone. Fragments of a thread that
        still feeds text are refused from here on, until ``connect`` or ``call`` begins anew.

        Args:
            complete_timeout_millis: how many milliseconds to wait for the service; then the connection is closed.

        Raises:
            InvalidTask: no task was ever begun.
        """
        deadline = Deadline.after_millis(complete_timeout_millis, "complete_timeout_millis")
        task = self._task
        self._streaming_task = None
        if task.state is not TaskState.IDLE:
            self._cut_off = text_after_cancel
        try:
            self._say((Action.CANCEL, self.request.get_finish_request("cancel")))
        except (ConnectionLost, TaskCancelled):
            return  # which ends it as well
        if task.state.is_over or self._on_reader_thread:
            return
        wait_ended(self._conversation, task, deadline.left(), "the service did not confirm the cancel")
        if task.state is TaskState.LOST:
            logger.warning("cancel was not confirmed within %sms, force closing.", complete_timeout_millis)

    # -- the connection

    def connect(self) -> None:
        """Open the connection ahead of the first text, where it is not open; fragments are taken again.

        Raises:
            ConnectFailed: no connection within ``connect_timeout``.
        """
        if not self.__is_connected():
            self.__connect(self._connect_seconds)
        self._cut_off = None

    def close(self) -> None:
        """Close the connection; from any thread, and as often as you like.

        A task that runs ends: ``on_close`` is called, waiting calls return or raise ``TaskCancelled``.
        """
        self._streaming_task, self._cut_off = None, text_after_close
        self._conversation.close()

    def __enter__(self) -> SpeechSynthesizer:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        """Close; audio still coming after ``call`` with a callback is waited for, unless there was an error."""
        if kind is None:
            self._wait_for_rest()
        self.close()

    def __str__(self) -> str:
        return (
            f"[SpeechSynthesizer {hash(self)} desc] model:{self.model}, voice:{self.voice}, format:{self.aformat}, "
            f"sample_rate:{self.sample_rate}, connected:{self.__is_connected()}"
        )

    # -- inside

    def _dial(self, seconds: float) -> None:
        self.__connect(seconds)

    # -- private names that programs hold on to

    def __connect(self, timeout_seconds: float = CONNECT_SECONDS) -> None:
        # Programs replace this on the class to wait longer, and clone it with another ``websocket`` in its globals to
        # go through a proxy: so it is always called through self, stays undecorated, and uses no more of the
        # module than WebSocketApp.
        self.ws = websocket.WebSocketApp(websocket_url(self.url, self.workspace))
        connection = Connection(
            self.ws, self._conversation, self.request.headers_source(self.apikey, self.headers, self.workspace),
            self.__dial_options, "cosyvoice",
        )  # fmt: skip
        self.thread = connection.thread
        try:
            self._conversation.open(connection, timeout_seconds)
        except BaseException:
            self.ws = None
            raise

    def __is_connected(self) -> bool:
        return self._has_preset_wire() or self._conversation.is_connected

    def __start_stream(self) -> None:
        """Start a task for fragments; programs call it alone to warm up."""
        self._begin(Deadline(None), collect=False)

    def __reset(self) -> None:
        """Forget the last task; the connection stays."""
        self._replace_task(LiveTask(self.request.task_id, self.callback))
        self._streaming_task = self._cut_off = None

    def __update_params(
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
        close_ws_after_use: bool = True,
        hot_fix: Any = None,
        api_key: Optional[ApiKey] = None,
        first: bool = False,
    ) -> None:
        """Set what the next task asks for; the connection stays."""
        if not first and self._is_started:
            raise InvalidTask(ALREADY_STARTED)
        check_parameters(
            model, format, language_hints, hot_fix, additional_params,
            volume=volume, speech_rate=speech_rate, pitch_rate=pitch_rate, seed=seed,
        )  # fmt: skip
        key = api_key if callable(api_key) else find_api_key(api_key)
        if not key:
            raise InputRequired("apikey is required!")
        self.url = websocket_url(url, workspace)
        self.apikey: ApiKey = key
        self.headers = headers
        self.workspace = workspace
        self.model = model
        self.voice = voice
        self.aformat, self.sample_rate = format.resolved()
        self.additional_params = additional_params
        self._hot_fix = hot_fix
        self.async_call = callback is not None
        self._close_ws_after_use = close_ws_after_use  # kept for programs that set it: the connection is kept anyway
        self.request = Request(
            key, model, voice, format.format, format.sample_rate, format.bit_rate, volume, speech_rate, pitch_rate,
            seed, synthesis_type, instruction, language_hints,
        )  # fmt: skip
        self.last_request_id = self.request.task_id
        self._streaming_task = self._cut_off = None
        task = LiveTask(self.request.task_id, callback)
        if first:
            self._task, self._conversation = task, Conversation(task, self.max_silence)
        else:
            self._replace_task(task)


def __getattr__(name: str) -> Any:
    # The official module has both. Our pool stands on this module; a dataclass is much to load for what is rare.
    if name in _ELSEWHERE:
        return getattr(importlib.import_module(_ELSEWHERE[name], __package__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *_ELSEWHERE]
