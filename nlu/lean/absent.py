"""Stands in for TensorFlow while Rasa is imported: none of our components needs it, and it takes 400 MB and seconds.

Rasa imports every component it has, its own neural ones too, whose classes are built upon TensorFlow's. Here they are
built upon a class that can do nothing. Whoever wants to use one afterwards is told so.
"""

from __future__ import annotations

import importlib.machinery
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from types import ModuleType
from typing import Any

_LEFT_OUT = {"tensorflow", "tensorflow_addons", "tensorflow_hub", "tensorflow_text", "keras"}
_MESSAGE = (
    "TensorFlow is left out where the product runs (nlu/lean/absent.py), but a component of config.yml needs it:"
    " take that component out, or start 'python -m rasa run' in the Procfile"
)


class _Kind(type):
    """Of classes that stand in: each part is again such a class, until importing is over."""

    importing = True

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return cls._part(name)

    def __getitem__(cls, _key: Any) -> Any:
        return cls._part("item")

    def __call__(cls, *_given: Any, **_named: Any) -> Any:
        return cls._part("called")

    def _part(cls, name: str) -> Any:
        if not _Kind.importing:
            raise RuntimeError(_MESSAGE)
        return _Kind(name, (), {})


class _Absent(ModuleType):
    """A module, or package, in which every name is there and stands in."""

    __path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(_Kind(self.__name__, (), {}), name)


class _Finder(MetaPathFinder, Loader):
    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name.partition(".")[0] not in _LEFT_OUT:
            return None
        if not _Kind.importing:
            raise ModuleNotFoundError(_MESSAGE, name=name)
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return _Absent(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is in it."""


@contextmanager
def left_out() -> Iterator[None]:
    """Import within it what would import TensorFlow. Afterwards it is as if it were not installed."""
    sys.meta_path.insert(0, _Finder())
    yield
    _Kind.importing = False
    for name in [name for name, module in sys.modules.items() if isinstance(module, _Absent)]:
        del sys.modules[name]
