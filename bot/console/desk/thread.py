"""One conversation: the page, and the parts of it that are asked for again when there is news."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from bot.console.access import require
from bot.console.desk import colleagues, lists, reading, talk
from bot.console.parts import console
from bot.console.person import Person
from bot.console.units import units
from bot.console.views import in_scope, look
from bot.handoff.staff import BOT_COULD, CLOSE_REASONS
from bot.transactions import transaction

_LARGEST_NUMBER = 10**9


@require("read")
async def show(request: Request, person: Person) -> Response:
    """Show a conversation beside a list; that it was opened is noted."""
    here, key = console(request), str(request.path_params["id"])
    values = await transaction(here.parts.sessions, _open, person, key)
    values["types"] = here.parts.hub.is_citizen_typing(key)
    if request.headers.get("hx-target") == "thread":
        return here.pages.page(request, "desk/thread.html", person, **values, list=beside(request, values["talk"]))
    return await lists.page(request, person, beside(request, values["talk"]), **values, current=key)


def beside(request: Request, seen: talk.Talk) -> str:
    """Return the list that stands beside a conversation: the one it was opened from, else the one it is in."""
    asked = request.query_params.get("in", "")
    if asked in lists.NAMES:
        return asked
    if seen.is_mine:
        return "mine"
    by_state = {"queued": "waiting", "callback": "calls", "calling": "calls", "bot": "finished", "rating": "finished"}
    return by_state.get(seen.state, "team")


@require("read")
async def lines(request: Request, person: Person) -> Response:
    """Return the newest lines with the head and the state of the composer, or older lines alone."""
    here, key = console(request), str(request.path_params["id"])
    raw = request.query_params.get("before", "0")
    before = min(int(raw), _LARGEST_NUMBER) if raw.isdecimal() and len(raw) < 12 else 0
    values = await transaction(here.parts.sessions, _read, person, key, before)
    values["types"] = here.parts.hub.is_citizen_typing(key)
    template = "desk/older.html" if before else "desk/news.html"
    return here.pages.page(request, template, person, **values, list=beside(request, values["talk"]))


def _open(session: Session, person: Person, key: str) -> dict[str, Any]:
    look(session, person, key)
    return _read(session, person, key, 0)


def _read(session: Session, person: Person, key: str, before: int) -> dict[str, Any]:
    seen = talk.look(session, person, key)
    names = units(session)
    return {
        "talk": seen,
        "thread": reading.read(session, key, before),
        "unit_names": names,
        "reasons": CLOSE_REASONS,
        "could": BOT_COULD,
    }


@require("answer")
async def people(request: Request, person: Person) -> Response:
    """Return whom a conversation can be given to, or who can be mentioned in it."""
    here, key = console(request), str(request.path_params["id"])
    text = request.query_params.get("q", "")[:100].replace("\0", "")
    found = await transaction(here.parts.sessions, _people, person, key, text, here.parts.settings.handoff)
    template = "desk/mentions.html" if request.query_params.get("for") == "mention" else "desk/targets.html"
    return here.pages.page(request, template, person, **found)


def _people(session: Session, person: Person, key: str, text: str, rules: Any) -> dict[str, Any]:
    conversation = in_scope(session, person, key)
    return {
        "colleagues": colleagues.find(session, person, text, rules),
        "target_units": colleagues.find_units(session, text),
        "conversation": conversation,
    }


@require("answer")
async def procedures(request: Request, person: Person) -> Response:
    """Return procedures by a part of their names, for the dialog that ends a conversation."""
    here = console(request)
    text = request.query_params.get("procedure", "")[:100].replace("\0", "")
    found = await transaction(here.parts.sessions, colleagues.find_procedures, text)
    return here.pages.page(request, "desk/procedures.html", person, found=found)
