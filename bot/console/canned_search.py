"""Canned replies while somebody writes: ranked, within the own unit, with the writer's name filled in."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.console import canned
from bot.console.access import asked, require
from bot.console.parts import Console, console
from bot.console.person import Person
from bot.handoff.routing import unit_name
from bot.transactions import transaction
from knowledge.models import CannedReply
from nlu.text import fold, nfc

_MOST = 8


@dataclass(frozen=True)
class Offered:
    """A reply as it would be put into the draft of this person."""

    id: int
    shortcut: str
    title: str
    text: str


def routes() -> list[BaseRoute]:
    """Return the route of the search."""
    return [Route("/canned/search", search)]


@require("use_canned")
async def search(request: Request, person: Person) -> Response:
    """Return the best replies as a list; "/" before the words is what the composer types."""
    here, query = console(request), asked(request, "q")
    found = await transaction(here.parts.sessions, find, person, query["q"].lstrip("/"), here)
    return here.pages.page(request, "canned_search.html", person, replies=found, q=query["q"])


def find(session: Session, person: Person, text: str, here: Console) -> list[Offered]:
    """Return at most eight replies: by the beginning of the shortcut, then the title, then the text."""
    found = canned.search(session, person, text)
    ranked = sorted(found, key=lambda reply: (rank(reply, fold(nfc(text)).strip()), reply.shortcut))
    values = {
        "{ten_can_bo}": person.name,
        "{don_vi}": unit_name(person.unit_code) or here.words.say("canned", "centre"),
    }
    return [Offered(one.id, one.shortcut, one.title, _filled(one.text, values)) for one in ranked[:_MOST]]


def rank(reply: CannedReply, text: str) -> int:
    """Return how well a reply fits folded text, 0 best: shortcut, beginning of it, title, text."""
    if reply.shortcut == text:
        return 0
    if reply.shortcut.startswith(text):
        return 1
    title = fold(nfc(reply.title))
    return 2 if all(word in title for word in text.split()) else 3


def _filled(text: str, values: dict[str, str]) -> str:
    for place, value in values.items():
        text = text.replace(place, value)
    return text
