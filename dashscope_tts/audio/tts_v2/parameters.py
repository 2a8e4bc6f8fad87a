"""What can be asked of a synthesizer, checked at the door.

Only what the documents rule out is refused here. Names of models and voices, and text, are for the service to judge.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from ...common.error import InputRequired, InvalidParameter, ModelRequired
from ...protocol.audio_format import AudioFormat

__all__ = ["check_parameters", "check_text", "merged_parameters"]

_RANGES = {
    "volume": (0, 100),
    "speech_rate": (0.5, 2.0),
    "pitch_rate": (0.5, 2.0),
    "seed": (0, 65535),
}


def check_parameters(
    model: Any, format: Any, language_hints: Any, hot_fix: Any, additional_params: Any, **numbers: Any
) -> None:
    """Refuse what cannot be meant.

    Raises:
        ModelRequired: no model.
        InputRequired: ``format`` is None.
        InvalidParameter: a value of the wrong type or out of its range; says what is allowed.
    """
    if model is None:
        raise ModelRequired("Model is required!")
    if format is None:
        raise InputRequired("format is required!")
    if not isinstance(format, AudioFormat):
        raise InvalidParameter(
            f"format is {format!r}; it must be a member of AudioFormat, such as AudioFormat.MP3_22050HZ_MONO_256KBPS."
        )
    for name, value in numbers.items():
        lowest, highest = _RANGES[name]
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not lowest <= value <= highest:
            raise InvalidParameter(f"{name} is {value!r}; it must be a number from {lowest} to {highest}.")
    if language_hints is not None and not isinstance(language_hints, (list, tuple)):
        raise InvalidParameter(f'language_hints is {language_hints!r}; it must be a list such as ["zh"].')
    if hot_fix is not None and not (isinstance(hot_fix, Mapping) or _is_hot_fix(hot_fix)):
        raise InvalidParameter(f"hot_fix is {hot_fix!r}; it must be a HotFix or a dict.")
    if additional_params is not None and not isinstance(additional_params, Mapping):
        raise InvalidParameter(f"additional_params is {additional_params!r}; it must be a dict.")


def _is_hot_fix(thing: Any) -> bool:
    from .hot_fix import HotFix  # few tasks have one, and a dataclass brings much with it

    return isinstance(thing, HotFix)


def check_text(text: Any) -> str:
    """The text, if it is a str; an empty one is the service's to judge."""
    if not isinstance(text, str):
        raise InvalidParameter(f"text is of type {type(text).__name__}; it must be a str.")
    return text


def merged_parameters(additional_params: Optional[Mapping[str, Any]], hot_fix: Any, ssml: bool) -> dict[str, Any]:
    """The parameters beyond those with an argument of their own, in a new dict.

    ``ssml`` adds ``enable_ssml``, as the official ``call`` does, unless the program has set it.
    """
    merged = dict(additional_params or {})
    if hot_fix is not None:
        merged["hot_fix"] = hot_fix.to_dict() if _is_hot_fix(hot_fix) else dict(hot_fix)
    if ssml:
        merged.setdefault("enable_ssml", True)
    return merged
