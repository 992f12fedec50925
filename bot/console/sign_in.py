"""Signing in and out."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import anyio.to_thread
import sqlalchemy as sa
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.console import sessions
from bot.console.access import Form, forget_secret, form, open_to_all, require, set_secret
from bot.console.addresses import inside
from bot.console.audit import record
from bot.console.parts import Console, console
from bot.console.passwords import check_password, hash_password, is_outdated
from bot.console.person import Person
from bot.console.tries import TooManyTries, Tries
from bot.http import address
from bot.transactions import transaction
from knowledge.models import Staff

SIGN_IN = "/console/sign-in"


@dataclass(frozen=True)
class Known:
    """What a sign-in needs to know of an account; all empty when nobody has the name."""

    id: int | None = None
    is_active: bool = False
    kept: str = field(default="", repr=False)
    has_second: bool = False
    must_change: bool = False


@open_to_all
async def show(request: Request) -> Response:
    """Ask for name and password."""
    here = console(request)
    is_first = not await transaction(here.parts.sessions, _count)
    return _form(request, next=request.query_params.get("next", ""), is_first=is_first)


@open_to_all
async def sign_in(request: Request) -> Response:
    """Judge name and password. Unknown names, disabled accounts and wrong passwords look and take the same."""
    here, given = console(request), await form(request)
    tries = Tries.of(here.parts.key, given.get("username", ""), address(request))
    try:
        noted = await transaction(here.parts.sessions, tries.note)
    except TooManyTries as early:
        return _too_early(request, given, early)
    known = await transaction(here.parts.sessions, _find, given.get("username", ""))
    password = given.get("password", "")
    right = await anyio.to_thread.run_sync(check_password, known.kept, password, limiter=here.hashing)
    if known.id is None or not (right and known.is_active):
        await transaction(here.parts.sessions, record, known.id, "sign_in_failed", address=address(request))
        return _form(request, 401, username=given.get("username", ""), next=given.get("next", ""), fault="sign_in")
    if is_outdated(known.kept):
        await transaction(here.parts.sessions, _keep, known.id, await _hash(here, password))
    if known.has_second:
        return _ask_code(request, known.id, given, noted)
    return await _let_in(request, known.id, tries, given.get("next", ""), noted)


@open_to_all
async def sign_in_with_code(request: Request) -> Response:
    """Judge the code of the second factor."""
    here, given = console(request), await form(request)
    words = here.second.read(given.get("ticket", ""), seconds=300)
    if len(words) != 4 or words[0] != request.state.secret:
        return RedirectResponse(SIGN_IN, 303)
    staff_id, username, noted_before = int(words[1]), words[2], int(words[3])
    tries = Tries.of(here.parts.key, username, address(request))
    try:
        noted = await transaction(here.parts.sessions, tries.note)
    except TooManyTries as early:
        return _too_early(request, given, early)
    if not await transaction(here.parts.sessions, here.second.use, staff_id, given.get("code", "")):
        await transaction(here.parts.sessions, record, staff_id, "sign_in_failed", address=address(request))
        return _ask_code(request, staff_id, {**given, "username": username}, noted_before, 401, "code")
    return await _let_in(request, staff_id, tries, given.get("next", ""), noted_before, noted)


@require("account", before_change=True)
async def sign_out(request: Request, person: Person) -> Response:
    """End this session, or all of the person's."""
    here, everywhere = console(request), (await form(request)).get("everywhere") == "1"
    await transaction(here.parts.sessions, _sign_out, person, everywhere)
    response = RedirectResponse(f"{SIGN_IN}?done=signed_out", 303)
    response.headers["Clear-Site-Data"] = '"storage"'  # what was typed and not yet sent stays with nobody
    forget_secret(request, response)
    return response


def _form(request: Request, status: int = 200, **values: Any) -> Response:
    given: dict[str, Any] = {"username": "", "next": "", "fault": "", "seconds": 0, "is_first": False, **values}
    here = console(request)
    response = here.pages.page(request, "sign_in.html", status=status, has_provider=here.provider.is_on, **given)
    if request.state.is_new_secret:
        set_secret(request, response, request.state.secret)
    return response


def _too_early(request: Request, given: Form, early: TooManyTries) -> Response:
    seconds = math.ceil(early.seconds)
    values = {"username": given.get("username", ""), "next": given.get("next", "")}
    response = _form(request, 429, fault="too_many", seconds=seconds, **values)
    response.headers["Retry-After"] = str(seconds)
    return response


def _ask_code(request: Request, staff_id: int, given: Form, noted: int, status: int = 200, fault: str = "") -> Response:
    """Ask for the code; ``noted`` is the try with the password, which counts until the code is right."""
    here = console(request)
    ticket = here.second.ticket(request.state.secret, str(staff_id), given.get("username", ""), str(noted))
    values: dict[str, Any] = {"ticket": ticket, "next": given.get("next", ""), "fault": fault}
    return here.pages.page(request, "sign_in_code.html", status=status, **values)


async def _let_in(request: Request, staff_id: int, tries: Tries, target: str, *noted: int) -> Response:
    here, secret = console(request), sessions.new_secret()
    old = sessions.session_id(request.state.secret)
    await transaction(here.parts.sessions, _begin, staff_id, secret, old, tries, noted, address(request))
    response = RedirectResponse(inside(target), 303)
    set_secret(request, response, secret)
    return response


def _begin(
    session: Session, staff_id: int, secret: str, old: str, tries: Tries, noted: tuple[int, ...], origin: str
) -> None:
    tries.forgive(session, *noted)
    sessions.end(session, old)
    sessions.begin(session, staff_id, secret)
    record(session, staff_id, "sign_in", address=origin)


def _sign_out(session: Session, person: Person, everywhere: bool) -> None:
    sessions.end_all(session, person.id) if everywhere else sessions.end(session, person.session_id)
    session.execute(sa.update(Staff).where(Staff.id == person.id).values(presence="away"))
    record(session, person.id, "sign_out", everywhere=everywhere)


def _find(session: Session, username: str) -> Known:
    staff = session.scalar(sa.select(Staff).where(Staff.username == username.strip().lower()))
    if staff is None:
        return Known()
    return Known(staff.id, staff.is_active, staff.password_hash, bool(staff.totp), staff.must_change)


def _count(session: Session) -> int:
    return int(session.scalar(sa.select(sa.func.count(Staff.id))) or 0)


def _keep(session: Session, staff_id: int, hashed: str) -> None:
    session.execute(sa.update(Staff).where(Staff.id == staff_id).values(password_hash=hashed))


async def _hash(here: Console, password: str) -> str:
    return await anyio.to_thread.run_sync(hash_password, password, limiter=here.hashing)
