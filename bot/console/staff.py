"""The page of accounts, for administrators."""

from __future__ import annotations

from typing import Any

import anyio.to_thread
import sqlalchemy as sa
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.console import accounts
from bot.console.access import Form, asked, form, number, require
from bot.console.errors import PageError, Refused
from bot.console.framing import framed
from bot.console.parts import console
from bot.console.passwords import hash_password
from bot.console.person import Person
from bot.console.roles import CLERK, ROLES
from bot.console.units import units
from bot.transactions import transaction
from knowledge.models import Staff
from nlu.text import fold

STAFF = "/console/staff"


def routes() -> list[BaseRoute]:
    """Return the routes of the accounts."""
    return [
        Route("/staff", show),
        Route("/staff/new", show_new),
        Route("/staff/new", add, methods=["POST"]),
        Route("/staff/{id:int}", show_one),
        Route("/staff/{id:int}", change, methods=["POST"]),
        Route("/staff/{id:int}/password", give_password, methods=["POST"]),
        Route("/staff/{id:int}/second-off", turn_off_second, methods=["POST"]),
        Route("/staff/{id:int}/disable", disable, methods=["POST"]),
        Route("/staff/{id:int}/enable", enable, methods=["POST"]),
    ]


@require("manage_staff")
async def show(request: Request, person: Person) -> Response:
    """List the accounts, those of a role or with certain letters when asked."""
    query = asked(request, "q", "role")
    found = await transaction(console(request).parts.sessions, _search, query["q"], query["role"])
    names = await transaction(console(request).parts.sessions, units)
    values: dict[str, Any] = {"staff": found, "units": names, "roles": ROLES, "q": query["q"], "role": query["role"]}
    return await framed(request, person, "staff.html", 200, **values)


@require("manage_staff")
async def show_new(request: Request, person: Person) -> Response:
    """Ask for a new account."""
    return await _form(request, person, None, {"role": CLERK})


@require("manage_staff")
async def add(request: Request, person: Person) -> Response:
    """Make an account and show its first password, once."""
    here, given = console(request), await form(request)
    password = accounts.new_password()
    hashed = await anyio.to_thread.run_sync(hash_password, password, limiter=here.hashing)
    try:
        username = given.get("username", "")
        staff = await transaction(here.parts.sessions, accounts.add, username, _profile(given), hashed, True, person.id)
    except Refused as refused:
        return await _form(request, person, None, given, str(refused))
    return await framed(request, person, "staff_password.html", staff=staff, password=password, is_new=True)


@require("manage_staff")
async def show_one(request: Request, person: Person) -> Response:
    """Show one account."""
    staff = await transaction(console(request).parts.sessions, _get, number(request))
    return await _form(request, person, staff, _fields(staff))


@require("manage_staff")
async def change(request: Request, person: Person) -> Response:
    """Change name, role, unit or e-mail."""
    here, given = console(request), await form(request)
    try:
        await transaction(here.parts.sessions, _change, number(request), _profile(given), person.id)
    except Refused as refused:
        staff = await transaction(here.parts.sessions, _get, number(request))
        return await _form(request, person, staff, {"username": staff.username, **given}, str(refused))
    return RedirectResponse(f"{STAFF}/{request.path_params['id']}?done=staff_changed", 303)


@require("manage_staff")
async def give_password(request: Request, person: Person) -> Response:
    """Give a new first password and show it, once."""
    here, password = console(request), accounts.new_password()
    hashed = await anyio.to_thread.run_sync(hash_password, password, limiter=here.hashing)
    staff = await transaction(here.parts.sessions, _give, number(request), hashed, person.id)
    return await framed(request, person, "staff_password.html", staff=staff, password=password, is_new=False)


@require("manage_staff")
async def turn_off_second(request: Request, person: Person) -> Response:
    """Take the second factor, for somebody who lost the telephone."""
    return await _switch(request, person, _second_off, "staff_second_off")


@require("manage_staff")
async def disable(request: Request, person: Person) -> Response:
    """End an account."""
    return await _switch(request, person, _disable, "staff_disabled")


@require("manage_staff")
async def enable(request: Request, person: Person) -> Response:
    """Let an account in again."""
    return await _switch(request, person, _enable, "staff_enabled")


async def _switch(request: Request, person: Person, work: Any, done: str) -> Response:
    here, staff_id = console(request), number(request)
    try:
        await transaction(here.parts.sessions, work, staff_id, person.id)
    except Refused as refused:
        staff = await transaction(here.parts.sessions, _get, staff_id)
        return await _form(request, person, staff, _fields(staff), str(refused))
    return RedirectResponse(f"{STAFF}/{staff_id}?done={done}", 303)


async def _form(request: Request, person: Person, staff: Staff | None, given: Form, wrong: str = "") -> Response:
    names = await transaction(console(request).parts.sessions, units)
    fields = {name: given.get(name, "") for name in ("username", "name", "role", "unit", "email")}
    values = {"staff": staff, "given": fields, "units": names, "roles": ROLES, "fault": wrong}
    return await framed(request, person, "staff_form.html", 422 if wrong else 200, **values)


def _profile(given: Form) -> accounts.Profile:
    return accounts.Profile(given.get("name", ""), given.get("role", ""), given.get("unit", ""), given.get("email", ""))


def _fields(staff: Staff) -> Form:
    values = {"username": staff.username, "name": staff.name, "role": staff.role}
    return {**values, "unit": staff.unit_code, "email": staff.email}


def _search(session: Session, text: str, role: str) -> list[Staff]:
    everybody = sa.select(Staff).order_by(Staff.is_active.desc(), Staff.name)
    found = session.scalars(everybody.where(Staff.role == role) if role else everybody)
    return [staff for staff in found if fold(text) in fold(f"{staff.name} {staff.username} {staff.email}")]


def _get(session: Session, staff_id: int) -> Staff:
    staff = session.get(Staff, staff_id)
    if staff is None:
        raise PageError(404, "not_found")
    return staff


def _change(session: Session, staff_id: int, profile: accounts.Profile, by: int) -> None:
    accounts.change(session, _get(session, staff_id), profile, by)


def _give(session: Session, staff_id: int, hashed: str, by: int) -> Staff:
    staff = _get(session, staff_id)
    accounts.give_password(session, staff, hashed, True, by)
    return staff


def _second_off(session: Session, staff_id: int, by: int) -> None:
    accounts.set_second(session, _get(session, staff_id), "", by)


def _disable(session: Session, staff_id: int, by: int) -> None:
    accounts.set_active(session, _get(session, staff_id), False, by)


def _enable(session: Session, staff_id: int, by: int) -> None:
    accounts.set_active(session, _get(session, staff_id), True, by)
