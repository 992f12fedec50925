"""The page of late dossiers: counts by field and procedure, and a list in pages. Every view is in the audit."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.console.access import Form, asked, require
from bot.console.audit import record
from bot.console.framing import framed
from bot.console.overdue import reading
from bot.console.parts import console
from bot.console.person import Person
from bot.transactions import transaction
from knowledge.models import utc_now
from knowledge.profile import load_profile

_ON_A_PAGE = 50
_FILTERS = ("kind", "unit", "field", "procedure")


def routes() -> list[BaseRoute]:
    """Return the route of the page."""
    return [Route("/overdue", show)]


@require("overdue")
async def show(request: Request, person: Person) -> Response:
    """Show the dossiers of a person's scope that fit the filters."""
    query = asked(request, *_FILTERS, "after")
    query["kind"] = query["kind"] if query["kind"] in reading.KINDS else reading.LATE
    values = await transaction(console(request).parts.sessions, _read, person, query)
    return await framed(request, person, "overdue/page.html", query=query, **values)


def _read(session: Session, person: Person, query: Form) -> dict[str, Any]:
    scope, now = reading.Scope(person.unit_code, query["unit"]), utc_now()
    fields = reading.fields(session, scope, now)
    found = reading.lines(session, scope, query, now, load_profile(), _ON_A_PAGE + 1)
    record(session, person.id, "overdue_viewed", "overdue", **{name: query[name] for name in _FILTERS if query[name]})
    return {
        "fields": fields,
        "total": reading.Counted.sum(fields),
        "lines": found[:_ON_A_PAGE],
        "more": found[_ON_A_PAGE - 1].dossier_id if len(found) > _ON_A_PAGE else "",
        "units": reading.units(session, scope),
        "as_of": reading.as_of(session),
        "chosen": next((one for one in fields if one.key == query["field"]), None),
    }
