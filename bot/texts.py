"""The sentences of the front server, read from ``texts.vi.yml``."""

from __future__ import annotations

from collections.abc import Mapping
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
        self._replies = {name: _reply(entry) for name, entry in data["replies"].items()}

    @classmethod
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

    def reply(self, name: str) -> Reply:
        """Return a whole reply."""
        return self._replies[name]


def _reply(entry: Mapping[str, Any]) -> Reply:
    return Reply(
        outcome=entry["outcome"],
        bubbles=((Block("text", text=entry["text"]),),),
        buttons=tuple(Button(**button) for button in entry.get("buttons", ())),
        handoff=entry.get("handoff", ""),
    )
