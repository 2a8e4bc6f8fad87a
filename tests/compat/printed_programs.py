"""All complete Python programs that the vendor prints in its documents, exactly as printed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .guide_programs import DOCUMENTS

__all__ = ["FAMILIES", "PrintedProgram", "printed_programs"]

# What of a program tells its family; the first that is found counts.
FAMILIES = {
    "realtime commit": "qwen_tts_realtime.commit()",
    "realtime server_commit": "= QwenTtsRealtime(",
    "pool": "SpeechSynthesizerObjectPool(",
    "word timestamps": "'word_timestamp_enabled': True",
    "bidirectional": "synthesizer.streaming_call(",
    "unidirectional": "callback=callback,\n",
    "non-streaming": "audio = synthesizer.call(",
    "raw websocket": "websocket.WebSocketApp(",
    "raw realtime module": "class TTSRealtimeClient",
    "raw realtime commit": "mode=SessionMode.COMMIT",
    "raw realtime server_commit": "mode=SessionMode.SERVER_COMMIT",
    "self-hosted": "/inference_{}",
}
_SHORTEST = 10  # lines; what is shorter shows a call or two, and is no program
_LIBRARIES = ("dashscope", "websocket", "websockets", "requests", "tts_realtime_client")
_IMPORT = re.compile(r"^(\s*)(?:import|from) [\w.]+[^;]*$")
_OF_PROSE = (ast.Name, ast.BinOp)  # what a heading is to Python: Java, Qwen-TTS


@dataclass(frozen=True)
class PrintedProgram:
    """A program as printed.

    Args:
        document: the number of the document.
        line: where it begins there.
        text: the program.
    """

    document: str
    line: int
    text: str

    @property
    def family(self) -> str:
        """One of ``FAMILIES``; "" where none fits."""
        return next((name for name, sign in FAMILIES.items() if sign in self.text), "")

    @property
    def uses_the_package(self) -> bool:
        return not self.family.startswith(("raw", "self-hosted"))

    def __str__(self) -> str:
        return f"{self.family or 'unknown'}, {self.document} line {self.line}"


def printed_programs() -> list[PrintedProgram]:
    """The programs of all documents; none where the documents are absent."""
    return [program for document in sorted(DOCUMENTS.glob("*.txt")) for program in _programs_of(document)]


def _programs_of(document: Path) -> Iterator[PrintedProgram]:
    lines = document.read_text(encoding="utf-8").splitlines()
    number = 0
    while number < len(lines):
        match = _IMPORT.match(lines[number])
        text = _program(lines[number:], match.group(1)) if match else ""
        if _is_complete(text):
            above = _comments_above(lines, number)
            printed = "".join(f"{line.strip()}\n" for line in lines[above:number]) + text
            yield PrintedProgram(document.stem.partition("_")[0], above + 1, printed)
        number += max(1, text.count("\n"))


def _program(lines: list[str], indentation: str) -> str:
    """As many of the lines as are Python, without the page's indentation; the prose that follows is not."""
    program = []
    for line in lines:
        if line.strip() and not line.startswith(indentation):
            break
        program.append(line[len(indentation) :])
    while program:
        try:
            statements = ast.parse("\n".join(program)).body
        except SyntaxError as error:
            del program[min(error.lineno or 1, len(program)) - 1 :]
            continue
        while statements and isinstance(statements[-1], ast.Expr) and isinstance(statements[-1].value, _OF_PROSE):
            statements.pop()
        end = statements[-1].end_lineno if statements else 0
        return "".join(f"{line}\n" for line in program[:end])
    return ""


def _is_complete(text: str) -> bool:
    imported = re.findall(r"^(?:import|from) (\w+)", text, re.M)
    return text.count("\n") >= _SHORTEST and not set(imported).isdisjoint(_LIBRARIES)


def _comments_above(lines: list[str], number: int) -> int:
    """Where the comments above a line begin."""
    first = number
    for above in range(number - 1, -1, -1):
        line = lines[above].strip()
        if line.startswith("#"):
            first = above
        elif line:
            break
    return first
