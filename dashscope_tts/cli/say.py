"""``dashscope-tts say``"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from typing import Optional, Union

from ..common.settings import find_api_key
from .formats import choose_format, format_of_suffix
from .measure import AudioLength
from .outputs import Output, PlayerOutput, StandardOutput, file_output
from .players import Player, find_player
from .problem import Problem
from .self_hosted import SERVER_KEY, ServerTask
from .speech import Speech

__all__ = ["say"]

_EXTRA = 'pip install "dashscope_tts[local]"'


def say(arguments: argparse.Namespace) -> int:
    """Speak a text."""
    # As after Ctrl-C, nothing half-written may stay behind.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    text = _text(arguments.text)
    path: Optional[str] = None if arguments.output == "-" else arguments.output
    player, name = _player_and_format(arguments, path)
    with contextlib.ExitStack() as stack:
        speech, sample_rate = _speech(arguments, text, name, stack)
        length = AudioLength(name, sample_rate)
        outputs: list[Output] = []
        if path is not None:
            outputs.append(stack.enter_context(file_output(path)))
        if player is not None:
            outputs.append(stack.enter_context(PlayerOutput(player, name, sample_rate)))
        if arguments.output == "-" or not outputs:
            outputs.append(stack.enter_context(StandardOutput()))
        for data in speech:
            length.add(data)
            for output in outputs:
                output.write(data)
        if not length.seconds:
            raise Problem(f"the service sent no audio for this text (request {speech.request_id}).")
    _tell(path, speech, length.seconds)
    return 0


def _speech(
    arguments: argparse.Namespace, text: str, format: str, stack: contextlib.ExitStack
) -> tuple[Union[Speech, ServerTask], int]:
    """Who speaks, and at which sample rate."""
    if arguments.server:
        task = ServerTask(arguments, text, format, arguments.api_key or os.environ.get(SERVER_KEY))
        return task, task.sample_rate
    audio_format = choose_format(format, arguments.sample_rate)
    api_key, url = _service(arguments, stack)
    speech = Speech(
        text,
        arguments.timeout,
        model=arguments.model,
        voice=arguments.voice,
        format=audio_format,
        volume=arguments.volume,
        speech_rate=arguments.rate,
        pitch_rate=arguments.pitch,
        seed=arguments.seed,
        instruction=arguments.instruction,
        language_hints=[arguments.language] if arguments.language else None,
        workspace=arguments.workspace,
        url=url,
        api_key=api_key,
    )
    return speech, audio_format.sample_rate


def _text(argument: str) -> str:
    """The text to say, from the argument or standard input."""
    text = argument
    if argument == "-":
        try:
            text = sys.stdin.buffer.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Problem(f"standard input is not UTF-8 text (byte {error.start}).") from None
    if not text.strip():
        raise Problem("there is no text to say.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise Problem("the text is not valid in this locale's encoding; send it through standard input.") from None
    return text


def _player_and_format(arguments: argparse.Namespace, path: Optional[str]) -> tuple[Optional[Player], str]:
    """Who plays, and what: the file decides on the format before the player does."""
    name: Optional[str] = arguments.format
    if path is not None:
        name = format_of_suffix(path, name)
    player = find_player(name) if arguments.play else None
    if name is None:
        name = player.formats[0] if player is not None and arguments.output is None else "mp3"
    return player, name


def _service(arguments: argparse.Namespace, stack: contextlib.ExitStack) -> tuple[str, Optional[str]]:
    """API key and URL; starts the local service where that is asked for, or no key is found and it is there."""
    key = None if arguments.local else find_api_key(arguments.api_key)
    if key:
        return key, arguments.url
    if arguments.url or (os.environ.get("DASHSCOPE_WEBSOCKET_BASE_URL") and not arguments.local):
        # Who names a service wants that one and no other.
        raise Problem("no API key: set DASHSCOPE_API_KEY (the local service takes any), or use --local.")
    from ..local import serve

    try:
        service = stack.enter_context(serve(configure=False))
    except ImportError:
        if arguments.local:
            raise Problem(f"--local needs more packages: {_EXTRA}") from None
        raise Problem(
            f"no API key: set DASHSCOPE_API_KEY, or speak on this machine without one after {_EXTRA}"
        ) from None
    if not arguments.local:
        print("dashscope-tts: no API key found, so the local service speaks (espeak-ng).", file=sys.stderr)
    # A list of exceptions in the environment replaces websocket-client's own, which has this machine in it.
    exceptions = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    os.environ["no_proxy"] = f"{exceptions},127.0.0.1" if exceptions else "127.0.0.1"
    return "local", service.url


def _tell(path: Optional[str], speech: Union[Speech, ServerTask], seconds: float) -> None:
    print(
        f"dashscope-tts: {f'{path}: ' if path else ''}{seconds:.2f} s of audio, "
        f"first package after {speech.first_package_delay:.0f} ms, "
        f"real-time factor {speech.elapsed / seconds:.3f}"
        + (f", request {speech.request_id}" if speech.request_id else ""),
        file=sys.stderr,
    )
