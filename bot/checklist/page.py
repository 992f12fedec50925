"""``GET /checklist/CODE``: questions as links, then the papers. The answers stand in the address; nothing is stored."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

import jinja2
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.markup import bold
from bot.services import services
from bot.transactions import transaction
from knowledge.answers.checklist import PAGE, QUESTIONS, OwnCase, own_case
from knowledge.profile import load_profile

_TEMPLATES = Path(__file__).with_name("templates")
_CODE = re.compile(r"(\d\.\d{6})(?:\.[\w.]{1,20})?")  # with or without the suffix of a province
_LONGEST_ANSWER = 20


def routes() -> list[Route]:
    """Return the route of the page."""
    return [Route(f"{PAGE}{{code}}", show)]


async def show(request: Request) -> Response:
    """Show the next question or the checklist; a code that is in no record gets a page that says so."""
    code = _CODE.fullmatch(str(request.path_params["code"]))
    answers = {name: request.query_params.get(name, "")[:_LONGEST_ANSWER] for name in QUESTIONS}
    parts = services(request)
    case = await transaction(parts.sessions, _read, code.group(1), answers) if code else None
    public = parts.settings.channels.public_url
    address = public + case.path if public and case else ""  # to be read from paper
    values = {"case": case, "province": load_profile().province, "address": address}
    page = _templates().get_template("page.html" if case else "unknown.html")
    return HTMLResponse(page.render(**values), 200 if case else 404)


def _read(session: Session, code: str, answers: dict[str, str]) -> OwnCase | None:
    return own_case(session, code, answers, load_profile())


@cache
def _templates() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["bold"] = bold
    made.globals.update(choose=choose, without=without)
    return made


def choose(case: OwnCase, question: str, value: str) -> str:
    """Return the query that answers one more question."""
    return "?" + urlencode({**{name: choice.value for name, choice in case.answers.items()}, question: value})


def without(case: OwnCase, question: str) -> str:
    """Return the query that asks a question again."""
    kept = {name: choice.value for name, choice in case.answers.items() if name != question}
    return "?" + urlencode(kept)
