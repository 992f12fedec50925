"""Looks up what every open console is told: once for all of them, however many there are.

Each stream alone used to ask the database about each piece of news. Here the first piece is looked up at once, and
what comes in meanwhile is the next bundle: no message waits for a pause, and a busy hour costs one look at a time.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import OrderedDict
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session, sessionmaker

from bot.console.person import Person
from bot.console.scope import concerns
from bot.delivery.hub import EVERYTHING, Hub
from bot.handoff.staff import is_target
from bot.transactions import transaction
from knowledge.models import Conversation, Handoff, HandoffEvent, Message, Note, Staff, utc_now

log = structlog.get_logger("console")

_GAP = 0.1  # seconds between two looks
_LOOK_EVERY = 15.0  # seconds; a look without news costs nothing
_JUST_NOW = dt.timedelta(seconds=30)  # what happened longer ago rings no bell any more
_REMEMBERED = 2000  # bells
_WAITS = ("queued", "callback")


@dataclass(frozen=True)
class Bell:
    """Something that calls a person: ``what`` is waiting, offered, mine or mention; ``key`` is of this very event."""

    what: str
    key: str
    staff_ids: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Report:
    """News of one conversation: its newest hand-off decides whose business it is."""

    conversation_id: str
    handoff: Handoff | None
    bells: tuple[Bell, ...] = ()

    def bells_for(self, person: Person) -> list[str]:
        """Return what rings for a person."""
        able = [bell for bell in self.bells if person.can("answer")]
        return [bell.what for bell in able if person.id in bell.staff_ids or bell.what == "waiting"]


@dataclass(eq=False)
class Desk:
    """The place of one stream: what it has not told yet."""

    reports: list[Report] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, person: Person) -> list[Report]:
        """Return what is new and this person's business."""
        taken, self.reports = self.reports, []
        self.news.clear()
        return [report for report in taken if concerns(person, report.handoff)]

    async def wait(self, seconds: float) -> None:
        """Return when there is something new, or after the given time."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.news.wait(), seconds)


class Newsroom:
    """Works while anybody listens. Used on the event loop only."""

    def __init__(self, sessions: sessionmaker, hub: Hub) -> None:
        self._sessions, self._hub = sessions, hub
        self._desks: set[Desk] = set()
        self._task: asyncio.Task[None] | None = None
        self._rung: OrderedDict[str, None] = OrderedDict()

    @contextmanager
    def open(self) -> Iterator[Desk]:
        """Listen while the block runs."""
        desk = Desk()
        self._desks.add(desk)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())
        try:
            yield desk
        finally:
            self._desks.discard(desk)

    async def _run(self) -> None:
        with self._hub.listen(EVERYTHING) as listener:
            while self._desks and not self._hub.closed:
                listener.rest()
                heard = listener.take()
                if heard:
                    await self._tell(heard)
                    await asyncio.sleep(_GAP)
                await listener.wait(_LOOK_EVERY)
        for desk in self._desks:  # the server stops: let them see it
            desk.news.set()

    async def _tell(self, heard: Collection[str]) -> None:
        try:
            reports = await transaction(self._sessions, look_up, heard)
        except Exception as error:  # the database is away: pages look again when they are told the next time
            log.error("newsroom.failed", error=type(error).__name__)
            return
        fresh = [self._without_rung(report) for report in reports]
        for desk in self._desks:
            desk.reports.extend(fresh)
            desk.news.set()

    def _without_rung(self, report: Report) -> Report:
        """Each event rings once, however often its conversation has news."""
        bells = tuple(bell for bell in report.bells if bell.key not in self._rung)
        for bell in bells:
            self._rung[bell.key] = None
        while len(self._rung) > _REMEMBERED:
            self._rung.popitem(last=False)
        return Report(report.conversation_id, report.handoff, bells)


def look_up(session: Session, conversation_ids: Collection[str], now: dt.datetime | None = None) -> list[Report]:
    """Return what there is to tell of conversations; rows stay readable after the transaction."""
    since = (now or utc_now()) - _JUST_NOW
    newest = sa.select(sa.func.max(Handoff.id)).where(Handoff.conversation_id.in_(conversation_ids))
    rows = list(session.scalars(sa.select(Handoff).where(Handoff.id.in_(newest.group_by(Handoff.conversation_id)))))
    handoffs = {row.conversation_id: row for row in rows}
    bells: dict[str, list[Bell]] = {key: [] for key in conversation_ids}
    _ring_of_steps(session, rows, since, bells)
    _ring_of_words(session, handoffs, since, bells)
    _ring_of_notes(session, conversation_ids, since, bells)
    there = session.scalars(sa.select(Conversation.id).where(Conversation.id.in_(conversation_ids)))
    reports = [Report(key, handoffs.get(key), tuple(bells[key])) for key in there]
    session.expunge_all()
    return reports


def _ring_of_steps(
    session: Session, rows: Collection[Handoff], since: dt.datetime, bells: dict[str, list[Bell]]
) -> None:
    by_id = {row.id: row for row in rows}
    lately = (HandoffEvent.handoff_id.in_(by_id), HandoffEvent.at > since)
    staff: list[Staff] | None = None
    for event in session.scalars(sa.select(HandoffEvent).where(*lately)):
        handoff = by_id[event.handoff_id]
        if event.to_state in _WAITS and event.from_state not in _WAITS:
            bells[handoff.conversation_id].append(Bell("waiting", f"e{event.id}"))
        elif event.event == "transfer" and handoff.state == "transferring":
            staff = session.scalars(sa.select(Staff)).all() if staff is None else staff
            targets = frozenset(one.id for one in staff if is_target(one, handoff))
            bells[handoff.conversation_id].append(Bell("offered", f"e{event.id}", targets))


def _ring_of_words(
    session: Session, handoffs: dict[str, Handoff], since: dt.datetime, bells: dict[str, list[Bell]]
) -> None:
    held = [key for key, row in handoffs.items() if row.staff_id is not None and row.closed_at is None]
    theirs = (Message.conversation_id.in_(held), Message.author == "citizen", Message.created_at > since)
    for row in session.execute(sa.select(Message.id, Message.conversation_id).where(*theirs)):
        holder = frozenset({handoffs[row.conversation_id].staff_id})
        bells[row.conversation_id].append(Bell("mine", f"m{row.id}", holder))


def _ring_of_notes(
    session: Session, conversation_ids: Collection[str], since: dt.datetime, bells: dict[str, list[Bell]]
) -> None:
    lately = (Note.conversation_id.in_(conversation_ids), Note.created_at > since)
    for note in session.scalars(sa.select(Note).where(*lately)):
        if note.mentions:
            bells[note.conversation_id].append(Bell("mention", f"n{note.id}", frozenset(note.mentions)))
