"""The programs printed in the vendor's guides, taken out of the documents and given another address."""

from __future__ import annotations

import ast
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

__all__ = ["DOCUMENTS", "GuideProgram", "programs_in"]

DOCUMENTS = Path(__file__).parents[3] / "shared" / "seeds"
_LONGEST = 150  # lines
_FIRST_LINE = re.compile(r"^\s*# coding=utf-8\s*$")


@dataclass(frozen=True)
class GuideProgram:
    """A program as printed.

    Args:
        place: the document and the line it begins at.
        text: the program.
    """

    place: str
    text: str

    @property
    def style(self) -> str:
        """Which of the three ways of the guide it shows."""
        if "streaming_call(" in self.text:
            return "bidirectional"
        return "unidirectional" if "callback=callback" in self.text else "non-streaming"

    def for_us(self, url: str) -> str:
        """The program with our name in its imports, and the address of another service."""
        text = re.sub(r"^(\s*)import dashscope$", r"\1import dashscope_tts as dashscope", self.text, flags=re.M)
        text = re.sub(r"^(\s*from )dashscope\.", r"\1dashscope_tts.", text, flags=re.M)
        # Some leave the address as it is by default; then the environment says it.
        return re.sub(r"""wss://[\w.-]+/api-ws/v1/inference""", url, text)


def programs_in(document: Path) -> list[GuideProgram]:
    """The complete programs of a document that speak with CosyVoice."""
    lines = document.read_text(encoding="utf-8").splitlines()
    found = []
    for number, line in enumerate(lines):
        if _FIRST_LINE.match(line):
            text = _longest_program(lines[number : number + _LONGEST])
            if "from dashscope.audio.tts_v2 import *" in text and "synthesizer = SpeechSynthesizer(" in text:
                found.append(GuideProgram(f"{document.stem.partition('_')[0]} line {number + 1}", text))
    return found


def _longest_program(lines: list[str]) -> str:
    """As many of the lines as are Python; the prose that follows a program is not."""
    for count in range(len(lines), 0, -1):
        text = textwrap.dedent(_flush_left(lines[:count]))
        try:
            statements = ast.parse(text).body
        except SyntaxError:
            continue
        while statements and isinstance(statements[-1], ast.Expr) and isinstance(statements[-1].value, ast.Name):
            statements.pop()  # a heading of one word
        end = statements[-1].end_lineno if statements else 0
        return "\n".join(text.splitlines()[:end]) + "\n"
    return ""


def _flush_left(lines: list[str]) -> str:
    """The lines, with the first one indented as those that follow, where the document has lost that."""
    indents = [len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()]
    return "\n".join([" " * min(indents, default=0) + lines[0].lstrip(), *lines[1:]])
