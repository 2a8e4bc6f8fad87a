"""What the service can be told: its key, its strictness, its limits and its time-outs."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from ..protocol import (
    IDLE_SECONDS,
    MAX_INSTRUCTION_CHARACTERS,
    MAX_MESSAGE_CHARACTERS,
    MAX_SECONDS_BETWEEN_FRAGMENTS,
    MAX_TASK_CHARACTERS,
)

__all__ = ["ServiceSettings"]


@dataclass(frozen=True)
class ServiceSettings:
    """Limits and time-outs of one service; the defaults are those of the real one where it has them.

    Attributes:
        api_key: the only key that is let in; None lets in any key, but not a missing one.
        strict: refuse what the real service refuses though it could be spoken: an unknown model or voice, a voice
            of another model generation, a sample rate Opus does not know.
        fragment_timeout: seconds the service waits for the next message while the text is not finished.
        idle_timeout: seconds a connection is kept on which no task runs.
        settle_timeout: seconds after which a sentence at the very end of the text so far is taken as complete,
            although its full stop could still turn out to be a decimal point or be followed by a quotation mark.
        linger_timeout: seconds a failed connection is read on, so that the error reaches a client that still sends.
        shutdown_timeout: seconds open sessions get to end when the service stops.
        max_message_characters: counted characters in one message.
        max_task_characters: counted characters in all messages of a task.
        max_instruction_characters: counted characters of ``instruction``.
        max_sessions: connections and requests of the HTTP interface at one time; what is more is refused (HTTP 429).
        max_request_bytes: of the body of an HTTP request; what is more is refused (HTTP 413).
        max_frame_bytes: of one WebSocket message; what is more ends the connection.
        cors: the origins whose web pages may use the service (``https://example.com``); ``*`` is any.
        max_sentence_characters: counted characters after which a sentence is cut at a comma or a space.
        data_dir: the folder in which created voices are kept; None keeps them until the service stops.
        deploy_seconds: how long a created voice is ``DEPLOYING`` before it can be used.
        file_lifetime: seconds the URL of an answer serves its audio.
        fetch_timeout: seconds in which a recording must have been fetched.
        inference_sample_rate: of the audio of ``/inference_*`` in Hz: CosyVoice 1 has 22,050, later ones 24,000.
    """

    api_key: str | None = None
    strict: bool = False
    fragment_timeout: float = float(MAX_SECONDS_BETWEEN_FRAGMENTS)
    idle_timeout: float = float(IDLE_SECONDS)
    settle_timeout: float = 0.3
    linger_timeout: float = 1.0
    shutdown_timeout: float = 3.0
    max_message_characters: int = MAX_MESSAGE_CHARACTERS
    max_task_characters: int = MAX_TASK_CHARACTERS
    max_instruction_characters: int = MAX_INSTRUCTION_CHARACTERS
    max_sentence_characters: int = 200
    max_sessions: int = 1000
    max_request_bytes: int = 24 * 1024 * 1024  # a recording of 10 MB, as a data URL
    max_frame_bytes: int = 4 * 1024 * 1024
    cors: tuple[str, ...] = ()
    inference_sample_rate: int = 22050
    data_dir: str | None = None
    deploy_seconds: float = 1.0
    file_lifetime: float = 24 * 3600.0
    fetch_timeout: float = 15.0

    @classmethod
    def of(cls, **values: Any) -> ServiceSettings:
        """The settings with these values; an unknown name is a ``TypeError`` that lists the known ones."""
        known = [field.name for field in fields(cls)]
        for name in values:
            if name not in known:
                raise TypeError(f"serve() got an unknown setting {name!r}; the settings are: {', '.join(known)}")
        return cls(**values)
