"""All changes of Rasa that this package makes, in one call."""

from __future__ import annotations

from nlu.lean import again, answers, calls, domain, events, garbage, graph, rules, sessions


def apply() -> None:
    """Change Rasa in this process; a second time changes nothing."""
    for part in (again, answers, calls, domain, events, garbage, graph, rules, sessions):
        part.apply()
