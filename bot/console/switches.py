"""The page of switches: people only, or a channel off, with the notice that citizens get."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.console.access import Form, form, require
from bot.console.audit import record
from bot.console.errors import PageError
from bot.console.framing import framed
from bot.console.parts import Console, console
from bot.console.person import Person
from bot.handoff import switches
from bot.transactions import transaction
from knowledge.models import Staff
from nlu.text import nfc

_LONGEST_NOTICE = 500


def routes() -> list[BaseRoute]:
    """Return the routes of the switches."""
    return [
        Route("/switches", show),
        Route("/switches/off", turn_off, methods=["POST"]),
        Route("/switches/on", turn_on, methods=["POST"]),
    ]


@require("switch")
async def show(request: Request, person: Person) -> Response:
    """Show every switch, and since when and by whom it is off."""
    return await _page(request, person)


@require("switch")
async def turn_off(request: Request, person: Person) -> Response:
    """Turn something off, with a notice."""
    here, given = console(request), await form(request)
    notice = nfc(given.get("notice", "")).strip()
    name = _known(here, given)
    if not 1 <= len(notice) <= _LONGEST_NOTICE:
        return await _page(request, person, name, "bad_notice")
    await transaction(here.parts.sessions, _turn, name, notice, person)
    return RedirectResponse("/console/switches?done=switched_off", 303)


@require("switch")
async def turn_on(request: Request, person: Person) -> Response:
    """Turn something on again."""
    here = console(request)
    await transaction(here.parts.sessions, _turn, _known(here, await form(request)), "", person)
    return RedirectResponse("/console/switches?done=switched_on", 303)


async def _page(request: Request, person: Person, wrong_name: str = "", wrong: str = "") -> Response:
    here = console(request)
    off, names = await transaction(here.parts.sessions, _read)
    values: dict[str, Any] = {"switches": _all(here), "off": off, "names": names}
    return await framed(
        request, person, "switches.html", 422 if wrong else 200, **values, wrong_name=wrong_name, fault=wrong
    )


def _all(here: Console) -> list[str]:
    return [switches.BOT, *(switches.of_channel(name) for name in here.parts.channels)]


def _known(here: Console, given: Form) -> str:
    name = given.get("name", "")
    if name not in _all(here):
        raise PageError(422, "bad_request")
    return name


def _read(session: Session) -> tuple[dict[str, switches.Off], dict[int, str]]:
    off = switches.all_off(session)
    names = {one.staff_id: session.get(Staff, one.staff_id).name for one in off.values() if one.staff_id}
    return off, names


def _turn(session: Session, name: str, notice: str, person: Person) -> None:
    """Turn a switch: off with a notice, on without one."""
    if notice:
        switches.turn_off(session, name, notice, person.id)
    else:
        switches.turn_on(session, name)
    record(session, person.id, "switched_off" if notice else "switched_on", f"switch:{name}")
