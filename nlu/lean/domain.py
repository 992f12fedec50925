"""Whether a domain is empty is found out once, not by writing all of it out for every message."""

from __future__ import annotations

from rasa.shared.core.domain import Domain

_KNOWN = "_tthc_is_empty"
_stock = Domain.is_empty


def apply() -> None:
    """Let a domain remember it; one that has been loaded is never changed."""
    Domain.is_empty = _is_empty


def _is_empty(domain: Domain) -> bool:
    known: bool | None = getattr(domain, _KNOWN, None)
    if known is None:
        known = bool(_stock(domain))
        setattr(domain, _KNOWN, known)
    return known
