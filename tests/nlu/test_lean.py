"""What is changed in Rasa does the same as before, and is changed in the Rasa that it was written for."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import rasa
import sqlalchemy as sa
from rasa.core.actions.action import ActionSessionStart, RemoteAction
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from nlu.lean import changes, sessions
from nlu.lean.memory import LeanTrackerStore

DOMAIN = Domain.from_yaml(
    "version: '3.1'\nintents: [ask]\nslots:\n  procedure:\n    type: text\n    mappings: [{type: custom}]\n"
)
TURN: list[Event] = [
    UserUttered("làm khai sinh", {"name": "ask", "confidence": 1.0}),
    ActionExecuted("action_answer"),
    BotUttered("Dạ", {"custom": {"outcome": "answered"}}),
    SlotSet("procedure", "1.001193"),
    ActionExecuted("action_listen"),
]


@pytest.fixture
def store(tmp_path: Path) -> LeanTrackerStore:
    return LeanTrackerStore(DOMAIN, "sqlite", db=str(tmp_path / "lean.db"))


def test_this_is_the_rasa_that_it_was_written_for() -> None:
    assert rasa.__version__ == "3.6.21"


def talk(store: SQLTrackerStore, turns: int) -> list[dict[str, Any]]:
    """Say the same again and again, each time from what is stored; return all that is stored."""

    async def run() -> list[dict[str, Any]]:
        for turn in range(turns):
            tracker = await store.retrieve("a") or DialogueStateTracker("a", DOMAIN.slots)
            begin = [SessionStarted(), ActionExecuted("action_listen")] if turn % 3 == 0 else []
            for event in [*begin, *TURN]:
                tracker.update(event, DOMAIN)
            await store.save(tracker)
        full = await store.retrieve_full_tracker("a")
        assert full is not None
        return [event.as_dict() for event in full.events]

    return asyncio.run(run())


def test_the_same_is_remembered(store: LeanTrackerStore, tmp_path: Path) -> None:
    stock = SQLTrackerStore(DOMAIN, "sqlite", db=str(tmp_path / "stock.db"))

    def bare(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{name: value for name, value in event.items() if name != "timestamp"} for event in events]

    assert bare(talk(store, 7)) == bare(talk(stock, 7))
    for one in (store, stock):
        with one.session_scope() as session:
            table = one.SQLEvent
            rows = session.execute(sa.select(table.type_name, table.intent_name, table.action_name)).all()
        assert len(rows) == 7 * len(TURN) + 3 * 2
        assert rows[2] == ("user", "ask", None) and rows[3] == ("action", None, "action_answer")


def test_saving_again_stores_nothing_twice(store: LeanTrackerStore) -> None:
    async def run() -> int:
        tracker = DialogueStateTracker("a", DOMAIN.slots)
        for event in [SessionStarted(), *TURN]:
            tracker.update(event, DOMAIN)
            await store.save(tracker)
        full = await store.retrieve_full_tracker("a")
        assert full is not None
        return len(full.events)

    assert asyncio.run(run()) == 1 + len(TURN)


def test_every_commit_reaches_the_disk(store: LeanTrackerStore) -> None:
    with store.engine.connect() as connection:
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
    assert found == ["wal", 2]


@pytest.mark.parametrize(
    ("answer", "is_good"),
    [
        ({"events": [], "responses": [{"text": "Dạ"}]}, True),
        ({"events": [{"event": "slot", "name": "procedure", "value": "1"}], "responses": []}, True),
        ({"events": [{"event": "nothing like it"}], "responses": []}, False),
        ({"events": {}, "responses": []}, False),
    ],
)
def test_answers_are_checked_as_before(answer: dict[str, Any], is_good: bool) -> None:
    changes.apply()
    action = RemoteAction("action_answer", None)
    if is_good:
        assert action._validate_action_result(answer)
        jsonschema.validate(answer, RemoteAction.action_response_format_spec())
        return
    for check in (
        action._validate_action_result,
        lambda given: jsonschema.validate(given, RemoteAction.action_response_format_spec()),
    ):
        with pytest.raises(jsonschema.ValidationError):
            check(answer)


@pytest.mark.parametrize(
    ("turns", "more", "is_long"),
    [
        (3, [], False),
        (sessions.MOST_EVENTS // len(TURN) + 1, [], True),
        (sessions.MOST_EVENTS // len(TURN) + 1, [ActiveLoop("dossier_form")], False),
    ],
)
def test_a_long_dialogue_goes_on_in_a_new_session(turns: int, more: list[Event], is_long: bool) -> None:
    changes.apply()
    changes.apply()
    tracker = DialogueStateTracker("a", DOMAIN.slots)
    for event in [*TURN * turns, *more]:
        tracker.update(event, DOMAIN)
    processor = MessageProcessor.__new__(MessageProcessor)
    processor.domain = DOMAIN
    assert processor._has_session_expired(tracker) is is_long


def test_a_new_session_begins_with_every_slot_once() -> None:
    changes.apply()
    tracker = DialogueStateTracker("a", DOMAIN.slots)
    for event in [*TURN * 9, SlotSet("procedure", "1.004222")]:
        tracker.update(event, DOMAIN)
    begun = asyncio.run(ActionSessionStart().run(None, None, tracker, DOMAIN))
    assert [type(event) for event in begun] == [SessionStarted, SlotSet, ActionExecuted]
    assert (begun[1].key, begun[1].value) == ("procedure", "1.004222")
