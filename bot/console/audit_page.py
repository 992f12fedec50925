"""Reading the audit: filters, pages, and a spreadsheet. Nothing here can change it."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.console.access import Form, asked, key_of, require
from bot.console.audit import record
from bot.console.framing import framed
from bot.console.pages import VIETNAM
from bot.console.parts import Console, console
from bot.console.person import Person
from bot.console.sheets import Cell, download, spreadsheet
from bot.transactions import transaction
from knowledge.models import AuditEntry, Staff

_ON_A_PAGE, _MOST_EXPORTED = 100, 50_000
_FILTERS = ("who", "action", "subject", "since", "until", "before")


def routes() -> list[BaseRoute]:
    """Return the routes of the audit."""
    return [Route("/audit", show), Route("/audit.xlsx", export)]


@require("read_audit")
async def show(request: Request, person: Person) -> Response:
    """List the newest lines that fit the filters."""
    here, query = console(request), asked(request, *_FILTERS)
    entries = await transaction(here.parts.sessions, read, query, _ON_A_PAGE + 1)
    names, actions = await transaction(here.parts.sessions, _choices)
    more = entries[_ON_A_PAGE - 1].id if len(entries) > _ON_A_PAGE else 0
    values: dict[str, Any] = {"entries": entries[:_ON_A_PAGE], "names": names, "actions": actions, "more": more}
    return await framed(request, person, "audit.html", query=query, **values)


@require("read_audit")
async def export(request: Request, person: Person) -> Response:
    """Return the lines that fit the filters as a spreadsheet; that this was done is a line, too."""
    here, query = console(request), {**asked(request, *_FILTERS), "before": ""}
    content = await transaction(here.parts.sessions, _export, query, here, person)
    return download(content, f"nhat-ky-{dt.datetime.now(VIETNAM):%Y%m%d-%H%M}.xlsx")


def read(session: Session, query: Form, most: int) -> list[AuditEntry]:
    """Return so many lines, the newest first; a filter that makes no sense finds nothing."""
    try:
        wanted = _conditions(query)
    except ValueError:
        return []
    return list(session.scalars(sa.select(AuditEntry).where(*wanted).order_by(AuditEntry.id.desc()).limit(most)))


def _conditions(query: Form) -> list[Any]:
    found: list[Any] = []
    if query["who"]:
        found.append(
            AuditEntry.staff_id.is_(None) if query["who"] == "0" else AuditEntry.staff_id == _key(query["who"])
        )
    if query["action"]:
        found.append(AuditEntry.action == query["action"])
    if query["subject"]:
        found.append(AuditEntry.subject == query["subject"])
    if query["since"]:
        found.append(AuditEntry.at >= _midnight(query["since"]))
    if query["until"]:
        found.append(AuditEntry.at < _midnight(query["until"]) + dt.timedelta(days=1))
    if query["before"]:
        found.append(AuditEntry.id < _key(query["before"]))
    return found


def _key(raw: str) -> int:
    """Return a key of a row; ValueError when it is none."""
    found = key_of(raw)
    if found is None:
        raise ValueError(raw)
    return found


def _midnight(raw: str) -> dt.datetime:
    return dt.datetime.combine(dt.date.fromisoformat(raw), dt.time(), VIETNAM)


def _choices(session: Session) -> tuple[dict[int, str], list[str]]:
    """Return the names of the staff by number, and the actions that occur."""
    names = {staff.id: staff.name for staff in session.scalars(sa.select(Staff).order_by(Staff.name))}
    return names, list(session.scalars(sa.select(AuditEntry.action).distinct().order_by(AuditEntry.action)))


def _export(session: Session, query: Form, here: Console, person: Person) -> bytes:
    names, _ = _choices(session)
    actions, columns = here.words.section("actions"), here.words.section("audit_columns")
    entries = read(session, query, _MOST_EXPORTED)
    rows = [_row(entry, names, actions) for entry in entries]
    record(session, person.id, "audit_exported", rows=len(rows))
    return spreadsheet(here.words.say("rail", "audit"), list(columns.values()), rows)


def _row(entry: AuditEntry, names: dict[int, str], actions: Any) -> list[Cell]:
    at = entry.at.astimezone(VIETNAM).replace(tzinfo=None, microsecond=0)
    detail = json.dumps(entry.detail, ensure_ascii=False) if entry.detail else ""
    return [at, names.get(entry.staff_id, ""), actions.get(entry.action, entry.action), entry.subject, detail]
