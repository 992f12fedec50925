"""What a decision is worth to a citizen, and which one is worth most."""

from __future__ import annotations

from knowledge.search.outlook import Outlook

# Worth of each decision when the leader, another procedure, several alike, or none is meant. A wrong procedure stated
# as the answer is the worst: a right answer does not make up for it.
_WORTH = {
    "answer": (1.0, -1.2, -0.2, -1.7),
    "clarify": (0.1, -0.25, 0.6, -0.3),
    "not_found": (-0.6, -0.6, -1.2, 1.0),
}
# What a second question back in a row costs: whoever was just asked has said what they can.
_ASKED_AGAIN = 0.35


def best_decision(outlook: Outlook, asked_before: bool = False) -> str:
    """Return answer, clarify or not_found; ``asked_before`` tells that the citizen was just asked back."""
    chances = (outlook.leader, outlook.other, outlook.open, outlook.none)

    def worth(decision: str) -> float:
        cost = _ASKED_AGAIN if asked_before and decision == "clarify" else 0.0
        return sum(worth * chance for worth, chance in zip(_WORTH[decision], chances)) - cost

    return max(_WORTH, key=worth)
