"""The table of states: every edge is taken for real, every other way is refused, nothing leads nowhere."""

from __future__ import annotations

import itertools

import pytest

from bot.handoff import states
from bot.handoff.moves import NotPossible, begin, move, owner_of
from bot.handoff.states import CLOSED, EDGES, NONE, STATES
from knowledge.models import Conversation, Handoff, HandoffEvent
from tests.bot.handoff.people import OPEN, Office

EVENTS = sorted({edge.event for edge in EDGES})
ACTORS = {"citizen": "citizen", "bot": "bot", "clock": "clock", "staff": "staff:1"}


def name(edge: states.Edge) -> str:
    return f"{edge.source or 'none'}-{edge.event}"


def put_in(office: Office, state: str) -> tuple[str, int]:
    """Return a conversation with a hand-off in the state."""
    staff_id, conversation_id = office.hire("ha"), office.arrive()
    with office.sessions.begin() as session:
        conversation = session.get(Conversation, conversation_id)
        handoff = begin(session, conversation, "take", f"staff:{staff_id}", now=OPEN, staff_id=staff_id)
        handoff.state, handoff.waiting_since = state, OPEN
        conversation.owner = owner_of(handoff)
    return conversation_id, int(handoff.id)


def test_every_state_is_reached_and_left() -> None:
    assert {edge.target for edge in EDGES} == set(STATES)
    assert {edge.source for edge in EDGES} == {NONE, *STATES} - {CLOSED}
    assert len({(edge.source, edge.event) for edge in EDGES}) == len(EDGES)
    assert len(EDGES) > 50


def test_the_clock_has_an_edge_for_all_that_it_fires() -> None:
    firing = [(name, state.fires) for name, state in STATES.items() if state.after]
    assert firing
    for source, event in firing:
        edge = states.find(source, event)
        assert edge is not None and "clock" in edge.actors, source


def test_time_alone_never_ends_what_a_citizen_is_owed() -> None:
    for edge in EDGES:
        if edge.actors == ("clock",) and edge.event != "erase" and STATES.get(edge.source, STATES["offered"]).owed:
            assert STATES[edge.target].owed, edge


@pytest.mark.parametrize("edge", [edge for edge in EDGES if edge.source], ids=name)
def test_every_edge_is_taken(office: Office, edge: states.Edge) -> None:
    conversation_id, handoff_id = put_in(office, edge.source)
    with office.sessions.begin() as session:
        handoff = session.get(Handoff, handoff_id)
        handoff.waiting_since = None
        before = handoff.version
        move(session, handoff, edge.event, ACTORS[edge.actors[0]])
    with office.sessions() as session:
        handoff = session.get(Handoff, handoff_id)
        step = session.query(HandoffEvent).order_by(HandoffEvent.id.desc()).first()
        assert (handoff.state, handoff.version) == (edge.target, before + 1)
        assert session.get(Conversation, conversation_id).owner == owner_of(handoff)
        assert (handoff.closed_at is not None) == (edge.target == CLOSED)
        assert (step.event, step.from_state, step.to_state) == (edge.event, edge.source, edge.target)


@pytest.mark.parametrize("edge", [edge for edge in EDGES if not edge.source], ids=name)
def test_every_beginning_is_taken(office: Office, edge: states.Edge) -> None:
    staff_id, conversation_id = office.hire("ha"), office.arrive()
    with office.sessions.begin() as session:
        conversation = session.get(Conversation, conversation_id)
        begin(session, conversation, edge.event, ACTORS[edge.actors[0]], staff_id=staff_id, reason="asked")
    assert office.state(conversation_id)[0] == edge.target


@pytest.mark.parametrize("state", sorted(STATES))
def test_every_other_way_is_refused(office: Office, state: str) -> None:
    _, handoff_id = put_in(office, state)
    tried = 0
    for event, actor in itertools.product(EVENTS, ACTORS):
        edge = states.find(state, event)
        if edge is not None and actor in edge.actors:
            continue
        with office.sessions() as session, pytest.raises(NotPossible):
            move(session, session.get(Handoff, handoff_id), event, ACTORS[actor])
        tried += 1
    assert tried > 40
