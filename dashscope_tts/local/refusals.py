"""What the service refuses, in its words. The texts matter: programs match them."""

from __future__ import annotations

__all__ = ["Refusal"]

_FOLLOW = "Please follow the protocol!"


class Refusal(Exception):
    """The task fails with this error; the connection is closed after it.

    ``code`` and ``message`` are those of the ``task-failed`` event; ``task_id`` the task it names, None for the
    one that runs.
    """

    task_id: str | None = None

    def __init__(self, message: str, code: str = "InvalidParameter") -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def of(self, task_id: str) -> Refusal:
        """The same, naming that task."""
        self.task_id = task_id
        return self

    @classmethod
    def action(cls, action: str) -> Refusal:
        """A message that may not come now."""
        return cls(f"Invalid action('{action}')! {_FOLLOW}")

    @classmethod
    def missing(cls, parameter: str) -> Refusal:
        """A message without something it needs."""
        return cls(f"Missing required parameter '{parameter}'! {_FOLLOW}")

    @classmethod
    def no_input(cls) -> Refusal:
        return cls("task can not be null")

    @classmethod
    def no_voice(cls) -> Refusal:
        return cls("Request voice is invalid!")

    @classmethod
    def engine(cls, number: int) -> Refusal:
        """The engine's own number: 418 for a voice it does not have."""
        return cls(f"[tts:]Engine return error code: {number}")

    @classmethod
    def no_text(cls) -> Refusal:
        return cls("Please ensure input text is valid.")

    @classmethod
    def too_many_texts(cls) -> Refusal:
        return cls("Text request limit violated, expected 1.")

    @classmethod
    def too_long(cls, what: str, count: int, limit: int) -> Refusal:
        return cls(f"{what} is too long: {count} characters, and the limit is {limit}.")

    @classmethod
    def late_fragment(cls) -> Refusal:
        # Always 23, whatever the time-out is set to: programs look for exactly this text.
        return cls("request timeout after 23 seconds.")

    @classmethod
    def out_of_range(cls, parameter: str, value: object, allowed: str) -> Refusal:
        return cls(f"Invalid parameter '{parameter}': {str(value)[:40]!r} is not {allowed}.")

    @classmethod
    def ssml(cls, reason: str) -> Refusal:
        return cls(f"SSML text is invalid: {reason}.")

    @classmethod
    def ssml_not_supported(cls) -> Refusal:
        return cls("SSML text is not supported at the moment!")

    @classmethod
    def model(cls) -> Refusal:
        return cls("Model not exist.", code="ModelNotFound")

    @classmethod
    def internal(cls) -> Refusal:
        return cls("The speech engine failed.", code="InternalError")
