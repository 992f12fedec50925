"""What stands in the left rail, for whom, and the numbers beside it."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.console.person import Person
from bot.console.scope import handoffs_of
from bot.handoff.states import WITH_STAFF
from knowledge.models import Handoff, ReviewItem


@dataclass(frozen=True)
class Item:
    """One line of the rail; its words are ``rail.<name>`` in ``texts.vi.yml``."""

    name: str
    path: str
    icon: str
    permission: str


LISTS = (
    Item("waiting", "/console/waiting", "hourglass", "read"),
    Item("mine", "/console/mine", "user", "answer"),
    Item("team", "/console/team", "users", "read"),
    Item("calls", "/console/calls", "phone", "read"),
    Item("finished", "/console/finished", "circle-check", "read"),
)
OTHERS = (
    Item("search", "/console/search", "search", "read"),
    Item("history", "/console/history", "history", "read"),
    Item("board", "/console/board", "layout-dashboard", "reports"),
    Item("overdue", "/console/overdue", "triangle-alert", "overdue"),
    Item("apologies", "/console/apologies", "file-text", "apologise"),
    Item("review", "/console/review", "clipboard-check", "review"),
    Item("reports", "/console/reports", "chart-column", "reports"),
    Item("canned", "/console/canned", "message-square-text", "edit_canned"),
    Item("staff", "/console/staff", "id-card", "manage_staff"),
    Item("audit", "/console/audit", "scroll-text", "read_audit"),
    Item("switches", "/console/switches", "power", "switch"),
)


def items(person: Person, group: tuple[Item, ...], paths: Container[str]) -> list[Item]:
    """Return the lines that a person may follow; ``paths`` are the addresses that exist."""
    return [item for item in group if person.can(item.permission) and item.path in paths]


def first_page(person: Person, paths: Container[str]) -> str:
    """Return where a person's work begins."""
    return items(person, (*LISTS, *OTHERS), paths)[0].path


def conditions(person: Person) -> Mapping[str, sa.sql.ColumnElement]:
    """Return which open hand-offs stand in each list."""
    with_staff = Handoff.state.in_(WITH_STAFF)
    offered = sa.and_(Handoff.state == "transferring", Handoff.target_staff_id == person.id)
    return {
        "waiting": Handoff.state == "queued",
        "mine": sa.or_(sa.and_(with_staff, Handoff.staff_id == person.id), offered),
        "team": sa.and_(with_staff, Handoff.staff_id != person.id),
        "calls": Handoff.state.in_(("callback", "calling")),
    }


def counts(session: Session, person: Person) -> dict[str, int]:
    """Return the numbers that call for work; "finished" has none."""
    numbers: dict[str, int] = {}
    if person.can("read"):
        business = sa.and_(Handoff.closed_at.is_(None), handoffs_of(person))
        for name, condition in conditions(person).items():
            numbers[name] = session.scalar(sa.select(sa.func.count(Handoff.id)).where(business, condition)) or 0
    if person.can("review"):
        still = sa.select(sa.func.count(ReviewItem.id)).where(ReviewItem.state == "open")
        numbers["review"] = session.scalar(still) or 0
    return numbers
