"""One's own account: password, second factor."""

from __future__ import annotations

import anyio.to_thread
import segno
import sqlalchemy as sa
from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.console import sessions
from bot.console.access import Form, form, require, set_secret
from bot.console.audit import record
from bot.console.framing import framed
from bot.console.parts import console
from bot.console.passwords import check_password, fault, hash_password
from bot.console.person import Person
from bot.console.tries import TooManyTries, Tries
from bot.http import address
from bot.transactions import transaction
from knowledge.models import Staff

ACCOUNT = "/console/account"


@require("account")
async def show(request: Request, person: Person) -> Response:
    """Show one's account; a fresh secret for the second factor waits to be confirmed."""
    return await _page(request, person)


@require("account", before_change=True)
async def show_password(request: Request, person: Person) -> Response:
    """Ask for the old and a new password."""
    return await _password_page(request, person)


@require("account", before_change=True)
async def change_password(request: Request, person: Person) -> Response:
    """Change one's password: every other session ends, this one gets a new secret."""
    here, given = console(request), await form(request)
    wrong = await _judge(request, person, given)
    if wrong:
        return await _password_page(request, person, 422, wrong)
    hashed = await anyio.to_thread.run_sync(hash_password, given.get("new", ""), limiter=here.hashing)
    secret = sessions.new_secret()
    await transaction(here.parts.sessions, _change, person, hashed, secret)
    response = RedirectResponse(f"{ACCOUNT}?done=password_changed", 303)
    set_secret(request, response, secret)
    return response


@require("account")
async def turn_on_second(request: Request, person: Person) -> Response:
    """Keep the second factor once a code proves that the telephone has it."""
    here, given = console(request), await form(request)
    words = here.second.read(given.get("ticket", ""))
    if len(words) != 2 or words[0] != str(person.id):
        return RedirectResponse(ACCOUNT, 303)
    step = here.second.step_of(words[1], given.get("code", ""))
    if not step:
        return await _page(request, person, 422, "code", words[1])
    await transaction(here.parts.sessions, _keep_second, person, here.second.seal(words[1], step))
    return RedirectResponse(f"{ACCOUNT}?done=second_on", 303)


@require("account")
async def turn_off_second(request: Request, person: Person) -> Response:
    """Remove the second factor, for whoever knows the password."""
    here, given = console(request), await form(request)
    wrong = await _prove(request, person, given.get("password", ""))
    if wrong:
        return await _page(request, person, 422, wrong)
    await transaction(here.parts.sessions, _keep_second, person, "")
    return RedirectResponse(f"{ACCOUNT}?done=second_off", 303)


async def _page(request: Request, person: Person, status: int = 200, wrong: str = "", secret: str = "") -> Response:
    here = console(request)
    kept = await transaction(here.parts.sessions, _read, person.id)
    secret = secret or here.second.new()
    values = {
        "has_second": bool(kept.totp),
        "email": kept.email,
        "secret": secret,
        "square": _square(here.second.address(secret, person.username)),
        "ticket": here.second.ticket(str(person.id), secret),
        "fault": wrong,
    }
    return await framed(request, person, "account.html", status, **values)


async def _password_page(request: Request, person: Person, status: int = 200, wrong: str = "") -> Response:
    return await framed(request, person, "password.html", status, fault=wrong)


async def _judge(request: Request, person: Person, given: Form) -> str:
    """Return what is wrong with a change of password, "" when nothing is."""
    new = given.get("new", "")
    if new != given.get("again", ""):
        return "password_differs"
    if new == given.get("old", ""):
        return "password_same"
    return fault(new, person.username) or await _prove(request, person, given.get("old", ""))


async def _prove(request: Request, person: Person, password: str) -> str:
    """Return "" when the password is the person's; guesses count like those of the sign-in."""
    here = console(request)
    tries = Tries.of(here.parts.key, person.username, address(request))
    try:
        noted = await transaction(here.parts.sessions, tries.note)
    except TooManyTries:
        return "password_tries"
    kept = await transaction(here.parts.sessions, _read, person.id)
    right = await anyio.to_thread.run_sync(check_password, kept.password_hash, password, limiter=here.hashing)
    if right:
        await transaction(here.parts.sessions, tries.forgive, noted)
    return "" if right else "password_wrong"


def _square(text: str) -> Markup:
    """Return a QR code as SVG that takes its colours from the page."""
    return Markup(
        segno.make(text, error="m").svg_inline(scale=4, border=2, omitsize=True, svgclass="qr", lineclass=None)
    )


def _read(session: Session, staff_id: int) -> Staff:
    return session.get(Staff, staff_id)


def _change(session: Session, person: Person, hashed: str, secret: str) -> None:
    changed = sa.update(Staff).where(Staff.id == person.id).values(password_hash=hashed, must_change=False)
    session.execute(changed)
    sessions.end_all(session, person.id)
    sessions.begin(session, person.id, secret)
    record(session, person.id, "password_changed", f"staff:{person.id}")


def _keep_second(session: Session, person: Person, sealed: str) -> None:
    session.execute(sa.update(Staff).where(Staff.id == person.id).values(totp=sealed))
    record(session, person.id, "second_factor_on" if sealed else "second_factor_off", f"staff:{person.id}")
