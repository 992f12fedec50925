"""What can be asked about a procedure, in the order in which an answer says it."""

from __future__ import annotations

from collections.abc import Iterable

# The finer aspects on the right are answered apart but counted as the one on their left.
ASPECTS: dict[str, tuple[str, ...]] = {
    "documents": ("replaced_papers", "who"),
    "forms": (),
    "conditions": (),
    "fee": ("payment",),
    "time": (),
    "place": ("elsewhere", "post"),
    "online": ("compare",),
    "steps": ("related",),
    "result": (),
    "legal_basis": (),
}
_PARENT = {fine: aspect for aspect, finer in ASPECTS.items() for fine in finer}
_ORDER = [name for aspect, finer in ASPECTS.items() for name in (aspect, *finer)]
EVERYTHING = ("documents", "fee", "time", "place", "online")


def ordered(aspects: Iterable[str]) -> tuple[str, ...]:
    """Return known aspects once each, in the order of an answer; ``all`` means the usual five."""
    asked = set(aspects)
    if "all" in asked:
        asked = asked - {"all"} | set(EVERYTHING)
    return tuple(name for name in _ORDER if name in asked)


def reported(aspects: Iterable[str]) -> tuple[str, ...]:
    """Return the main aspects under which the asked ones are counted."""
    return ordered({_PARENT.get(name, name) for name in aspects})
