"""The first look of a head: who waits and how long, who is there, what needs an administrator."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.alerts import EVENTS, open_alerts, see
from bot.console.access import form, key_of, number, require
from bot.console.audit import record
from bot.console.framing import framed
from bot.console.parts import console
from bot.console.person import Person
from bot.console.scope import handoffs_of
from bot.handoff.rules import Rules
from bot.texts import Texts
from bot.transactions import transaction
from knowledge.models import Alert, Handoff, Staff, utc_now

_RULES = Rules()


@dataclass(frozen=True)
class Trouble:
    """An open alert in words, and the conversation it tells of, if any; an event stands until somebody has seen it."""

    id: int
    text: str
    channel: str
    count: int
    last_at: dt.datetime
    conversation: str
    is_event: bool


@dataclass(frozen=True)
class Overview:
    """What the page shows; ``since`` is since when the longest wait lasts, ``there`` who has a console open."""

    since: dt.datetime | None
    there: list[Staff]
    troubles: list[Trouble]


def routes() -> list[BaseRoute]:
    """Return the routes of the overview."""
    return [Route("/reports", show), Route("/reports/seen/{id:int}", mark_seen, methods=["POST"])]


@require("reports")
async def show(request: Request, person: Person) -> Response:
    """Show how things stand now."""
    here = console(request)
    found = await transaction(here.parts.sessions, read, person, here.parts.texts)
    return await framed(request, person, "overview.html", overview=found)


@require("switch")
async def mark_seen(request: Request, person: Person) -> Response:
    """Close the alert of an event, unless more has happened than the page showed."""
    key, count = number(request), key_of((await form(request)).get("count", "")) or 0
    is_closed = await transaction(console(request).parts.sessions, _see, key, count, person)
    return RedirectResponse(f"/console/reports{'?done=alert_seen' if is_closed else ''}", 303)


def read(session: Session, person: Person, texts: Texts, now: dt.datetime | None = None) -> Overview:
    """Return how things stand for a person: those of a unit see their unit, alerts are an administrator's."""
    waiting = sa.and_(Handoff.state == "queued", Handoff.closed_at.is_(None), handoffs_of(person))
    there = sa.and_(Staff.is_active.is_(True), Staff.seen_at > (now or utc_now()) - _RULES.present_within)
    if person.unit_code:
        there = sa.and_(there, Staff.unit_code == person.unit_code)
    return Overview(
        since=session.scalar(sa.select(sa.func.min(Handoff.waiting_since)).where(waiting)),
        there=list(session.scalars(sa.select(Staff).where(there).order_by(Staff.name))),
        troubles=[_trouble(alert, texts) for alert in open_alerts(session)] if person.can("switch") else [],
    )


def _trouble(alert: Alert, texts: Texts) -> Trouble:
    return Trouble(
        id=alert.id,
        text=texts.alert(alert.text_key, **alert.details),
        channel=alert.channel,
        count=alert.count,
        last_at=alert.last_at,
        conversation=alert.details.get("conversation", ""),
        is_event=alert.kind in EVENTS,
    )


def _see(session: Session, alert_id: int, count: int, person: Person) -> bool:
    is_closed = see(session, alert_id, count)
    if is_closed:
        record(session, person.id, "alert_seen", f"alert:{alert_id}")
    return is_closed
