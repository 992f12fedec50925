"""What surrounds every page: the first page, the rail, one's presence, the look."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.console import rail
from bot.console.access import form, is_htmx, require
from bot.console.addresses import inside, split
from bot.console.errors import PageError
from bot.console.framing import frame_values
from bot.console.pages import THEME_COOKIE, THEMES
from bot.console.parts import console, is_https
from bot.console.person import Person
from bot.transactions import transaction
from knowledge.models import Staff

PRESENCES = ("ready", "busy", "away")
_YEAR = 365 * 24 * 3600


@require("account")
async def home(request: Request, person: Person) -> Response:
    """Go to where the person's work begins."""
    return RedirectResponse(rail.first_page(person, console(request).paths), 303)


@require("account")
async def show_rail(request: Request, person: Person) -> Response:
    """Return the lines of the rail with fresh numbers."""
    here = console(request)
    return here.pages.page(request, "parts/rail.html", person, **await frame_values(request, person))


@require("account")
async def set_presence(request: Request, person: Person) -> Response:
    """Keep whether the person is ready, busy or away."""
    here, wanted = console(request), (await form(request)).get("presence", "")
    if wanted not in PRESENCES:
        raise PageError(422, "bad_request")
    await transaction(here.parts.sessions, _keep, person.id, wanted)
    if is_htmx(request):
        return here.pages.page(request, "parts/presence.html", person, presence=wanted)
    return RedirectResponse(back(request), 303)


@require("account", before_change=True)
async def set_theme(request: Request, person: Person) -> Response:
    """Keep the look in this browser."""
    wanted = (await form(request)).get("theme", "")
    if wanted not in THEMES:
        raise PageError(422, "bad_request")
    response = RedirectResponse(back(request), 303)
    kept = {"max_age": _YEAR, "path": "/console", "secure": is_https(request), "httponly": True, "samesite": "lax"}
    response.set_cookie(THEME_COOKIE, wanted, **kept)  # type: ignore[arg-type]
    return response


def back(request: Request) -> str:
    """Return the page of the console that a form was sent from."""
    came_from = split(request.headers.get("referer", ""))
    return inside(f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path)


def _keep(session: Session, staff_id: int, presence: str) -> None:
    session.execute(sa.update(Staff).where(Staff.id == staff_id).values(presence=presence))
