"""Stored events find their class in a table, not by a walk through all classes for each event."""

from __future__ import annotations

from functools import lru_cache

from rasa.shared.core.events import Event

_stock = Event.resolve_by_type


def apply() -> None:
    """Let Rasa look each kind of event up once."""
    Event.resolve_by_type = staticmethod(lru_cache(maxsize=256)(_stock))
