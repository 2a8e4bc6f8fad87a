"""The Python programs of the vendor's documents that speak the protocols themselves run too, but for the URL.

They go through ``python -m dashscope_tts --local`` as all others do, and find a key there. See test_documents.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashscope_tts.local import LocalService, serve

from .printed_programs import printed_programs
from .printed_running import ABSENT, check_speech, prepare, run_locally

PRINTED = {program.family: program.text for program in printed_programs() if not program.uses_the_package}
VENDOR = "wss://dashscope-intl.aliyuncs.com"

pytestmark = pytest.mark.skipif(not PRINTED, reason=ABSENT)


@pytest.fixture(scope="module")
def service() -> Iterator[LocalService]:
    """For clients that must be told where to connect."""
    with serve(configure=False) as running:
        yield running


def _given_the_local_url(family: str, service: LocalService) -> str:
    assert VENDOR in PRINTED[family]
    return PRINTED[family].replace(VENDOR, f"ws://127.0.0.1:{service.port}")


def test_the_websocket_client(service: LocalService, tmp_path: Path) -> None:
    folder = prepare(tmp_path)
    said = run_locally(folder, _given_the_local_url("raw websocket", service)).stdout
    assert "Task completed" in said
    check_speech(folder)


@pytest.mark.parametrize(
    ("mode", "typed"), [("server_commit", ""), ("commit", "Good morning.\nHow do you do?\n\n")]
)
def test_the_asyncio_clients_with_their_module(
    service: LocalService, tmp_path: Path, mode: str, typed: str
) -> None:
    folder = prepare(tmp_path)
    (folder / "tts_realtime_client.py").write_text(PRINTED["raw realtime module"], encoding="utf-8")
    said = run_locally(folder, _given_the_local_url(f"raw realtime {mode}", service), typed=typed).stdout
    assert "Response completed" in said
    check_speech(folder, 2)  # what was played, and what was kept


@pytest.mark.parametrize("mode", ["sft", "zero_shot"])
def test_the_client_of_a_self_hosted_server(service: LocalService, tmp_path: Path, mode: str) -> None:
    folder = prepare(tmp_path)
    (tmp_path / "recording").write_bytes(b"RIFF, or anything else")
    where = ["--host", "127.0.0.1", "--port", str(service.port), "--prompt_wav", str(tmp_path / "recording")]
    run_locally(folder, PRINTED["self-hosted"], *where, "--mode", mode)
    check_speech(folder)
