"""Replies written once for many: looked for by staff while they write, kept by editors."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.console.access import Form, asked, form, number, require
from bot.console.audit import record
from bot.console.errors import PageError, Refused
from bot.console.framing import framed
from bot.console.parts import console
from bot.console.person import Person
from bot.console.units import units
from bot.transactions import transaction
from knowledge.models import CannedReply, utc_now
from nlu.text import fold, nfc

CANNED = "/console/canned"
_SHORTCUT = re.compile(r"[a-z0-9][a-z0-9-]{0,29}")
_LONGEST_TITLE, _LONGEST_TEXT = 120, 2000


def routes() -> list[BaseRoute]:
    """Return the routes of the canned replies."""
    return [
        Route("/canned", show),
        Route("/canned/new", show_new),
        Route("/canned/new", add, methods=["POST"]),
        Route("/canned/{id:int}", show_one),
        Route("/canned/{id:int}", change, methods=["POST"]),
        Route("/canned/{id:int}/off", turn_off, methods=["POST"]),
        Route("/canned/{id:int}/on", turn_on, methods=["POST"]),
    ]


def search(session: Session, person: Person, text: str, everything: bool = False) -> list[CannedReply]:
    """Return the replies a person may use that hold all words of a text, with or without marks.

    ``everything`` brings those that are no longer used, too. A shortcut typed in full comes first.
    """
    found = sa.select(CannedReply).order_by(CannedReply.is_active.desc(), CannedReply.shortcut)
    if not everything:
        found = found.where(CannedReply.is_active.is_(True))
    if person.unit_code:
        found = found.where(CannedReply.unit_code.in_(("", person.unit_code)))
    words = fold(nfc(text)).split()
    replies = [reply for reply in session.scalars(found) if all(word in reply.folded for word in words)]
    return sorted(replies, key=lambda reply: words != [reply.shortcut])


@require("edit_canned")
async def show(request: Request, person: Person) -> Response:
    """List the replies, those that hold certain words when asked."""
    query = asked(request, "q")
    found = await transaction(console(request).parts.sessions, search, person, query["q"], True)
    names = await transaction(console(request).parts.sessions, units)
    return await framed(request, person, "canned.html", replies=found, units=names, q=query["q"])


@require("edit_canned")
async def show_new(request: Request, person: Person) -> Response:
    """Ask for a new reply."""
    return await _form(request, person, None, {"unit": person.unit_code})


@require("edit_canned")
async def add(request: Request, person: Person) -> Response:
    """Keep a new reply."""
    return await _keep(request, person, None)


@require("edit_canned")
async def show_one(request: Request, person: Person) -> Response:
    """Show a reply."""
    reply = await transaction(console(request).parts.sessions, _get, number(request), person)
    fields = {"shortcut": reply.shortcut, "title": reply.title, "text": reply.text, "unit": reply.unit_code}
    return await _form(request, person, reply, fields)


@require("edit_canned")
async def change(request: Request, person: Person) -> Response:
    """Keep what was changed of a reply."""
    return await _keep(request, person, number(request))


@require("edit_canned")
async def turn_off(request: Request, person: Person) -> Response:
    """Offer a reply no longer; what was sent with it stays."""
    await transaction(console(request).parts.sessions, _set_active, number(request), person, False)
    return RedirectResponse(f"{CANNED}?done=canned_off", 303)


@require("edit_canned")
async def turn_on(request: Request, person: Person) -> Response:
    """Offer a reply again."""
    await transaction(console(request).parts.sessions, _set_active, number(request), person, True)
    return RedirectResponse(f"{CANNED}?done=canned_on", 303)


async def _keep(request: Request, person: Person, reply_id: int | None) -> Response:
    here, given = console(request), await form(request)
    try:
        await transaction(here.parts.sessions, _write, reply_id, given, person)
    except (Refused, IntegrityError) as error:
        fault = str(error) if isinstance(error, Refused) else "shortcut_taken"
        reply = await transaction(here.parts.sessions, _get, reply_id, person) if reply_id else None
        return await _form(request, person, reply, given, fault)
    return RedirectResponse(f"{CANNED}?done=canned_kept", 303)


async def _form(request: Request, person: Person, reply: CannedReply | None, given: Form, wrong: str = "") -> Response:
    names = await transaction(console(request).parts.sessions, units)
    fields = {name: given.get(name, "") for name in ("shortcut", "title", "text", "unit")}
    values: dict[str, Any] = {"reply": reply, "given": fields, "units": names, "fault": wrong}
    return await framed(request, person, "canned_form.html", 422 if wrong else 200, **values)


def _write(session: Session, reply_id: int | None, given: Form, person: Person) -> None:
    reply = _get(session, reply_id, person) if reply_id else CannedReply(is_active=True)
    for column, value in _checked(session, given, person).items():
        setattr(reply, column, value)
    reply.editor_id, reply.updated_at = person.id, utc_now()
    session.add(reply)
    session.flush()
    record(session, person.id, "canned_changed" if reply_id else "canned_added", f"canned:{reply.id}")


def _checked(session: Session, given: Form, person: Person) -> dict[str, str]:
    """Return the columns of a reply as typed.

    Raises:
        Refused: something about it will not do.
    """
    shortcut, title = fold(given.get("shortcut", "").strip()), nfc(given.get("title", "")).strip()
    text, unit = nfc(given.get("text", "")).replace("\r\n", "\n").strip(), given.get("unit", "")
    if not _SHORTCUT.fullmatch(shortcut):
        raise Refused("bad_shortcut")
    if not 1 <= len(title) <= _LONGEST_TITLE or not 1 <= len(text) <= _LONGEST_TEXT:
        raise Refused("bad_canned")
    if person.unit_code and unit != person.unit_code:
        raise Refused("other_unit")
    if unit and unit not in units(session):
        raise Refused("unknown_unit")
    folded = fold(f"{shortcut} {title} {text}")
    return {"shortcut": shortcut, "title": title, "text": text, "unit_code": unit, "folded": folded}


def _get(session: Session, reply_id: int, person: Person) -> CannedReply:
    """Return a reply that the person may change: with a unit, those of the unit alone."""
    reply = session.get(CannedReply, reply_id)
    if reply is None or (person.unit_code and reply.unit_code != person.unit_code):
        raise PageError(404, "not_found")
    return reply


def _set_active(session: Session, reply_id: int, person: Person, is_active: bool) -> None:
    reply = _get(session, reply_id, person)
    reply.is_active, reply.editor_id, reply.updated_at = is_active, person.id, utc_now()
    record(session, person.id, "canned_on" if is_active else "canned_off", f"canned:{reply.id}")
