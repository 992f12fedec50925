"""The checklist for one's own case: each tap carries the answers before it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.actions import answer, keep, say
from actions.services import open_session, province
from actions.tracing import Traced
from actions.turn import read_state, read_turn
from knowledge.answers.checklist import ANSWERS, own_checklist


class ActionCheckPapers(Traced, Action):
    """Asks the next question about the citizen's case, or gives the checklist for it."""

    def name(self) -> str:
        return "action_check_papers"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn, state = read_turn(tracker.latest_message), read_state(tracker.slots)
        code = turn.procedure or state.procedure
        with open_session() as session:
            reply = own_checklist(session, code, _answers(tracker), province()) if code else None
        if reply is None:
            return answer(dispatcher, tracker)
        say(dispatcher, reply)
        return keep(state, state.turned_to(code).with_(candidates=(), misses=0))


def _answers(tracker: Tracker) -> dict[str, str]:
    given = [part for value in tracker.get_latest_entity_values(ANSWERS) for part in _parts(value)]
    return dict(part.split(":", 1) for part in given if ":" in part)


def _parts(value: Any) -> Iterable[str]:
    return map(str, value) if isinstance(value, list) else (str(value),)
