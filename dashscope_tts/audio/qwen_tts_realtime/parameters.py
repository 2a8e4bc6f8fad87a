"""What can be asked of a session, checked at the door.

Only what the documents rule out is refused here. Names of models, voices, languages and formats are for the service
to judge.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from ...common.error import InvalidParameter
from ...protocol.realtime_format import AudioFormat

__all__ = ["check_text", "session_config"]

_RANGES = {"volume": (0, 100), "speech_rate": (0.5, 2.0), "pitch_rate": (0.5, 2.0), "bit_rate": (6, 510)}


def check_text(text: Any) -> str:
    """The text, if it is a str; an empty one is the service's to judge."""
    if not isinstance(text, str):
        raise InvalidParameter(f"text is of type {type(text).__name__}; it must be a str.")
    return text


def session_config(
    voice: Any,
    response_format: Any,
    mode: Any,
    sample_rate: Optional[int],
    audio_format: Optional[str],
    given: Mapping[str, Any],
) -> dict[str, Any]:
    """The ``session`` of a ``session.update``, keys in the official order; what is None is left to the service.

    Raises:
        InvalidParameter: a value of the wrong type or out of its range; says what is allowed.
    """
    if not isinstance(response_format, AudioFormat):
        raise InvalidParameter(
            f"response_format is {response_format!r}; it must be a member of AudioFormat. Other formats are asked "
            'for with audio_format="mp3" and sample_rate=24000.'
        )
    for name, (lowest, highest) in _RANGES.items():
        value = given.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not lowest <= value <= highest:
            raise InvalidParameter(f"{name} is {value!r}; it must be a number from {lowest} to {highest}.")
    return {
        "voice": voice,
        "mode": mode,
        "response_format": audio_format if audio_format is not None else response_format.format,
        "sample_rate": sample_rate if sample_rate is not None else response_format.sample_rate,
        **{name: value for name, value in given.items() if value is not None},
    }
