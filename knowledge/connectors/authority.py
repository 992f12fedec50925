"""Which of two systems is believed when both hold a dossier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from knowledge.dossiers.facts import Facts

_STAGES = ("filing", "reception", "processing", "result")
_STAGE_OF = {1: 0, 2: 1, 3: 1, 9: 3, 10: 3}
_PROCESSING = 2  # all others, and a step that nobody could map


@dataclass(frozen=True)
class Found:
    """A dossier as it is told: what the believed system says, and others that say something else."""

    facts: Facts
    others: tuple[Facts, ...] = ()


def choose(told: Sequence[Facts], authority: Mapping[str, Sequence[str]]) -> Found:
    """Return whom to believe; ``authority`` names for each stage the systems, best first.

    What counts is the furthest stage that any of them tells: whoever is behind has not heard of it, or
    is the one to be believed about it.
    """
    stage = _STAGES[max(_STAGE_OF.get(facts.status or 0, _PROCESSING) for facts in told)]
    order = list(authority[stage])
    best = min(told, key=lambda facts: order.index(facts.source) if facts.source in order else len(order))
    return Found(best, tuple(facts for facts in told if facts is not best and _differ(facts, best)))


def _differ(one: Facts, other: Facts) -> bool:
    days = [facts.promised_at and facts.promised_at.date() for facts in (one, other)]
    return one.status != other.status or days[0] != days[1]
