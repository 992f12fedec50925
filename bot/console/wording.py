"""The sentences of the console that code chooses, read from the ``texts.vi.yml``; all others stand in the templates."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

_ROOM = Path(__file__).parent


class Words:
    """Looks sentences up by section and name; an unknown one is a KeyError."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data

    @classmethod
    @lru_cache(maxsize=1)
    def load(cls, room: Path = _ROOM) -> Words:
        """Read the file of the console and those of the rooms within it; a section of a room adds to one of its name.

        Raises:
            ValueError: two files have a sentence of one name.
        """
        data: dict[str, dict[str, Any]] = {}
        for path in sorted(room.rglob("texts.vi.yml")):
            for name, entries in yaml.safe_load(path.read_text(encoding="utf-8")).items():
                section = data.setdefault(name, {})
                if section.keys() & entries.keys():
                    raise ValueError(f"{path}: {name} has {sorted(section.keys() & entries.keys())} twice")
                section.update(entries)
        return cls(data)

    def say(self, section: str, name: str, **values: object) -> str:
        """Return a sentence, its places filled in."""
        return str(self._data[section][name]).format(**values)

    def section(self, name: str) -> Mapping[str, Any]:
        """Return all of a section in its order."""
        found: Mapping[str, Any] = self._data[name]
        return found
