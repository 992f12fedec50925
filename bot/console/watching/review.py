"""The queue of answers to be looked at again: one question at a time, corrected in two keystrokes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.console import procedures
from bot.console.access import Form, asked, form, key_of, number, require
from bot.console.audit import record
from bot.console.errors import PageError, Refused
from bot.console.framing import framed
from bot.console.parts import console
from bot.console.person import Person
from bot.console.procedures import Named
from bot.console.scope import handoffs_of
from bot.console.veil import veil
from bot.console.views import in_scope, subject_of
from bot.handoff import review
from bot.transactions import transaction
from knowledge.answers import ASPECTS
from knowledge.models import Handoff, ReviewItem, Staff, utc_now
from knowledge.store import current_version

PAGE = "/console/review"
BEHAVIOURS = {"answer": "", "not_ours": "x", "person": "c", "right": "y", "skip": "k"}
KEYS = dict(zip(ASPECTS, "gmdptnobql"))
_MOST = 9  # there are nine number keys
_LARGEST_SEQ = 2**31 - 1


@dataclass(frozen=True)
class Shown:
    """A question with what the assistant understood, in names, and what may be chosen instead."""

    item: ReviewItem
    question: str
    understood: tuple[Named, ...]
    choices: tuple[Named, ...]
    by: str


def routes() -> list[BaseRoute]:
    """Return the routes of the queue."""
    return [
        Route("/review", show),
        Route("/review/{id:int}", show_one),
        Route("/review/{id:int}", decide, methods=["POST"]),
        Route("/review/{id:int}/procedures", find_procedures),
        Route("/conversations/{conversation_id}/flag", flag, methods=["POST"]),
    ]


@require("review")
async def show(request: Request, person: Person) -> Response:
    """Show the oldest question that waits, or the one after the last."""
    query = asked(request, "cause", "after")
    item_id = await transaction(console(request).parts.sessions, _next, person, query["cause"], query["after"])
    return await _page(request, person, item_id, query["cause"])


@require("review")
async def show_one(request: Request, person: Person) -> Response:
    """Show one question, decided or not."""
    return await _page(request, person, number(request), asked(request, "cause")["cause"])


async def _page(request: Request, person: Person, item_id: int | None, cause: str, fault: str = "") -> Response:
    here = console(request)
    shown = await transaction(here.parts.sessions, _read, person, item_id) if item_id else None
    left = await transaction(here.parts.sessions, count_open, person)
    last = asked(request, "last")["last"]
    values: dict[str, Any] = {"shown": shown, "left": left, "cause": cause, "fault": fault, "keys": KEYS}
    values["last"] = last if last.isascii() and last.isdecimal() else ""
    return await framed(request, person, "watching/review.html", 422 if fault else 200, **values, behaviours=BEHAVIOURS)


@require("review")
async def decide(request: Request, person: Person) -> Response:
    """Keep what the answer should have been, and go to the next question."""
    here, given, item_id = console(request), await form(request), number(request)
    cause = given.get("cause", "")
    try:
        await transaction(here.parts.sessions, _decide, person, item_id, given)
    except Refused as refused:
        return await _page(request, person, item_id, cause, str(refused))
    narrowed = f"&cause={cause}" if cause in here.words.section("causes") else ""
    return RedirectResponse(f"{PAGE}?after={item_id}&last={item_id}{narrowed}", 303)


@require("review")
async def find_procedures(request: Request, person: Person) -> Response:
    """Show other procedures to choose from, by a part of the name."""
    here, query = console(request), asked(request, "q")
    found = await transaction(here.parts.sessions, _search, person, number(request), query["q"])
    return here.pages.page(request, "watching/choices.html", person, choices=found, chosen="")


@require("answer")
async def flag(request: Request, person: Person) -> Response:
    """Put the question behind a message into the queue."""
    here, given = console(request), await form(request)
    raw = given.get("seq", "")
    if not (raw.isascii() and raw.isdecimal() and int(raw[:12]) <= _LARGEST_SEQ):
        raise PageError(422, "bad_request")
    await transaction(here.parts.sessions, _flag, person, str(request.path_params["conversation_id"]), int(raw))
    return here.pages.page(request, "watching/flagged.html", person)


def _flag(session: Session, person: Person, conversation_id: str, seq: int) -> None:
    in_scope(session, person, conversation_id)
    if not review.flag(session, conversation_id, seq):
        raise PageError(422, "bad_request")
    record(session, person.id, "review_flagged", subject_of(conversation_id), message=seq)


def business(person: Person) -> Any:
    """Return the condition on ``ReviewItem`` that its conversation is this person's business.

    Those who look at answers again need not be allowed to read conversations.
    """
    if not person.unit_code:
        return sa.true()
    newest = sa.select(sa.func.max(Handoff.id)).group_by(Handoff.conversation_id)
    own = sa.select(Handoff.conversation_id).where(Handoff.id.in_(newest), handoffs_of(person))
    anybodys = ReviewItem.conversation_id.not_in(sa.select(Handoff.conversation_id))
    return sa.or_(anybodys, ReviewItem.conversation_id.in_(own))


def count_open(session: Session, person: Person) -> dict[str, int]:
    """Return how many questions wait, by cause."""
    open_now = sa.and_(ReviewItem.state == review.OPEN, business(person))
    counted = sa.select(ReviewItem.cause, sa.func.count()).where(open_now).group_by(ReviewItem.cause)
    return dict(session.execute(counted).all())


def _next(session: Session, person: Person, cause: str, after: str) -> int | None:
    open_now = [ReviewItem.state == review.OPEN, business(person)]
    if cause:
        open_now.append(ReviewItem.cause == cause)
    oldest = sa.select(ReviewItem.id).where(*open_now).order_by(ReviewItem.id).limit(1)
    last = key_of(after)
    if last is not None:
        found: int | None = session.scalar(oldest.where(ReviewItem.id > last))
        if found is not None:
            return found
    return session.scalar(oldest)


def _get(session: Session, person: Person, item_id: int) -> ReviewItem:
    found = session.scalar(sa.select(ReviewItem).where(ReviewItem.id == item_id, business(person)))
    if found is None:
        raise PageError(404, "not_found")
    return found


def _read(session: Session, person: Person, item_id: int) -> Shown:
    item = _get(session, person, item_id)
    understood = item.understood or {}
    codes = [*understood.get("candidates", ()), *understood.get("procedures", ())]
    known = procedures.names(session, [item.procedure_code, *codes])
    offered = [Named(code, known[code]) for code in [item.procedure_code, *codes] if code in known]
    found = {one.code: one for one in [*offered, *procedures.search(session, item.question, _MOST)]}
    by = session.scalar(sa.select(Staff.name).where(Staff.id == item.staff_id)) if item.staff_id else ""
    named = procedures.named(session, understood.get("procedures", ()))
    return Shown(item, veil(item.question), tuple(named), tuple(found.values())[:_MOST], by or "")


def _search(session: Session, person: Person, item_id: int, text: str) -> tuple[Named, ...]:
    item = _get(session, person, item_id)
    return tuple(procedures.search(session, text.strip() or item.question, _MOST))


def _decide(session: Session, person: Person, item_id: int, given: Form) -> None:
    """Keep a decision.

    Raises:
        Refused: there is no procedure, or somebody else has decided meanwhile.
        PageError: 404, it is not there or not theirs; 422, there is no such choice.
    """
    item = _get(session, person, item_id)
    values = _decision(session, given)
    free = sa.or_(ReviewItem.state == review.OPEN, ReviewItem.staff_id == person.id)
    deciding = sa.update(ReviewItem).where(ReviewItem.id == item_id, free)
    decided = {**values, "state": review.DECIDED, "staff_id": person.id, "decided_at": utc_now()}
    decided["question"] = veil(item.question)  # what is kept as a lesson outlives the conversation
    if not session.execute(deciding.values(decided).execution_options(synchronize_session=False)).rowcount:
        raise Refused("decided_already")
    record(session, person.id, "review_decided", f"review:{item_id}", **values)


def _decision(session: Session, given: Form) -> dict[str, Any]:
    behaviour, code = given.get("behaviour", ""), given.get("procedure", "")
    if behaviour not in BEHAVIOURS:
        raise PageError(422, "bad_request")
    if behaviour != "answer":
        return {"behaviour": behaviour, "procedure_code": "", "aspects": []}
    if current_version(session, code) is None:
        raise Refused("no_procedure")
    aspects = [name for name in ASPECTS if given.get(f"aspect.{name}")]
    return {"behaviour": behaviour, "procedure_code": code, "aspects": aspects}
