"""Who imports whom, and what an import costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import dashscope_tts

_PACKAGE = Path(dashscope_tts.__file__).parent
_ROOT = ""  # the package's own __init__: the settings

# Which room may import which, next to itself, common and the root's settings. Only downwards.
_ALLOWED = {
    "__main__": {"cli"},
    "cli": {"audio", "selfhosted", "local", "protocol", "takeover"},
    "audio": {"transport", "protocol", "api_entities"},
    "aigc": {"transport", "protocol", "api_entities"},
    "tokens": {"transport", "protocol"},
    "api_entities": {"transport", "protocol"},
    "transport": {"protocol"},
    "selfhosted": {"protocol"},
    "local": {"protocol", "selfhosted"},  # a self-hosted server may be its engine; never a client of the service
    "takeover": set(),
    "protocol": set(),
    "common": set(),
    "version": set(),
    _ROOT: {"takeover"},
}
# Those that everybody may import, and the rooms that are to stand alone.
_FOR_ALL = {"common", "version", _ROOT}
_ALONE = {"protocol"}


def _room(module: str) -> str:
    return module.partition(".")[0]


def _modules():
    for path in sorted(_PACKAGE.rglob("*.py")):
        parts = path.relative_to(_PACKAGE).with_suffix("").parts
        yield path, ".".join(parts[:-1] if parts[-1] == "__init__" else parts), parts[-1] == "__init__"


def _imports(path: Path, module: str, is_package: bool):
    """The modules of this package that a file imports, at its top or inside its functions."""
    here = module.split(".") if module else []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "dashscope_tts":
                    yield alias.name.partition(".")[2]
        elif isinstance(node, ast.ImportFrom) and node.level:
            up = node.level - (1 if is_package else 0)
            base = here[: len(here) - up]
            if node.module:
                yield ".".join([*base, node.module])
            else:
                for alias in node.names:
                    found = ".".join([*base, alias.name])
                    yield found if _exists(found) else ".".join(base)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "dashscope_tts":
            yield (node.module or "").partition(".")[2]


def _exists(module: str) -> bool:
    path = _PACKAGE.joinpath(*module.split("."))
    return path.with_suffix(".py").exists() or path.is_dir()


def test_the_walk_sees_the_imports():
    found = {m: set(_imports(path, m, package)) for path, m, package in _modules()}
    assert "transport.connection" in found["audio.tts_v2.speech_synthesizer"]
    assert "common.settings" in found[""]
    assert "common.error" in found["transport.conversation"]


def test_every_room_is_on_the_list():
    assert {_room(module) for _, module, _ in _modules()} <= set(_ALLOWED)


@pytest.mark.parametrize("room", sorted({_room(module) for _, module, _ in _modules()}))
def test_a_room_imports_only_what_is_below_it(room):
    allowed = {room} | _ALLOWED[room] | (set() if room in _ALONE else _FOR_ALL)
    wrong = [
        f"{module} imports {imported}"
        for path, module, is_package in _modules()
        if _room(module) == room
        for imported in _imports(path, module, is_package)
        if _room(imported) not in allowed
    ]
    assert wrong == []


def test_the_protocol_stands_on_the_standard_library_alone():
    forbidden = {"socket", "threading", "time", "select", "selectors", "asyncio", "ssl", "queue"}
    for path in (_PACKAGE / "protocol").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            for name in names:
                if sys.version_info >= (3, 10):
                    assert name.split(".")[0] in sys.stdlib_module_names, f"{path.name} imports {name}"
                assert name.split(".")[0] not in forbidden, f"{path.name} imports {name}"


def test_what_is_heavy_is_imported_only_where_it_is_used():
    users: dict[str, set[str]] = {}
    for path, module, _ in _modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            for name in names:
                users.setdefault(name.split(".")[0], set()).add(_room(module))
    assert users["websocket"] <= {"transport", "audio"}
    for heavy in ("starlette", "uvicorn", "espeakng_loader", "wsproto"):
        assert users.get(heavy, set()) <= {"local", "cli"}, heavy


# -- what an import loads, in an interpreter of its own


def _loads(program: str) -> set[str]:
    program = f"{program}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "program", ["import dashscope_tts", "from dashscope_tts.audio.tts_v2 import *", "import dashscope_tts.protocol"]
)
def test_an_import_loads_neither_requests_nor_the_local_service(program):
    loaded = _loads(program)
    assert not loaded & {"requests", "urllib3", "starlette", "uvicorn", "av", "espeakng_loader", "numpy", "asyncio"}
    assert not [name for name in loaded if name.startswith("dashscope_tts.local")]


def test_the_plain_import_loads_no_socket():
    assert not _loads("import dashscope_tts") & {"socket", "ssl", "websocket", "json"}


def test_the_synthesizer_loads_nothing_for_what_is_rare():
    # Dates in a Retry-After, entities in SSML that is counted, a dataclass for the hot fix, the pool, the enrollment.
    loaded = _loads("import dashscope_tts.audio.tts_v2") - _loads("import websocket")
    assert not loaded & {"email.utils", "datetime", "locale", "html", "dataclasses", "platform", "uuid", "queue"}
    rooms = ("dashscope_tts.transport.pool", "dashscope_tts.transport.http", "dashscope_tts.api_entities")
    assert not [name for name in loaded if name.startswith(rooms)]


def test_the_plain_import_generates_no_code():
    assert not _loads("import dashscope_tts") & {"dataclasses", "inspect"}


def test_importing_starts_no_thread():
    done = subprocess.run(
        [sys.executable, "-c", "import threading; from dashscope_tts.audio.tts_v2 import *; "
         "print(threading.active_count())"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "1"


def test_classes_are_reached_by_attribute_after_the_plain_import():
    program = (
        "import dashscope_tts\n"
        "assert dashscope_tts.audio.tts_v2.SpeechSynthesizer.__name__ == 'SpeechSynthesizer'\n"
        "assert dashscope_tts.api_entities.dashscope_response.SpeechSynthesisResponse"
    )
    assert "dashscope_tts.audio.tts_v2.speech_synthesizer" in _loads(program)
    assert _loads("import dashscope_tts; assert dashscope_tts.api_entities.dashscope_response.Audio")


def test_an_attribute_that_is_not_there_is_told_as_python_tells_it():
    with pytest.raises(AttributeError, match="module 'dashscope_tts' has no attribute 'nothing'"):
        dashscope_tts.nothing  # noqa: B018
    with pytest.raises(AttributeError, match=r"module 'dashscope_tts\.audio' has no attribute 'nothing'"):
        dashscope_tts.audio.nothing  # noqa: B018
