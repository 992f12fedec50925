"""Rules are looked for by the intent alone where none speaks of a text; Rasa looks for the text first."""

from __future__ import annotations

import json
from typing import Any

from rasa.core.policies.rule_policy import RULES, RulePolicy
from rasa.shared.core.constants import ACTION_LISTEN_NAME, PREVIOUS_ACTION, USER
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ACTION_NAME, INTENT, TEXT

_Found = tuple[str | None, str | None, bool]
_KNOWN = "_tthc_only_intents"
_stock = RulePolicy._find_action_from_rules


def apply() -> None:
    """Let Rasa look for rules so."""
    RulePolicy._find_action_from_rules = _find


def _find(
    policy: RulePolicy, tracker: DialogueStateTracker, domain: Domain, use_text_for_last_user_input: bool
) -> _Found:
    if use_text_for_last_user_input and not tracker.active_loop_name and _only_intents(policy):
        return None, None, False
    found: _Found = _stock(policy, tracker, domain, use_text_for_last_user_input)
    return found


def _only_intents(policy: RulePolicy) -> bool:
    """Tell whether each rule that fits after a citizen's words wants an intent."""
    known: bool | None = getattr(policy, _KNOWN, None)
    if known is None:
        known = all(_wants_an_intent(json.loads(key)[-1]) for key in policy.lookup[RULES])
        setattr(policy, _KNOWN, known)
    return known


def _wants_an_intent(last: dict[str, Any]) -> bool:
    before, said = last.get(PREVIOUS_ACTION, {}), last.get(USER, {})
    return before.get(ACTION_NAME, ACTION_LISTEN_NAME) != ACTION_LISTEN_NAME or (INTENT in said and TEXT not in said)
