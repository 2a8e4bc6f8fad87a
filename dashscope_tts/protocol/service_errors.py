"""What the service's error codes mean: whether to try again, and what to look at.

Source: the vendor's error code page; the service itself gives no flag.
"""

from __future__ import annotations

__all__ = ["explain", "is_idle_timeout", "is_retryable"]

_RETRYABLE_CODES = (
    "Throttling",
    "ClientDisconnect",
    "InternalError",
    "ServiceUnavailable",
    "GatewayTimeout",
    "SystemError",
)
RETRYABLE_HTTP_CODES = frozenset((408, 409, 429, 500, 502, 503, 504))

# The first row whose two words are found, in the code and in the message, gives the explanation.
_EXPLANATIONS: tuple[tuple[str, str, str], ...] = (
    ("", "Engine return error code: 418",
     "The voice is unknown, was made for another model, is not ready yet (status OK), or is a system voice "
     "used with a model that has none. A cloned voice works only with its own target_model."),
    ("", "Engine return error code: 428", "The service did not accept the instruction for this voice."),
    ("", "request timeout after 23 seconds",
     "The service waits 23 seconds for the next fragment. Call streaming_complete() as soon as the text ends, "
     "and open a new task when more text comes."),
    ("", "Request voice is invalid", "The request names no voice."),
    ("", "Please ensure input text is valid", "No text, or only empty text, was sent before the task was finished."),
    ("", "no_valid_audio_error", "There was nothing to speak: only punctuation, emoji or spaces were sent."),
    ("", "Text request limit violated", "With SSML a task takes one text only; use call(), not streaming_call()."),
    ("", "SSML text is not supported", "This model or voice takes no SSML."),
    ("", "Invalid action('run-task')", "The connection still had a task running; it cannot be used again."),
    ("Throttling.AllocationQuota", "", "The account's quota for this model is used up for the moment."),
    ("Throttling", "", "Too many requests at once for this account; slow down and try again."),
    ("Arrearage", "", "The account has an unpaid bill."),
    ("InvalidApiKey", "", "The API key is wrong, expired, or belongs to another region than the URL."),
    ("Workspace.AccessDenied", "", "The API key may not use this workspace."),
    ("AccessDenied", "", "The API key may not use this model or workspace, or the service is not activated."),
    ("Model", "not exist", "There is no such model in this region."),
    ("DataInspectionFailed", "", "The service's content check refused the text or the audio."),
)


def is_retryable(code: str, message: str = "", http_code: int | None = None) -> bool:
    """Whether the same request may succeed later. True does not mean that no audio was sent already."""
    if http_code in RETRYABLE_HTTP_CODES:
        return True
    return code.startswith(_RETRYABLE_CODES) or is_idle_timeout(message)


def is_idle_timeout(message: str) -> bool:
    """Whether the task failed because no fragment came for 23 seconds."""
    return "request timeout after" in message


def explain(code: str, message: str) -> str:
    """A sentence on what to look at; "" for a code that is not known here."""
    for code_part, message_part, explanation in _EXPLANATIONS:
        if code_part in code and message_part in message:
            return explanation
    return ""
