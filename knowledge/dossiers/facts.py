"""What a citizen may be told about a dossier, whatever system it comes from: no name, no number, no note."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from knowledge.models import Dossier

_MOMENTS = ("received_at", "due_at", "new_due_at", "finished_at", "returned_at", "changed_at", "seen_at")


@dataclass(frozen=True)
class Facts:
    """A dossier as one system has it.

    ``status`` is national (1–10), None for a step that nobody could map. Moments are aware. ``changed_at`` is
    when the source last changed something, None where it does not tell; ``seen_at`` when it said all
    this. ``is_copy``: the source did not answer now, this is what it said then.
    """

    code: str
    procedure_code: str
    procedure_name: str
    unit: str
    status: int | None
    received_at: dt.datetime | None
    due_at: dt.datetime | None
    new_due_at: dt.datetime | None
    finished_at: dt.datetime | None
    returned_at: dt.datetime | None
    changed_at: dt.datetime | None
    seen_at: dt.datetime
    source: str
    is_copy: bool = False

    @property
    def promised_at(self) -> dt.datetime | None:
        """The date that counts: the new one wins."""
        return self.new_due_at or self.due_at

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON data; ``from_json`` is its inverse."""
        data = asdict(self)
        return {**data, **{name: data[name].isoformat() for name in _MOMENTS if data[name]}}

    @classmethod
    def from_json(cls, data: Mapping[str, Any], **more: Any) -> Facts:
        """Return the facts written by ``to_json``, with other values where ``more`` names them."""
        moments = {name: dt.datetime.fromisoformat(data[name]) for name in _MOMENTS if data.get(name)}
        return cls(**{**data, **moments, **more})


def facts_of(row: Dossier) -> Facts:
    """Return what the own table knows."""
    names = {one.name for one in fields(Facts)} - {"changed_at", "is_copy"}
    return Facts(changed_at=row.updated_at, **{name: getattr(row, name) for name in names})
