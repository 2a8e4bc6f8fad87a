"""Qwen-TTS realtime: text in, speech out as base64 in events, over one WebSocket connection."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Callable, Optional, Union

import websocket

from ...common.error import InputRequired, InvalidParameter, InvalidTask, ModelRequired, RequestFailure
from ...common.logging import logger
from ...common.settings import find_api_key
from ...protocol import realtime_messages as messages
from ...protocol.realtime_format import AudioFormat
from ...protocol.realtime_state import SessionState
from ...transport.connection import Connection, DialOptions
from ...transport.headers import ApiKey, websocket_headers
from ...transport.realtime_record import RealtimeRecord
from ...transport.realtime_session import RealtimeSession
from ...transport.realtime_url import realtime_url
from .parameters import check_text, session_config
from .realtime_callback import QwenTtsRealtimeCallback
from .seams import RealtimeSeams

__all__ = ["AudioFormat", "QwenTtsRealtime", "QwenTtsRealtimeCallback"]

CONNECT_SECONDS = 5.0
_FIRST_EVENT_SECONDS = 0.1
_LAST_SECONDS = 1.0  # how long a new connection waits for the end of the one before


class QwenTtsRealtime(RealtimeSeams):
    """A session of speech synthesis with Qwen-TTS.

    ``connect``, ``update_session``, then ``append_text`` as often as there is text. In the mode ``server_commit`` the
    service decides when to speak; in ``commit`` it speaks at each ``commit``. ``finish`` ends the text; the rest of
    the audio comes, then ``session.finished``, then the service closes the connection. One connection is one session:
    ``connect`` again for another.

    Args:
        model: such as ``qwen3-tts-flash-realtime``.
        headers: more headers for the handshake; those of this package win over them, as in the official one.
        callback: a ``QwenTtsRealtimeCallback``; None: nobody is called, and the ``wait_...`` methods tell.
        workspace: the workspace to be billed.
        url: the address, with or without a query of its own; by default the realtime address that belongs to
            ``dashscope_tts.base_websocket_api_url``.
        additional_params: accepted and not used, as in the official package; what goes into the session is given to
            ``update_session``.
        api_key: this object's own key, or a callable that is asked for one at each connect.
        connect_timeout: seconds a connect may take, 5 by default.
        proxy: ``http://user:password@host:port`` or ``socks5://...``; by default what the environment says.
        sslopt: TLS options as websocket-client takes them, such as ``{"ca_certs": path}``.

    Raises:
        ModelRequired: no model.

    Source: Qwen-TTS realtime Python SDK.
    """

    max_silence: float = 60.0
    """Seconds the service may send nothing while it owes audio, before the connection is given up."""

    def __init__(
        self,
        model: str,
        headers: Optional[Mapping[str, str]] = None,
        callback: Optional[QwenTtsRealtimeCallback] = None,
        workspace: Optional[str] = None,
        url: Optional[str] = None,
        additional_params: Optional[Mapping[str, Any]] = None,
        *,
        api_key: Optional[ApiKey] = None,
        connect_timeout: Optional[float] = None,
        proxy: Optional[str] = None,
        sslopt: Optional[Mapping[str, Any]] = None,
    ) -> None:
        if model is None:
            raise ModelRequired("Model is required!")
        if additional_params:
            logger.warning("additional_params has no effect here; give what belongs to the session to update_session")
        self.url = realtime_url(model, url, workspace)
        # Programs set it between construction and connect.
        self.apikey: Optional[ApiKey] = api_key if callable(api_key) else find_api_key(api_key)
        self.user_headers = headers
        self.user_workspace = workspace
        self.model = model
        self.config: dict[str, Any] = {}
        self.callback = callback
        self.ws: Any = None
        self.thread: Any = None  # reads the connection; has what a threading.Thread has
        self.metrics: list[Any] = []
        self._dial_options = DialOptions(proxy, sslopt)
        self._connect_seconds = CONNECT_SECONDS if connect_timeout is None else float(connect_timeout)
        self._session = RealtimeSession(self, self.max_silence)

    def __del__(self) -> None:
        session = getattr(self, "_session", None)
        if session is not None:
            session.abandon()

    # -- the connection

    def connect(self) -> None:
        """Open the connection, and with it a session; one that was used before is closed first.

        Raises:
            InputRequired: no API key.
            ConnectFailed: no connection within ``connect_timeout`` (also a ``TimeoutError``); the cause is chained.
        """
        before = self._session
        if before.is_connected and before.is_unused and before.app is self.ws:
            return
        headers = self._get_websocket_header()
        if before.is_connected:
            in_reader = self._on_reader_thread
            before.close()
            if not in_reader:
                before.ended.wait(_LAST_SECONDS)  # so that its on_close comes before the next on_open
        self.ws = websocket.WebSocketApp(self.url)
        self._session = session = RealtimeSession(self, self.max_silence)
        connection = Connection(self.ws, session, lambda: headers, self._dial_options, "realtime")
        self.thread = connection.thread
        session.adopt(connection)
        try:
            connection.open(self._connect_seconds)
        except BaseException as error:
            session.close(error)
            session.tell_close(self.callback, None, None)
            raise
        # As with the official package, session.created comes before on_open; but a service need not send it.
        session.heard.wait(_FIRST_EVENT_SECONDS)
        if self.callback is not None:
            self.callback.on_open()

    def close(self) -> None:
        """Close the connection; from any thread, and as often as you like. What was waited for ends."""
        session = self._session_on(self.ws)
        session.close()
        if session.is_borrowed:
            self.ws.close()  # which frees its socket, also after the end

    def __enter__(self) -> QwenTtsRealtime:
        """Connect, unless that has been done."""
        if not self._session.is_connected:
            self.connect()
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        """Close; after ``finish`` the rest of the audio is waited for, unless there was an error."""
        try:
            if kind is None and self._session.state is SessionState.FINISHING and not self._on_reader_thread:
                self._session.wait_finished(None)
        finally:
            self.close()

    # -- what is said

    def update_session(
        self,
        voice: str,
        response_format: AudioFormat = AudioFormat.PCM_24000HZ_MONO_16BIT,
        mode: str = messages.SERVER_COMMIT_MODE,
        sample_rate: Optional[int] = None,
        volume: Optional[int] = None,
        speech_rate: Optional[float] = None,
        audio_format: Optional[str] = None,
        pitch_rate: Optional[float] = None,
        bit_rate: Optional[int] = None,
        language_type: Optional[str] = None,
        enable_tn: Optional[bool] = None,
        instructions: Optional[str] = None,
        optimize_instructions: Optional[bool] = None,
        **kwargs: Any,
    ) -> None:
        """Say how to speak; before the first text.

        Args:
            voice: a voice of the model, such as ``Cherry``.
            response_format: format and sample rate of the audio.
            mode: ``server_commit`` or ``commit``.
            sample_rate: in Hz, instead of the one of ``response_format``: 8000, 16000, 24000 or 48000.
            volume: 0 to 100, 50 by default.
            speech_rate: 0.5 to 2.0 times the voice's own rate.
            audio_format: ``pcm``, ``wav``, ``mp3`` or ``opus``, instead of the one of ``response_format``.
            pitch_rate: 0.5 to 2.0 times the voice's own pitch.
            bit_rate: 6 to 510 kbit/s, for mp3 and opus.
            language_type: ``Auto``, ``Chinese``, ``English`` ...
            enable_tn: whether numbers and signs are read as words.
            instructions: how to speak, for models that take instructions.
            optimize_instructions: have the service reword ``instructions``.
            **kwargs: go into the session as they are.

        Raises:
            InvalidParameter: a value that cannot be meant.
            ConnectionLost: not connected.
        """
        given = {
            "volume": volume,
            "speech_rate": speech_rate,
            "pitch_rate": pitch_rate,
            "bit_rate": bit_rate,
            "enable_tn": enable_tn,
            "language_type": language_type,
            "instructions": instructions,
            "optimize_instructions": optimize_instructions,
        }
        config = session_config(voice, response_format, mode, sample_rate, audio_format, given)
        config.update(kwargs)
        self.config = config
        self.__send_event(messages.UPDATE, {"session": config})
        self._session.mode = mode

    def append_text(self, text: str) -> None:
        """Add text. The service keeps a connection for 60 seconds without any.

        Raises:
            ConnectionLost: the connection is gone; ``__cause__`` is why.
        """
        self.__send_event(messages.APPEND, {"text": check_text(text)}, RealtimeRecord.text_sent)

    def commit(self) -> None:
        """Have all the text so far spoken now.

        Raises:
            ConnectionLost: the connection is gone.
        """
        self.__send_event(messages.COMMIT, then=RealtimeRecord.committed)

    def clear_appended_text(self) -> None:
        """Drop the text that nothing has been made of yet.

        Raises:
            ConnectionLost: the connection is gone.
        """
        self.__send_event(messages.CLEAR, then=RealtimeRecord.cleared)

    def cancel_response(self) -> None:
        """Stop the response that is being spoken.

        Raises:
            ConnectionLost: the connection is gone.
        """
        self.__send_event(messages.CANCEL)

    def finish(self) -> None:
        """End the text and return; the rest of the audio comes, then ``session.finished``.

        Raises:
            ConnectionLost: the connection is gone.
        """
        self._session_on(self.ws).finish(self.__logged(messages.client_event(messages.FINISH)))

    def send_raw(self, raw_data: Union[str, bytes]) -> None:
        """Send a text frame of your own.

        Raises:
            ConnectionLost: the connection is gone.
        """
        if not isinstance(raw_data, (str, bytes)):
            raise InvalidParameter(f"raw_data is of type {type(raw_data).__name__}; it must be a str, such as JSON.")
        self.__send_str(raw_data if isinstance(raw_data, str) else raw_data.decode("utf-8"))

    # -- waiting

    def wait_for_finished(self, timeout: Optional[float] = None) -> None:
        """Block until the service has finished the session; to be called after ``finish``.

        Args:
            timeout: seconds; None: as long as the service goes on sending.

        Raises:
            ConnectionLost: the connection went away first; it names what the service reported before, if anything.
            TaskCancelled: the program closed the connection.
            TaskTimeout: not in time; the session goes on.
            InvalidTask: called inside a callback, which would wait for itself.
        """
        self._refuse_in_callback("wait_for_finished")
        self._session_on(self.ws).wait_finished(timeout)

    def wait_for_response_done(self, timeout: Optional[float] = None) -> Optional[dict[str, Any]]:
        """Block until a response is done.

        In the mode ``commit``: all that have been committed, at once where that is already so. In ``server_commit``:
        the next one that has not been waited for; at once if the session is finished.

        Args:
            timeout: seconds; None: as long as the service goes on sending.

        Returns:
            The ``response`` of the last ``response.done``, with its ``status`` and ``usage``; None if there was none.

        Raises:
            TaskFailed: the service answered a ``commit`` with an error.
            ConnectionLost, TaskCancelled, TaskTimeout, InvalidTask: as ``wait_for_finished``.
        """
        self._refuse_in_callback("wait_for_response_done")
        return self._session_on(self.ws).wait_response(timeout)

    # -- what is known

    def get_session_id(self) -> Optional[str]:
        """The id of the session; known as soon as ``session.created`` is being handed to the callback."""
        return self._session.record.session_id

    def get_last_message(self) -> Optional[dict[str, Any]]:
        """The last event of the service."""
        message: Optional[dict[str, Any]] = self._session.record.last_message
        return message

    def get_last_response_id(self) -> Optional[str]:
        """The id of the response that was begun last."""
        return self._session.record.last_response_id

    def get_first_audio_delay(self) -> Optional[float]:
        """Milliseconds from the first text of the last response to its first audio; None before that."""
        return self._session.record.first_audio_delay

    @property
    def last_error(self) -> Optional[RequestFailure]:
        """What went wrong last: the service's last ``error`` event, else why the connection ended; None: nothing."""
        session = self._session
        return session.record.last_error or session.failure

    @property
    def callback_error(self) -> Optional[BaseException]:
        """The first exception a callback raised on the reader thread in this session, which was logged there."""
        return self._session.callback_error

    # -- inside

    @property
    def _on_reader_thread(self) -> bool:
        wire = self._session.wire
        return wire is not None and wire.on_reader_thread

    def _refuse_in_callback(self, method: str) -> None:
        if self._on_reader_thread:
            raise InvalidTask(f"{method}() waits for what the callback it was called in holds up.")

    def _get_websocket_header(self) -> dict[str, str]:
        """The headers of the handshake; subclasses that connect by themselves use it."""
        key = find_api_key(self.apikey() if callable(self.apikey) else self.apikey)
        if not key:
            raise InputRequired("apikey is required!")
        ours = websocket_headers(key, self.user_workspace)
        taken = {name.lower() for name in ours}
        # Ours win, as in the official package; there a name in another spelling is sent twice.
        theirs = {name: value for name, value in (self.user_headers or {}).items() if name.lower() not in taken}
        return websocket_headers(key, self.user_workspace, theirs)

    def _generate_event_id(self) -> str:
        return messages.new_event_id()

    def __send_event(
        self,
        type: str,
        fields: Optional[Mapping[str, Any]] = None,
        then: Optional[Callable[[RealtimeRecord], None]] = None,
    ) -> None:
        self.__send_str(messages.client_event(type, fields, self._generate_event_id()), then=then)

    def __send_str(
        self, data: str, enable_log: bool = True, then: Optional[Callable[[RealtimeRecord], None]] = None
    ) -> None:
        self._session_on(self.ws).say(self.__logged(data) if enable_log else data, then)

    def __logged(self, data: str) -> str:
        logger.debug("[qwen tts realtime] send string: %s", data)
        return data
