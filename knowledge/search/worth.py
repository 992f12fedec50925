"""What a decision is worth to a citizen, and which one is worth most."""

from __future__ import annotations

from knowledge.search.outlook import Outlook

# Worth of each decision when the leader, another procedure, several alike, or none is meant. A wrong procedure stated
# as the answer is the worst: two right answers do not make up for it.
_WORTH = {
    "answer": (1.0, -2.5, -0.5, -2.5),
    "clarify": (0.1, -0.25, 0.6, -0.3),
    "not_found": (-0.8, -0.8, -0.8, 1.0),
}


def best_decision(outlook: Outlook) -> str:
    """Return answer, clarify or not_found."""
    chances = (outlook.leader, outlook.other, outlook.open, outlook.none)
    return max(_WORTH, key=lambda decision: sum(worth * chance for worth, chance in zip(_WORTH[decision], chances)))
