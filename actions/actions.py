"""The actions Rasa calls: each reads the turn, asks the dialogue, says the reply, keeps the state."""

from __future__ import annotations

import logging
import threading
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.exc import SQLAlchemyError

from actions import dialogue, people
from actions.services import open_session, province
from actions.tracing import Traced
from actions.turn import State, Turn, changed, read_state, read_turn
from knowledge.errors import KnowledgeError
from knowledge.reply import Reply

Events = list[EventType]
log = logging.getLogger(__name__)


def _read(tracker: Tracker) -> tuple[Turn, State]:
    return read_turn(tracker.latest_message), read_state(tracker.slots)


def say(dispatcher: CollectingDispatcher, reply: Reply) -> None:
    """Send a reply through Rasa as its JSON."""
    dispatcher.utter_message(json_message=reply.to_json())


def keep(before: State, after: State) -> Events:
    """Let Rasa remember what has changed in the state."""
    return [SlotSet(name, value) for name, value in changed(before, after).items()]


def answer(dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
    """Answer whatever is asked about procedures."""
    turn, state = _read(tracker)
    with open_session() as session:
        reply, after = dialogue.respond(session, turn, state, province())
    say(dispatcher, reply)
    return keep(state, after)


def _warm_up() -> None:
    try:
        with open_session() as session:
            dialogue.warm_up(session)
    except (KnowledgeError, SQLAlchemyError):
        log.warning("search is not warmed up: the database does not answer yet")


class ActionAnswer(Traced, Action):
    """Answers whatever is asked about procedures; also the fallback."""

    def __init__(self) -> None:
        # made once, when the action server starts: the first citizen need not wait for the index
        threading.Thread(target=_warm_up, daemon=True).start()

    def name(self) -> str:
        return "action_answer"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        return answer(dispatcher, tracker)


class ActionOutOfScope(Traced, Action):
    """Says whose business it is, unless the records clearly hold what was asked."""

    def name(self) -> str:
        return "action_out_of_scope"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        turn, state = _read(tracker)
        with open_session() as session:
            found = dialogue.is_clearly_ours(session, turn, state, province())
            reply, after = (
                dialogue.respond(session, turn, state, province()) if found else (people.out_of_scope(turn), state)
            )
        say(dispatcher, reply)
        return keep(state, after)


class ActionExplain(Traced, Action):
    """Explains a term in plain words; a term that is not in the list is answered as a question."""

    def name(self) -> str:
        return "action_explain"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        turn, state = _read(tracker)
        reply = people.explain(turn)
        if reply is None:
            return answer(dispatcher, tracker)
        say(dispatcher, reply)
        return []


class ActionHandOver(Traced, Action):
    """Opens the way to a person and tells the truth about it."""

    def name(self) -> str:
        return "action_hand_over"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        turn, state = _read(tracker)
        reason = next(tracker.get_latest_entity_values("reason"), None) or "asked"
        say(dispatcher, people.hand_over(turn, state, province(), province().now(), reason))
        return []


class ActionComplaint(Traced, Action):
    """Answers anger about the service, and what is asked in anger."""

    def name(self) -> str:
        return "action_complaint"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        turn, state = _read(tracker)
        with open_session() as session:
            reply, after = dialogue.complained(session, turn, state, province()) or (people.complaint(state), state)
        say(dispatcher, reply)
        return keep(state, after)


class ActionHarassment(Traced, Action):
    """Answers a report of extra money or hindrance."""

    def name(self) -> str:
        return "action_harassment"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        say(dispatcher, people.harassment(province()))
        return []
