"""A whole page: what it shows, within the frame that every signed-in person has around it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

from bot.console import rail
from bot.console.addresses import split
from bot.console.parts import console
from bot.console.person import Person
from bot.transactions import transaction


async def framed(request: Request, person: Person, template: str, status: int = 200, **values: Any) -> Response:
    """Return a page whose template extends ``base.html``."""
    frame = await frame_values(request, person)
    return console(request).pages.page(request, template, person, status, **frame, **values)


async def frame_values(request: Request, person: Person) -> dict[str, Any]:
    """Return what the rail needs: its lines for this person, and the numbers beside them."""
    here = console(request)
    lists, others = ((), ()) if person.must_change else (rail.LISTS, rail.OTHERS)  # first things first
    return {
        "lists": rail.items(person, lists, here.paths),
        "others": rail.items(person, others, here.paths),
        "counts": await transaction(here.parts.sessions, rail.counts, person),
        "here": shown_path(request),
    }


def shown_path(request: Request) -> str:
    """Return the path of the page that the person looks at; htmx names it when it asks for a part.

    A conversation that was opened from a list belongs to that list.
    """
    shown = split(request.headers.get("hx-current-url") or str(request.url))
    asked = parse_qs(shown.query).get("in", [""])[0]
    return f"/console/{asked}" if asked and shown.path.startswith("/console/conversations/") else shown.path
