"""What follows an overdue dossier: whether the letter came, and words to send."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.actions import answer, say
from actions.services import province
from actions.tracing import Traced
from knowledge.answers.overdue import INTENT, NOT_RECEIVED, RECEIVED, STEP, coach, forgotten
from knowledge.dossiers.facts import Facts
from knowledge.models import utc_now
from knowledge.reply import Reply

SLOT = "overdue"  # what was told about the dossier after it was proven, and when
_OLD = dt.timedelta(hours=24)  # it may have changed since
_BY_INTENT = {"affirm": RECEIVED, "deny": NOT_RECEIVED}


def remember(facts: Facts | None, now: dt.datetime) -> list[EventType]:
    """Return the event that keeps an overdue dossier for the steps after it, or forgets the one before."""
    return [SlotSet(SLOT, {"facts": facts.to_json(), "at": now.isoformat()} if facts else None)]


def next_step(tracker: Tracker) -> Reply | None:
    """Return what follows a tapped step, or a typed yes or no right after the question; None = it was another one."""
    kept, now = tracker.get_slot(SLOT), utc_now()
    intent = (tracker.latest_message.get("intent") or {}).get("name")
    step = next(tracker.get_latest_entity_values(STEP), None)
    if step is None and intent in _BY_INTENT and _asked_last(tracker.events):
        step = _BY_INTENT[intent]
    if not (kept and step):
        return None
    is_old = now - dt.datetime.fromisoformat(kept["at"]) > _OLD
    return forgotten() if is_old else coach(Facts.from_json(kept["facts"]), step, province(), now)


def _asked_last(events: list[Mapping[str, Any]]) -> bool:
    """Tell whether the newest thing that was said asks whether the letter came."""
    said: Mapping[str, Any] = next((event for event in reversed(events) if event.get("event") == "bot"), {})
    buttons = ((said.get("data") or {}).get("custom") or {}).get("buttons") or ()
    return any(button.get("intent") == INTENT and button["entities"].get(STEP) == RECEIVED for button in buttons)


class ActionOverdue(Traced, Action):
    """Answers a step after an overdue dossier; asks to look it up again when nothing is known of it any more."""

    def name(self) -> str:
        return "action_overdue"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        say(dispatcher, next_step(tracker) or forgotten())
        return []


class ActionDeny(Traced, Action):
    """Takes a no: to the question about the letter, else in general."""

    def name(self) -> str:
        return "action_deny"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        reply = next_step(tracker)
        if reply is None:
            dispatcher.utter_message(response="utter_deny")
        else:
            say(dispatcher, reply)
        return []


class ActionAffirm(Traced, Action):
    """Takes a yes: to the question about the letter, else as a question goes on."""

    def name(self) -> str:
        return "action_affirm"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        reply = next_step(tracker)
        if reply is None:
            return answer(dispatcher, tracker)
        say(dispatcher, reply)
        return []
