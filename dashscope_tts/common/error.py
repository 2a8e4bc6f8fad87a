"""The errors, official names first.

DashScopeException
├── AuthenticationError, InputRequired, ModelRequired, InvalidTask, InvalidParameter ...   (official)
├── PoolClosed               (+ RuntimeError)   the pool has been shut down
├── PoolTimeout              (+ TimeoutError)   no synthesizer became free in time
└── RequestFailure                              (official; here with ``retryable``, ``hint`` and ``code``)
    ├── TaskFailed                              the service said task-failed
    │   └── IdleTimeout                         ... because no fragment came for 23 seconds
    ├── TaskCancelled                           the program itself ended the task another thread waits for
    ├── ConnectFailed        (+ TimeoutError)   no connection: refused, timed out, TLS, HTTP status
    │   └── AuthenticationFailed (+ AuthenticationError)   HTTP 401 or 403
    ├── TaskTimeout          (+ TimeoutError)   the service did not start, or end, the task in time
    └── ConnectionLost       (+ ConnectionError)  the connection went away under a task
        └── MalformedFrame   (+ UnexpectedMessageReceived)  ... because what it sent made no sense

Each of our own derives from the official class and from the builtin that programs catch today. No message holds a
key or the credentials of a URL.
"""

from __future__ import annotations

from typing import Any, Optional

__all__ = [
    "AssistantError",
    "AsyncTaskCreateFailed",
    "AuthenticationError",
    "AuthenticationFailed",
    "ConnectFailed",
    "ConnectionLost",
    "DashScopeException",
    "IdleTimeout",
    "InputDataRequired",
    "InputRequired",
    "InvalidFileFormat",
    "InvalidInput",
    "InvalidModel",
    "InvalidParameter",
    "InvalidTask",
    "MalformedFrame",
    "ModelRequired",
    "MultiInputsWithBinaryNotSupported",
    "NotImplemented",
    "PoolClosed",
    "PoolTimeout",
    "RequestFailure",
    "ServiceUnavailableError",
    "TaskCancelled",
    "TaskFailed",
    "TaskTimeout",
    "TimeoutException",
    "UnexpectedMessageReceived",
    "UnknownMessageReceived",
    "UnsupportedApiProtocol",
    "UnsupportedData",
    "UnsupportedDataType",
    "UnsupportedHTTPMethod",
    "UnsupportedModel",
    "UnsupportedTask",
    "UploadFileException",
]


class DashScopeException(Exception):
    """The root of all errors of this package."""


class AuthenticationError(DashScopeException):
    """No API key, or one that is not accepted."""


class InvalidParameter(DashScopeException, ValueError):
    """An argument that cannot be sent; the message names it and says what is allowed."""


class InvalidTask(DashScopeException):
    """Something was asked for that the state of the task does not allow."""


class UnsupportedModel(DashScopeException):
    """Official name, kept for programs that catch it."""


class UnsupportedTask(DashScopeException):
    """Official name, kept for programs that catch it."""


class UnsupportedData(DashScopeException):
    """Official name, kept for programs that catch it."""


class UnsupportedDataType(DashScopeException):
    """Official name, kept for programs that catch it."""


class UnsupportedApiProtocol(DashScopeException):
    """Official name, kept for programs that catch it."""


class UnsupportedHTTPMethod(DashScopeException):
    """Official name, kept for programs that catch it."""


class ModelRequired(DashScopeException):
    """No model was given."""


class InputRequired(DashScopeException):
    """Something without which nothing can be sent is missing: key, format, callback, workspace id."""


class InputDataRequired(DashScopeException):
    """Official name, kept for programs that catch it."""


class InvalidInput(DashScopeException):
    """Official name, kept for programs that catch it."""


class InvalidModel(DashScopeException):
    """Official name, kept for programs that catch it."""


class InvalidFileFormat(DashScopeException):
    """Official name, kept for programs that catch it."""


class MultiInputsWithBinaryNotSupported(DashScopeException):
    """Official name, kept for programs that catch it."""


class NotImplemented(DashScopeException):
    """Official name, kept for programs that catch it."""


class UnexpectedMessageReceived(DashScopeException):
    """The service sent what it should not send."""


class UnknownMessageReceived(DashScopeException):
    """Official name, kept for programs that catch it."""


class ServiceUnavailableError(DashScopeException):
    """Official name, kept for programs that catch it."""


class TimeoutException(DashScopeException):
    """Official name, kept for programs that catch it."""


class AsyncTaskCreateFailed(DashScopeException):
    """Official name, kept for programs that catch it."""


class UploadFileException(DashScopeException):
    """Official name, kept for programs that catch it."""


class AssistantError(DashScopeException):
    """Official name, kept for programs that catch it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(kwargs)
        self.__dict__.update(kwargs)


class RequestFailure(DashScopeException):
    """A request that reached the service, or should have, and did not succeed.

    Attributes:
        request_id: the id of the task, or of the HTTP request; None where there was none yet.
        message: what went wrong, in the service's own words where it said anything.
        name: the service's error code (also as ``code``), or this class's name.
        http_code: the HTTP status; 44 for an error inside a WebSocket conversation, as the official package has it.
        retryable: whether the same request may succeed later. It does not say that no audio came before.
        hint: a sentence on what to look at, or "".
    """

    def __init__(
        self,
        request_id: Optional[str] = None,
        message: Optional[str] = None,
        name: Optional[str] = None,
        http_code: Optional[int] = None,
        *,
        retryable: bool = False,
        hint: str = "",
    ) -> None:
        super().__init__(request_id, message, name, http_code)
        self.request_id = request_id
        self.message = message
        self.name = name
        self.http_code = http_code
        self.retryable = retryable
        self.hint = hint
        if hint and hasattr(self, "add_note"):
            self.add_note(hint)  # shown under the traceback, so that str() stays the official text

    @property
    def code(self) -> Optional[str]:
        """The service's error code; another name for ``name``."""
        return self.name

    def __str__(self) -> str:
        return (
            f"Request failed, request_id: {self.request_id}, http_code: {self.http_code} "
            f"error_name: {self.name}, error_message: {self.message}"
        )


class TaskFailed(RequestFailure):
    """The service ended the task with an error."""


class IdleTimeout(TaskFailed):
    """The service waited 23 seconds for a fragment that did not come."""


class _PlainText(RequestFailure):
    """A failure that the official package reports with a builtin error: str() is the message alone."""

    def __str__(self) -> str:
        return str(self.message)


class TaskCancelled(_PlainText):
    """The task was cancelled or its connection closed by the program while this thread waited for its audio."""


class ConnectFailed(_PlainText, TimeoutError):
    """No connection to the service; ``__cause__`` and ``http_code`` say why."""


class AuthenticationFailed(ConnectFailed, AuthenticationError):
    """The service refused the API key (HTTP 401 or 403)."""


class TaskTimeout(_PlainText, TimeoutError):
    """The task did not start or end within its time; its connection has been closed."""


class ConnectionLost(_PlainText, ConnectionError):
    """The connection went away before the task was over; ``__cause__`` says how.

    Attributes:
        close_code: the code of the service's close frame; None where it sent none.
        close_reason: its text.
    """

    close_code: Optional[int] = None
    close_reason: str = ""


class PoolClosed(DashScopeException, RuntimeError):
    """The pool has been shut down."""


class PoolTimeout(DashScopeException, TimeoutError):
    """No synthesizer became free in the time that was allowed."""


class MalformedFrame(ConnectionLost, UnexpectedMessageReceived):
    """The connection was closed because the other side sent something that is not of this protocol."""
