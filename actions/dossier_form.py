"""The dossier form of Rasa: the code, then the proof, then the status.

The digits never arrive here: Rasa is told that there is a proof, no more (docs/adr/0008).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import dossiers
from actions.actions import say
from actions.overdue import remember
from actions.services import dossier_desk, province
from actions.tracing import Traced
from knowledge.dossiers.codes import find_codes
from knowledge.dossiers.desk import Asked
from knowledge.models import utc_now

Events = list[EventType]
_TAPPED = re.compile(r"^/\w+")


def said_codes(message: Mapping[str, Any]) -> list[str]:
    """Return the codes in a message: of a button or link, else in what was typed."""
    text = message.get("text") or ""
    if not _TAPPED.match(text):
        return find_codes(text)
    given = [entity["value"] for entity in message.get("entities") or () if entity.get("entity") == "dossier_code"]
    return [str(code) for value in given for code in (value if isinstance(value, list) else [value])]


class ValidateDossierForm(FormValidationAction):
    """Takes the codes out of the message."""

    def name(self) -> str:
        return "validate_dossier_form"

    async def extract_dossier_code(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        """Return the codes in the citizen's last message; nothing lets the rules decide what the message is."""
        codes = said_codes(tracker.latest_message)
        return {"dossier_code": codes} if codes else {}


class AskDossierCode(Traced, Action):
    """Asks for the code, and forgets the one that led nowhere."""

    def name(self) -> str:
        return "action_ask_dossier_code"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        if not dossier_desk().is_connected():
            say(dispatcher, dossiers.not_connected(province()))
            return []
        say(dispatcher, dossiers.ask_code(tracker.get_slot("requested_slot") == "dossier_code"))
        return [SlotSet("missed_codes", None)]


class AskProof(Traced, Action):
    """Asks for the proof, with what is done with it."""

    def name(self) -> str:
        return "action_ask_proof"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        desk = dossier_desk()
        if not desk.is_connected():
            say(dispatcher, dossiers.not_connected(province()))
            return []
        is_repeated = tracker.get_slot("requested_slot") == "proof" and not said_codes(tracker.latest_message)
        say(dispatcher, dossiers.ask_proof(tracker.get_slot("dossier_code") or [], desk.factors(), is_repeated))
        return []


class DossierStatus(Traced, Action):
    """Looks the dossiers up; after a miss the same codes can be tried with other digits at once."""

    def name(self) -> str:
        return "action_dossier_status"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        codes = tracker.get_slot("dossier_code") or tracker.get_slot("missed_codes") or []
        forget = [SlotSet("proof", None), SlotSet("dossier_code", None)]
        if not codes:
            say(dispatcher, dossiers.ask_code(is_repeated=False))
            return forget
        asked = Asked(tracker.sender_id, tuple(codes[: dossiers.MOST_CODES]), dossiers.consent_version())
        now = utc_now()
        # in a thread of its own: a slow system must not keep other citizens waiting
        look_up = await asyncio.to_thread(dossier_desk().look_up, asked, now)
        reply = dossiers.outcome(look_up, province(), now)
        say(dispatcher, reply)
        missed = SlotSet("missed_codes", codes if reply.expects == "proof" else None)
        return [*forget, missed, *remember(dossiers.overdue_of(look_up, province(), now), now)]
