"""The dossier form: the code, then the sealed proof, then the status.

The digits never arrive here: the front server seals them at the door (docs/adr/0008).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.actions import say
from actions.services import open_session, province
from knowledge.answers.parts import text
from knowledge.answers.status import status_reply, status_texts
from knowledge.dossiers import find_codes, look_up
from knowledge.models import utc_now
from knowledge.reply import Button, Reply

_MOST_MISSES = 5
_PAUSE = dt.timedelta(minutes=15)


def _stop_button() -> Button:
    return Button(status_texts()("button.stop"), "cancel")


def _ask(key: str, expects: str, **values: object) -> Reply:
    return Reply("status", ((text(status_texts()(key, **values)),),), (_stop_button(),), expects=expects)


class ValidateDossierForm(FormValidationAction):
    """Takes the code out of the sentence and refuses a proof while look-ups are paused."""

    def name(self) -> str:
        return "validate_dossier_form"

    async def extract_dossier_code(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        """Return the code in the citizen's last message; nothing lets the rules decide what the message is."""
        codes = find_codes(tracker.latest_message.get("text") or "")
        return {"dossier_code": codes[0]} if codes else {}


class AskDossierCode(Action):
    """Asks for the code."""

    def name(self) -> str:
        return "action_ask_dossier_code"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        repeated = tracker.get_slot("requested_slot") == "dossier_code"
        say(dispatcher, _ask("bad_code" if repeated else "ask_code", "code"))
        return []


class AskProof(Action):
    """Asks for the proof, with what is done with it."""

    def name(self) -> str:
        return "action_ask_proof"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        repeated = tracker.get_slot("requested_slot") == "proof"
        key = "bad_proof" if repeated else "ask_proof"
        say(dispatcher, _ask(key, "proof", code=tracker.get_slot("dossier_code")))
        return []


class DossierStatus(Action):
    """Looks the dossier up; a wrong code and a wrong proof get the same words."""

    def name(self) -> str:
        return "action_dossier_status"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        now = utc_now()
        forget = [SlotSet("proof", None), SlotSet("dossier_code", None)]
        misses, until = tracker.get_slot("proof_misses") or 0, tracker.get_slot("proof_paused_until")
        if until and now.timestamp() < until:
            say(dispatcher, _refusal("paused"))
            return forget
        with open_session() as session:
            dossier = look_up(session, tracker.get_slot("dossier_code") or "", tracker.get_slot("proof") or "")
            if dossier is not None:
                say(dispatcher, status_reply(dossier, province(), now))
                return [*forget, SlotSet("proof_misses", None)]
        say(dispatcher, _refusal("not_found"))
        return [*forget, *_count_miss(int(misses) + 1, now)]


def _count_miss(misses: int, now: dt.datetime) -> list[EventType]:
    if misses < _MOST_MISSES:
        return [SlotSet("proof_misses", misses)]
    return [SlotSet("proof_misses", None), SlotSet("proof_paused_until", (now + _PAUSE).timestamp())]


def _refusal(key: str) -> Reply:
    texts = status_texts()
    buttons = (
        Button(texts("button.again"), "check_dossier"),
        Button(texts("button.human"), "ask_human", {"reason": "dossier"}),
    )
    return Reply("status", ((text(texts(key)),),), buttons)
