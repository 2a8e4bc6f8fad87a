"""The arguments. Loads nothing but argparse, so that ``--version`` and ``--help`` answer at once."""

from __future__ import annotations

import argparse

from ..version import __version__

__all__ = ["build_parser"]

_EXAMPLES = """\
examples:
  dashscope-tts say "Hello, and welcome." -o hello.mp3
  dashscope-tts say "今天天气怎么样？" --local --play
  dashscope-tts say - --format wav < story.txt > story.wav
  dashscope-tts serve
  dashscope-tts voices --language zh

The API key is taken from DASHSCOPE_API_KEY or ~/.dashscope/api_key; --local needs none.
"""
_SAY_EXAMPLES = """\
examples:
  dashscope-tts say "Hello, and welcome." -o hello.mp3
  dashscope-tts say "Slowly, please." --rate 0.8 --play
  dashscope-tts say "你好，世界。" --voice longanhuan -o hello.opus
  dashscope-tts say '<speak>One.<break time="1s"/>Two.</speak>' -o pause.wav
  cat story.txt | dashscope-tts say - > story.mp3

A text that begins with <speak is taken as SSML. A text that begins with a dash goes after "--".
"""
_MODEL = "cosyvoice-v3-flash"
_VOICE = "longanyang"


def build_parser() -> argparse.ArgumentParser:
    """The parser; each command leaves its function in ``run``."""
    parser = argparse.ArgumentParser(
        prog="dashscope-tts",
        description="Speech synthesis with CosyVoice on DashScope, or on this machine without a key.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"dashscope-tts {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_say(
        commands.add_parser(
            "say",
            help="speak a text into a file, a pipe or a player",
            description="Speak a text into a file, a pipe or a player.",
            epilog=_SAY_EXAMPLES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    _add_serve(
        commands.add_parser(
            "serve",
            help="run the local speech service",
            description="Run the local speech service: the CosyVoice protocol, spoken by espeak-ng on this machine.",
        )
    )
    _add_run(
        commands.add_parser(
            "run",
            help="run a program written for the official package",
            description="Run an unmodified program with 'dashscope' answered by this package.",
            usage="dashscope-tts run [-h] [--local] [-m] PROGRAM [ARGUMENT ...]",
        )
    )
    _add_voices(
        commands.add_parser(
            "voices",
            help="list voices",
            description="List the voices the local speech service knows: the vendor's names, not all of them.",
        )
    )
    return parser


def _add_say(parser: argparse.ArgumentParser) -> None:
    from ..protocol.audio_format import AudioFormat

    formats = list(dict.fromkeys(member.format for member in AudioFormat if member is not AudioFormat.DEFAULT))
    parser.set_defaults(run=_say)
    parser.add_argument("text", metavar="TEXT", help='what to say, plain or SSML; "-" reads standard input')

    add = parser.add_argument_group("where to").add_argument
    add("-o", "--output", metavar="FILE", help='a .mp3, .wav, .pcm, .opus or .ogg file; "-" is standard output')
    add("--play", action="store_true", help="play it, with ffplay, mpv, play, aplay, paplay or afplay")
    add("--format", choices=formats, help="default: by the suffix of FILE, otherwise mp3")
    add("--sample-rate", type=int, metavar="HZ", help="8000, 16000, 22050, 24000, 44100 or 48000; default: by format")

    add = parser.add_argument_group("how").add_argument
    parser.set_defaults(default_model=_MODEL, default_voice=_VOICE)
    add("--model", default=_MODEL, help="default: %(default)s")
    add("--voice", default=_VOICE, help="default: %(default)s; see dashscope-tts voices")
    add("--rate", type=float, default=1.0, help="speed, 0.5 to 2 times the normal one")
    add("--pitch", type=float, default=1.0, help="pitch, 0.5 to 2 times the normal one")
    add("--volume", type=int, default=50, help="0 to 100; default: %(default)s")
    add("--instruction", metavar="TEXT", help="how to speak, for voices that take instructions")
    add("--language", metavar="CODE", help="the language of the text, such as zh, en, fr, ja")
    add("--seed", type=int, default=0, help="0 to 65535; the same seed gives the same audio")

    group = parser.add_argument_group("by whom")
    add = group.add_mutually_exclusive_group().add_argument
    add("--local", action="store_true", help="this machine, without a key; also chosen when no key is found")
    add("--url", type=_url, help="WebSocket URL of the service; default: DASHSCOPE_WEBSOCKET_BASE_URL, or Beijing")
    add("--server", metavar="URL", help="a self-hosted CosyVoice server; its key goes into DASHSCOPE_TTS_SERVER_KEY")
    add = group.add_argument
    add("--api-key", metavar="KEY", help="others on this machine can see it here; better set DASHSCOPE_API_KEY")
    add("--workspace", metavar="ID", help="the workspace to be billed")
    add("--timeout", type=_seconds, metavar="SECONDS", help="limit for the whole; default: none")

    add = parser.add_argument_group(
        "with --server", "--voice is the speaker there; --sample-rate, or else --model, tells that of its audio"
    ).add_argument
    modes = ("sft", "zero_shot", "cross_lingual", "instruct", "instruct2")
    add("--mode", choices=modes, help="default: by what else is given, otherwise sft")
    add("--prompt-audio", metavar="FILE", help="a recording of the voice to speak with")
    add("--prompt-text", metavar="TEXT", help="what is said in it")


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_serve)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; default: %(default)s")
    parser.add_argument("--port", type=_port, default=8765, help="0 for any free one; default: %(default)s")
    parser.add_argument("--api-key", metavar="KEY", help="the only key to let in; default: any")
    parser.add_argument("--strict", action="store_true", help="refuse unknown models and voices, as the cloud does")
    add = parser.add_argument_group("who speaks").add_argument
    add("--engine", choices=("espeak", "cosyvoice", "openai"), default="espeak",
        help="espeak-ng on this machine (the default), self-hosted CosyVoice servers, or servers with an "
             "OpenAI-compatible /v1/audio/speech")  # fmt: skip
    add("--upstream", metavar="URL[,URL...]", action="append", default=[],
        help="those servers; their key goes into DASHSCOPE_TTS_SERVER_KEY")  # fmt: skip
    add("--upstream-model", metavar="NAME", help="the model they run, which tells the sample rate of CosyVoice")
    add("--upstream-rate", type=int, metavar="HZ", help="the sample rate of their audio")
    add("--voices", metavar="FILE", help="JSON or TOML: which voice of theirs stands behind a name")
    parser.add_argument("--data", metavar="DIR", help="folder that keeps created voices; default: none are kept")
    parser.add_argument("--open", action="store_true", help="open the page of the service in the browser")
    parser.add_argument("-v", "--verbose", action="store_true", help="write an access log to standard error")
    parser.add_argument(
        "--max-sessions", type=_count, default=1000, metavar="N", help="at one time; default: %(default)s"
    )
    parser.add_argument(
        "--cors", action="append", default=[], metavar="ORIGIN", help="let the web pages of an origin use the service"
    )


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_run)
    parser.add_argument("--local", action="store_true", help="let the local service answer for the vendor's hosts")
    parser.add_argument("-m", dest="module", action="store_true", help="PROGRAM is a module, as for python -m")
    parser.add_argument("program", metavar="PROGRAM", help="a script, or with -m a module")
    parser.add_argument("arguments", metavar="ARGUMENT", nargs=argparse.REMAINDER, help="what the program is given")


def _add_voices(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_voices)
    parser.add_argument("--model", help="only those of a model, such as cosyvoice-v3-flash")
    parser.add_argument("--language", metavar="CODE", help="only those that speak a language, such as zh or en")
    parser.add_argument("--json", action="store_true", help="as a JSON list")


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds above 0")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return value


def _url(text: str) -> str:
    if not text.startswith(("ws://", "wss://")):
        raise argparse.ArgumentTypeError(f"{text!r} does not begin with wss:// or ws://")
    return text


def _port(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port: 0 to 65535")
    return value


def _say(arguments: argparse.Namespace) -> int:
    from .say import say

    return say(arguments)


def _serve(arguments: argparse.Namespace) -> int:
    from .service import serve

    return serve(arguments)


def _run(arguments: argparse.Namespace) -> int:
    from .run import run

    return run(arguments)


def _voices(arguments: argparse.Namespace) -> int:
    from .service import voices

    return voices(arguments)
