"""Answering for ``dashscope``: programs that import the official package get this one, unchanged.

Where the official package is not installed, ``dashscope`` is this package. Where it is, its speech modules are ours,
the rest stays its own, and both read the same settings.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.util
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Optional

__all__ = ["install", "uninstall"]

_OURS, _OFFICIAL = __package__, "dashscope"
_SPEECH = ("audio.tts", "audio.tts_v2", "audio.qwen_tts", "audio.qwen_tts_realtime", "audio.http_tts")
_SHARED_SETTINGS = (
    "api_key",
    "api_key_file_path",
    "base_http_api_url",
    "base_websocket_api_url",
    "base_compatible_api_url",
)
_SHARED_NAMES = ("set_region", "save_api_key")


def install() -> None:
    """Answer for ``dashscope`` from here on; again: nothing happens.

    Call it before, or after, the first import of ``dashscope``. What a program has imported from the official speech
    modules by name before stays the official's.

    Where the official package is installed, this imports it: ``dashscope.Generation`` and all else outside speech is
    its own, ``dashscope.api_key`` and the base URLs count for both, and the errors raised here can be caught under
    the official names.
    """
    global _active
    if _active is None:
        _active = _BesideOfficial() if _official_is_installed() else _Alone()
        _active.begin()


def uninstall() -> None:
    """Undo ``install``; what a program has imported meanwhile stays ours."""
    global _active
    if _active is not None:
        active, _active = _active, None
        active.end()


def _official_is_installed() -> bool:
    if _OFFICIAL in sys.modules:
        return sys.modules[_OFFICIAL] is not sys.modules[_OURS]
    return _exists(_OFFICIAL)


class _Loader(importlib.abc.Loader):
    """Gives one of our modules under an official name."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._own_spec: Optional[ModuleSpec] = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self._name)
        self._own_spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._own_spec  # the import system has just put the official name's there


class _Takeover(importlib.abc.MetaPathFinder):
    """What both ways have in common: a finder for official names, and the way back."""

    def __init__(self) -> None:
        self._replaced: dict[str, Optional[ModuleType]] = {}  # what stood in sys.modules under official names

    def begin(self) -> None:
        sys.meta_path.insert(0, self)

    def end(self) -> None:
        sys.meta_path.remove(self)
        for name in [name for name, module in sys.modules.items() if _is_ours_under_official_name(name, module)]:
            self._replaced.setdefault(name, None)
        for name, before in self._replaced.items():
            if before is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = before
            self._put_into_parent(name, before)

    @staticmethod
    def _put_into_parent(name: str, module: Optional[ModuleType]) -> None:
        parent, _, child = name.rpartition(".")
        package = sys.modules.get(parent)
        if package is None or package.__name__.partition(".")[0] == _OURS:
            return
        if module is not None:
            setattr(package, child, module)
        elif child in vars(package):
            delattr(package, child)

    @staticmethod
    def _ours_for(name: str) -> str:
        return _OURS + name[len(_OFFICIAL) :]

    def _spec(self, name: str) -> ModuleSpec:
        ours = self._ours_for(name)
        found = importlib.util.find_spec(ours)
        is_package = found is not None and found.submodule_search_locations is not None
        return ModuleSpec(name, _Loader(ours), is_package=is_package)


def _is_ours_under_official_name(name: str, module: Any) -> bool:
    return name.partition(".")[0] == _OFFICIAL and getattr(module, "__name__", "").partition(".")[0] == _OURS


class _Alone(_Takeover):
    """The official package is not there: ``dashscope`` is this package."""

    def begin(self) -> None:
        super().begin()
        sys.modules[_OFFICIAL] = sys.modules[_OURS]

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Optional[ModuleSpec]:
        if not name.startswith(_OFFICIAL + "."):
            return None
        if not _exists(self._ours_for(name)):
            raise ModuleNotFoundError(outside_speech(name), name=name)
        return self._spec(name)


class _BesideOfficial(_Takeover):
    """The official package is there: its speech modules are replaced, its settings and errors shared."""

    def __init__(self) -> None:
        super().__init__()
        self._attributes: dict[str, Any] = {}
        self._bases: dict[type, tuple[type, ...]] = {}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Optional[ModuleSpec]:
        if not _is_speech(name):
            return None
        return self._spec(name) if _exists(self._ours_for(name)) else None

    def begin(self) -> None:
        super().begin()
        for name in [name for name in sys.modules if _is_speech(name)]:
            if _exists(self._ours_for(name)):
                self._replaced[name] = sys.modules[name]
                sys.modules[name] = importlib.import_module(self._ours_for(name))
                self._put_into_parent(name, sys.modules[name])
        official = importlib.import_module(_OFFICIAL)
        self._derive_errors()
        self._share_settings(official)

    def end(self) -> None:
        ours: Any = sys.modules[_OURS]
        official = sys.modules[_OFFICIAL]
        values = {name: getattr(official, name) for name in _SHARED_SETTINGS}
        ours.__class__ = ModuleType
        vars(ours).update(values)
        for name, before in self._attributes.items():
            setattr(official, name, before)
        for kind, bases in self._bases.items():
            kind.__bases__ = bases
        super().end()

    def _share_settings(self, official: ModuleType) -> None:
        """The official module's attributes are the settings; ours are read and set through to them."""
        ours: Any = sys.modules[_OURS]
        for name in _SHARED_SETTINGS:
            vars(ours).pop(name)
        ours.__class__ = type("SharedSettings", (ModuleType,), {name: _shared(name) for name in _SHARED_SETTINGS})
        speech = {"SpeechSynthesizer": "audio.tts", "HttpSpeechSynthesizer": "audio.http_tts"}
        replacements = {name: getattr(ours, name) for name in _SHARED_NAMES}
        for name, module in speech.items():
            if _exists(f"{_OURS}.{module}"):
                replacements[name] = getattr(importlib.import_module(f"{_OURS}.{module}"), name)
        for name, replacement in replacements.items():
            self._attributes[name] = getattr(official, name)
            setattr(official, name, replacement)

    def _derive_errors(self) -> None:
        """Let each of our errors be one of the official error of its name, for programs that catch that."""
        ours = importlib.import_module(f"{_OURS}.common.error")
        official = importlib.import_module(f"{_OFFICIAL}.common.error")
        for name in ours.__all__:
            kind = getattr(ours, name)
            if kind is ours.DashScopeException:
                continue  # Python cannot change the base of what derives from Exception itself; all others can
            base = getattr(official, name, official.DashScopeException)
            if not issubclass(kind, base):
                self._bases[kind] = kind.__bases__
                builtin = tuple(b for b in kind.__bases__ if b.__module__ == "builtins")
                kind.__bases__ = (*(b for b in kind.__bases__ if b not in builtin), base, *builtin)


def _exists(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # not even the package it would be in
        return False


def _is_speech(name: str) -> bool:
    inner = name[len(_OFFICIAL) + 1 :]
    return name.startswith(_OFFICIAL + ".") and any(
        inner == speech or inner.startswith(speech + ".") for speech in _SPEECH
    )


def _shared(name: str) -> property:
    def read(_: Any) -> Any:
        return getattr(sys.modules[_OFFICIAL], name)

    def write(_: Any, value: Any) -> None:
        setattr(sys.modules[_OFFICIAL], name, value)

    return property(read, write)


def outside_speech(name: str) -> str:
    """What to say of an official name that is not of speech."""
    return (
        f"{name} is not part of speech synthesis, which is all that dashscope_tts answers for as 'dashscope'; "
        "it is in the official package: pip install dashscope"
    )


_active: Optional[_Takeover] = None
