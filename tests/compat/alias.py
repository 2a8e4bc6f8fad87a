"""``import dashscope`` answered by this package, module for module: the same objects under both names."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from types import ModuleType
from typing import Any

__all__ = ["answer_dashscope_with_ours"]

_OFFICIAL, _OURS = "dashscope", "dashscope_tts"


class _Alias(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        root, _, rest = fullname.partition(".")
        if root != _OFFICIAL:
            return None
        ours = f"{_OURS}.{rest}" if rest else _OURS
        try:
            found = importlib.util.find_spec(ours)
        except ModuleNotFoundError:
            found = None
        if found is None:
            # Not None: that would let the official package answer where it is installed.
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return importlib.machinery.ModuleSpec(fullname, self, is_package=found.submodule_search_locations is not None)

    def create_module(self, spec: Any) -> ModuleType:
        module = importlib.import_module(_OURS + spec.name[len(_OFFICIAL) :])
        self._spec_of_its_own = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec_of_its_own  # the import system has just put the alias's there


def answer_dashscope_with_ours() -> None:
    """From now on, in this process."""
    sys.meta_path.insert(0, _Alias())
