"""Every Python program of the vendor's documents that uses the package runs as printed, in the local service's voice.

The programs are taken from the documents at test time, where there is a copy of them beside the checkout. Nothing in
them is touched; what plays audio is a stand-in, and no key is set.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .printed_programs import FAMILIES, PrintedProgram, printed_programs
from .printed_running import ABSENT, WITHOUT_OFFICIAL, check_speech, prepare, run_locally, some_or_skipped

ALL = printed_programs()
PROGRAMS = [program for program in ALL if program.uses_the_package]
FIRST_OF_EACH_FAMILY = list({program.family: program for program in reversed(PROGRAMS)}.values())
VENDORS_URL = re.compile(r"^[^#\n]*wss://([\w.-]+)", re.M)


def _check_speech(program: PrintedProgram, folder: Path) -> None:
    check_speech(folder, 3 if program.family in ("pool", "realtime commit") else 1)


@pytest.mark.skipif(not ALL, reason=ABSENT)
def test_the_documents_hold_programs_of_every_family_and_of_no_other() -> None:
    assert {program.family for program in ALL} == set(FAMILIES)


@pytest.mark.parametrize("program", some_or_skipped(PROGRAMS), ids=str)
def test_a_program_runs_as_printed(program: PrintedProgram, tmp_path: Path) -> None:
    folder = prepare(tmp_path)
    said = run_locally(folder, program.text).stderr
    assert said.endswith("speech of dashscope_tts\n")
    _check_speech(program, folder)
    address = VENDORS_URL.search(program.text)
    if address and program.family != "pool":  # its connections are open before it gives the address
        assert f"dashscope-tts: {address.group(1)} is answered by the local service" in said


@pytest.mark.parametrize("program", some_or_skipped(FIRST_OF_EACH_FAMILY), ids=str)
def test_a_program_runs_where_the_official_package_is_not_installed(
    program: PrintedProgram, tmp_path: Path
) -> None:
    folder = prepare(tmp_path, WITHOUT_OFFICIAL)
    said = run_locally(folder, program.text).stderr
    assert said.endswith("speech of dashscope_tts\n")
    _check_speech(program, folder)
