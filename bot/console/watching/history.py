"""Finished hand-offs: filters, pages, a spreadsheet. No words of citizens stand in any of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.console import procedures
from bot.console.access import Form, asked, key_of, require
from bot.console.audit import record
from bot.console.framing import framed
from bot.console.pages import VIETNAM, begun
from bot.console.parts import Console, console
from bot.console.person import Person
from bot.console.scope import handoffs_of
from bot.console.sheets import Cell, download, spreadsheet
from bot.console.units import units
from bot.handoff.routing import PROVINCE
from bot.transactions import transaction
from knowledge.models import Conversation, Handoff, Staff, utc_now

_ON_A_PAGE, _MOST_EXPORTED = 50, 50_000
_FILTERS = ("since", "until", "unit", "who", "channel", "reason", "rating", "procedure", "before")
_EQUAL = {
    "unit": Handoff.unit_code,
    "channel": Conversation.channel,
    "reason": Handoff.reason,
    "procedure": Handoff.procedure_code,
}
_NO_RATING = "none"


@dataclass(frozen=True)
class Row:
    """One finished hand-off with the name of who had it last ("" = nobody)."""

    handoff: Handoff
    channel: str
    holder: str

    @property
    def waited(self) -> int | None:
        """Minutes from the wish to the claim, None when nobody claimed it."""
        return minutes(self.handoff.created_at, self.handoff.claimed_at)

    @property
    def cursor(self) -> str:
        """What the next page begins after."""
        return f"{self.handoff.closed_at.isoformat()}~{self.handoff.id}"


def routes() -> list[BaseRoute]:
    """Return the routes of the history."""
    return [Route("/history", show), Route("/history.xlsx", export)]


@require("read")
async def show(request: Request, person: Person) -> Response:
    """List the hand-offs that fit the filters, the newest first."""
    here, query = console(request), asked(request, *_FILTERS)
    values = await transaction(here.parts.sessions, _read, person, query, list(here.parts.channels))
    return await framed(request, person, "watching/history.html", query=query, **values)


def _read(session: Session, person: Person, query: Form, channels: list[str]) -> dict[str, Any]:
    found = rows(session, person, query, _ON_A_PAGE + 1)
    shown = found[:_ON_A_PAGE]
    return {
        "rows": shown,
        "more": shown[-1].cursor if len(found) > _ON_A_PAGE else "",
        "names": procedures.names(session, {row.handoff.procedure_code for row in shown}),
        "units": units(session),
        "people": _people(session, person),
        "channels": channels,
    }


def _people(session: Session, person: Person) -> dict[int, str]:
    staff = sa.select(Staff).order_by(Staff.name)
    if person.unit_code:
        staff = staff.where(Staff.unit_code.in_(("", person.unit_code)))
    return {one.id: one.name for one in session.scalars(staff)}


def rows(session: Session, person: Person, query: Form, most: int) -> list[Row]:
    """Return so many finished hand-offs of a person's scope; a filter that makes no sense finds nothing."""
    try:
        wanted = _conditions(query)
    except ValueError:
        return []
    found = session.execute(
        sa.select(Handoff, Conversation.channel, Staff.name)
        .join(Conversation, Conversation.id == Handoff.conversation_id)
        .outerjoin(Staff, Staff.id == Handoff.staff_id)
        .where(Handoff.closed_at.is_not(None), handoffs_of(person), *wanted)
        .order_by(Handoff.closed_at.desc(), Handoff.id.desc())
        .limit(most)
    )
    return [Row(handoff, channel, name or "") for handoff, channel, name in found]


def _conditions(query: Form) -> list[Any]:
    found: list[Any] = [column == query[name] for name, column in _EQUAL.items() if query[name]]
    if query["who"]:
        found.append(Handoff.staff_id == _key(query["who"]))
    if query["rating"]:
        found.append(Handoff.rating == ("" if query["rating"] == _NO_RATING else query["rating"]))
    if query["since"]:
        found.append(Handoff.closed_at >= _midnight(query["since"]))
    if query["until"]:
        found.append(Handoff.closed_at < _midnight(query["until"]) + dt.timedelta(days=1))
    if query["before"]:
        found.append(_older(query["before"]))
    return found


def _older(cursor: str) -> Any:
    raw, _, key = cursor.partition("~")
    at = dt.datetime.fromisoformat(raw.replace(" ", "+"))
    if at.tzinfo is None:
        raise ValueError(cursor)
    return sa.or_(Handoff.closed_at < at, sa.and_(Handoff.closed_at == at, Handoff.id < _key(key)))


def _key(raw: str) -> int:
    """Return a key of a row; ValueError when it is none."""
    found = key_of(raw)
    if found is None:
        raise ValueError(raw)
    return found


def _midnight(raw: str) -> dt.datetime:
    day = dt.date.fromisoformat(raw)
    if not 1970 < day.year < 9999:
        raise ValueError(raw)
    return dt.datetime.combine(day, dt.time(), VIETNAM)


def minutes(start: dt.datetime, end: dt.datetime | None) -> int | None:
    """Return the whole minutes between two moments, None when there is no end."""
    return None if end is None else max(0, round((end - start).total_seconds() / 60))


@require("reports")
async def export(request: Request, person: Person) -> Response:
    """Return the hand-offs that fit the filters as a spreadsheet; that this was done is a line of the audit."""
    here, query = console(request), {**asked(request, *_FILTERS), "before": ""}
    content = await transaction(here.parts.sessions, _export, person, query, here)
    return download(content, f"lich-su-{utc_now().astimezone(VIETNAM):%Y%m%d-%H%M}.xlsx")


def _export(session: Session, person: Person, query: Form, here: Console) -> bytes:
    found = rows(session, person, query, _MOST_EXPORTED)
    names = procedures.names(session, {row.handoff.procedure_code for row in found})
    known = {**units(session), PROVINCE: here.words.say("canned", "centre")}
    record(session, person.id, "history_exported", rows=len(found))
    cells = [_cells(row, names, known, here) for row in found]
    return spreadsheet(here.words.say("rail", "history"), list(here.words.section("history_columns").values()), cells)


def _cells(row: Row, names: dict[str, str], known: dict[str, str], here: Console) -> list[Cell]:
    handoff, section = row.handoff, here.words.section
    return [
        _local(handoff.created_at),
        _local(handoff.closed_at),
        section("channels").get(row.channel, row.channel),
        known.get(handoff.unit_code, handoff.unit_code),
        row.holder,
        begun(section("reasons").get(handoff.reason, handoff.reason)),
        handoff.procedure_code,
        names.get(handoff.procedure_code, ""),
        row.waited,
        minutes(handoff.created_at, handoff.answered_at),
        section("close_reasons").get(handoff.close_reason, handoff.close_reason),
        begun(section("ratings").get(handoff.rating, handoff.rating)),
        section("bot_could").get(handoff.bot_could, handoff.bot_could),
        handoff.conversation_id,
    ]


def _local(at: dt.datetime) -> dt.datetime:
    return at.astimezone(VIETNAM).replace(tzinfo=None, microsecond=0)
