"""The lists of the rail: who waits, who is talked with, who is to be called, what is finished."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.console import rail
from bot.console.access import OpenPage, form, require
from bot.console.desk import cards
from bot.console.errors import PageError
from bot.console.framing import frame_values
from bot.console.parts import console, is_https
from bot.console.person import Person
from bot.console.scope import handoffs_of
from bot.console.shell import back
from bot.console.units import units
from bot.handoff.routing import PROVINCE
from bot.transactions import transaction
from knowledge.models import Handoff

UNIT_COOKIE = "console_unit"
NAMES = tuple(item.name for item in rail.LISTS)
_BULK = ("mine", "calls")  # where something can be done with many at once


def endpoint(item: rail.Item) -> OpenPage:
    """Return the page of a list."""

    @require(item.permission)
    async def show(request: Request, person: Person) -> Response:
        return await page(request, person, item.name)

    return show


async def page(request: Request, person: Person, name: str, **values: Any) -> Response:
    """Return a list with what stands beside it; when htmx asks for the list, that alone."""
    here = console(request)
    shown = await transaction(here.parts.sessions, read, person, name, chosen_unit(request, person))
    if request.headers.get("hx-target") == "list":
        current = request.headers.get("hx-current-url", "")
        return here.pages.page(request, "desk/list.html", person, **shown, current=current)
    frame = {**await frame_values(request, person), "here": f"/console/{name}"}
    searches = "/console/search" in here.paths
    return here.pages.page(request, "desk/page.html", person, **frame, **shown, searches=searches, **_empty(values))


def _empty(values: dict[str, Any]) -> dict[str, Any]:
    return {"talk": None, "current": "", **values}


def read(session: Session, person: Person, name: str, unit: str) -> dict[str, Any]:
    """Return what the template of a list needs."""
    return {
        "list": name,
        "cards": cards.find(session, person, name, unit),
        "unit": unit,
        "units": _units(session, person, unit),
        "bulk_units": units(session) if name in _BULK and person.can("answer") else {},
        "has_bulk": name in _BULK and person.can("answer"),
    }


def _units(session: Session, person: Person, chosen: str) -> dict[str, str]:
    """Return the units among which a person of the whole province may choose: those with something open."""
    if person.unit_code:
        return {}
    busy = sa.select(Handoff.unit_code).where(Handoff.closed_at.is_(None), handoffs_of(person)).distinct()
    codes = {*session.scalars(busy), chosen} - {"", PROVINCE}
    names = units(session)
    return {code: names.get(code, code) for code in sorted(codes, key=lambda code: names.get(code, code))}


def chosen_unit(request: Request, person: Person) -> str:
    """Return the unit to which a person of the whole province has narrowed the lists, "" for all."""
    code = request.cookies.get(UNIT_COOKIE, "")
    return code if not person.unit_code and len(code) <= 10 and code.isalnum() else ""


@require("read")
async def choose_unit(request: Request, person: Person) -> Response:
    """Narrow the lists to a unit, in this browser."""
    code = (await form(request)).get("unit", "")
    known = await transaction(console(request).parts.sessions, units)
    if person.unit_code or (code and code not in known and code != PROVINCE):
        raise PageError(422, "bad_request")
    response = RedirectResponse(back(request), 303)
    response.set_cookie(UNIT_COOKIE, code, path="/console", secure=is_https(request), httponly=True, samesite="lax")
    return response
