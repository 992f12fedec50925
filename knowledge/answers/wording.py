"""Citizen-facing sentences of the answers, and how money, days and modes are written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_FOLDER = Path(__file__).parent.parent / "data" / "answers"
_FILE = _FOLDER / "texts.vi.yml"


class Texts:
    """Sentences by dotted key, filled with ``str.format``."""

    def __init__(self, tree: Mapping[str, Any]) -> None:
        self._tree = tree

    def get(self, key: str) -> Any:
        """Return what stands under the dotted key.

        Raises:
            KeyError: there is no such key; the message names it.
        """
        node: Any = self._tree
        for part in key.split("."):
            if not isinstance(node, Mapping) or part not in node:
                raise KeyError(f"no text {key!r}")
            node = node[part]
        return node

    def __call__(self, key: str, **values: object) -> str:
        return str(self.get(key)).format(**values).strip()


@cache
def load_texts(path: Path = _FILE) -> Texts:
    """Read the sentences once."""
    return Texts(yaml.safe_load(path.read_text(encoding="utf-8")))


def status_texts() -> Texts:
    """Return the sentences about dossiers."""
    return load_texts(_FOLDER / "status.vi.yml")


def notice_texts() -> Texts:
    """Return the sentences of notices about dossiers."""
    return load_texts(_FOLDER / "notices.vi.yml")


def money(amount: int) -> str:
    """Return an amount in đồng as citizens read it: 25000 -> 25.000 đ (with a no-break space)."""
    return f"{amount:,}".replace(",", ".") + "\u00a0đ"


def day(date: dt.date) -> str:
    """Return dd/mm/yyyy."""
    return date.strftime("%d/%m/%Y")


def decapitalised(text: str) -> str:
    """Return the text with a small first letter unless it starts with an abbreviation."""
    first = text.split(maxsplit=1)[0] if text else ""
    return text if len(first) > 1 and first.isupper() else text[:1].lower() + text[1:]


def joined(parts: list[str], texts: Texts) -> str:
    """Join with commas and a closing "and"."""
    if len(parts) < 2:
        return "".join(parts)
    return ", ".join(parts[:-1]) + f" {texts('and')} " + parts[-1]
