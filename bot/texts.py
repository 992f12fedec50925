"""The sentences of the front server, read from ``texts.vi.yml``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from knowledge.reply import Block, Button, Reply

_FILE = Path(__file__).with_name("texts.vi.yml")


class Texts:
    """Looks sentences up by name; an unknown name is a KeyError."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._errors: Mapping[str, str] = data["errors"]
        self._sections: Mapping[str, Mapping[str, str]] = data
        self._entries: Mapping[str, Any] = data["replies"]
        self._replies = {name: _reply(entry) for name, entry in data["replies"].items()}

    @classmethod
    @lru_cache(maxsize=1)
    def load(cls, path: Path = _FILE) -> Texts:
        """Read the file."""
        return cls(yaml.safe_load(path.read_text(encoding="utf-8")))

    def error(self, code: str, **values: object) -> str:
        """Return the polite sentence for an error code."""
        return self._errors[code].format(**values)

    def line(self, kind: str, **values: object) -> str:
        """Return how a thing that is no text stands in the transcript."""
        return " ".join(self._sections["lines"][kind].format(**values).split())

    def word(self, name: str) -> str:
        """Return a phrase that channels put into messages."""
        return self._sections["words"][name]

    def alert(self, key: str, **values: object) -> str:
        """Return the sentence of an alert, for staff."""
        return self._sections["alerts"][key].format(**values)

    def finding(self, key: str, **values: object) -> str:
        """Return the sentence of a self-check's finding, for whoever runs the installation."""
        return self._sections["findings"][key].format(**values)

    def file(self, reason: str) -> str:
        """Return why a file is not kept."""
        return self._sections["files"][reason]

    def erasure(self, key: str, **values: object) -> str:
        """Return what the erasure of a conversation says to whoever asked for it."""
        return self._sections["erasure"][key].format(**values)

    def retention(self, key: str, **values: object) -> str:
        """Return what was done about talk that is too old to keep."""
        return self._sections["retention"][key].format(**values)

    def backup(self, key: str, **values: object) -> str:
        """Return what a backup or its return says to whoever runs the installation."""
        return self._sections["backup"][key].format(**values)

    def reply(self, name: str, **values: object) -> Reply:
        """Return a whole reply, its places filled in where there are any."""
        if not values:
            return self._replies[name]
        return _reply(self._entries[name], values)


def _reply(entry: Mapping[str, Any], values: Mapping[str, object] | None = None) -> Reply:
    text = entry["text"].format(**values) if values else entry["text"]
    return Reply(
        outcome=entry["outcome"],
        bubbles=((Block("text", text=text),),),
        buttons=tuple(Button(**button) for button in entry.get("buttons", ())),
        handoff=entry.get("handoff", ""),
    )
