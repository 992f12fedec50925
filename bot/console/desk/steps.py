"""The steps that staff take with a conversation: one route each, one transaction, one line in the audit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.console.access import Form, OpenPage, form, is_htmx, key_of, require
from bot.console.audit import record
from bot.console.desk import talk
from bot.console.errors import PageError
from bot.console.parts import console
from bot.console.person import Person
from bot.console.rail import conditions
from bot.console.scope import handoffs_of
from bot.console.units import units
from bot.console.views import in_scope
from bot.handoff import staff as work
from bot.handoff import waiting
from bot.handoff.moves import NotPossible, find_open, holder_of
from bot.handoff.routing import PROVINCE
from bot.handoff.rules import Rules
from bot.handoff.staff import BOT_COULD, CLOSE_REASONS, Close, Forbidden
from bot.transactions import transaction
from knowledge.models import Conversation, Handoff, Staff
from knowledge.store import resolve_code
from nlu.text import nfc

LONGEST_NOTE = 500
_TRIES = 5


@dataclass(frozen=True)
class Act:
    """One step on its way: who takes it, on what, with which fields; ``handoff`` is None for ``step_in`` alone."""

    staff: Staff
    conversation: Conversation
    handoff: Any
    given: Form
    rules: Rules

    def note(self, name: str) -> str:
        """Return a field of free text."""
        return nfc(self.given.get(name, "")).strip()[:LONGEST_NOTE]


@dataclass(frozen=True)
class Step:
    """How a step is taken; ``noted`` are the fields that the audit keeps."""

    take: Callable[[Session, Act], object]
    permission: str = "answer"
    noted: tuple[str, ...] = field(default=())


def _simple(function: Callable[[Session, Staff, Handoff], object]) -> Callable[[Session, Act], object]:
    return lambda session, act: function(session, act.staff, act.handoff)


def _transfer(session: Session, act: Act) -> None:
    kind, _, key = act.given.get("to", "").partition(":")
    person = key_of(key) if kind == "staff" else None
    to = session.get(Staff, person) if person is not None else None
    if to is None and not (kind == "unit" and (key == PROVINCE or key in units(session))):
        raise PageError(422, "no_target")
    work.transfer(session, act.staff, act.handoff, to, None if to else key, act.note("note"))


def _take_over(session: Session, act: Act) -> None:
    if not act.note("reason"):
        raise PageError(422, "no_reason")
    work.take_over(session, act.staff, act.handoff, act.note("reason"))


def _close(session: Session, act: Act) -> None:
    work.close(session, act.staff, act.handoff, read_close(session, act.given))


def read_close(session: Session, given: Form) -> Close:
    """Return how a hand-off is to be closed.

    Raises:
        PageError: 422, a field is missing or unknown.
    """
    reason, could, typed = given.get("reason", ""), given.get("bot_could", ""), given.get("procedure", "").strip()
    if reason not in CLOSE_REASONS or could not in BOT_COULD:
        raise PageError(422, "no_reason")
    code = resolve_code(session, typed) if typed else ""
    if code is None:
        raise PageError(422, "no_procedure")
    return Close(reason, could, code)


STEPS: Mapping[str, Step] = {
    "claim": Step(_simple(work.claim)),
    "step_in": Step(lambda session, act: work.step_in(session, act.staff, act.conversation)),
    "transfer": Step(_transfer, noted=("to",)),
    "accept": Step(_simple(work.accept)),
    "refuse": Step(lambda session, act: work.refuse(session, act.staff, act.handoff, act.note("note"))),
    "withdraw": Step(_simple(work.withdraw)),
    "let_go": Step(_simple(work.let_go)),
    "give_back": Step(_simple(work.give_back)),
    "take_over": Step(_take_over, "take_over", noted=("reason",)),
    "close": Step(_close, noted=("reason", "bot_could")),
    "call": Step(_simple(work.call)),
    "reached": Step(lambda session, act: work.called(session, act.staff, act.handoff, True, act.rules)),
    "not_reached": Step(lambda session, act: work.called(session, act.staff, act.handoff, False, act.rules)),
}


def endpoint(name: str) -> OpenPage:
    """Return the page that takes a step."""

    @require(STEPS[name].permission)
    async def take(request: Request, person: Person) -> Response:
        key, given = str(request.path_params["id"]), await form(request)
        await carry_out(request, person, key, name, given)
        return done(request, key)

    return take


@require("answer")
async def claim_next(request: Request, person: Person) -> Response:
    """Take whoever has waited longest; when somebody is faster, the next."""
    here = console(request)
    for _ in range(_TRIES):
        key = await transaction(here.parts.sessions, longest_waiting, person)
        if not key:
            raise PageError(409, "nobody_waits")
        try:
            await carry_out(request, person, key, "claim", {})
        except PageError as error:
            if error.status != 409:
                raise
            continue
        return go_to(request, f"/console/conversations/{key}?in=mine")
    raise PageError(409, "nobody_waits")


def longest_waiting(session: Session, person: Person) -> str:
    """Return the conversation of whoever of the person's business has waited longest, "" for nobody."""
    queued = (conditions(person)["waiting"], handoffs_of(person))
    first = sa.select(Handoff.conversation_id).where(*queued).order_by(*waiting.in_order()).limit(1)
    return session.scalar(first) or ""


async def carry_out(request: Request, person: Person, key: str, name: str, given: Form) -> None:
    """Take a step and tell everybody.

    Raises:
        PageError: 404 not the person's business, 409 somebody was faster, 403 not theirs to do, 422 a field is wrong.
    """
    parts = console(request).parts
    try:
        await transaction(parts.sessions, take_step, person, key, name, given, parts.settings.handoff)
    except NotPossible:
        raise await transaction(parts.sessions, refusal, key) from None
    except Forbidden as error:
        raise PageError(403, "not_yours") from error
    parts.hub.publish(key)
    parts.outbox.wake()


def take_step(session: Session, person: Person, key: str, name: str, given: Form, rules: Rules) -> None:
    """Take a step within a transaction.

    Raises:
        NotPossible, Forbidden, PageError: nothing has happened.
    """
    conversation, me = in_scope(session, person, key), session.get(Staff, person.id)
    handoff = find_open(session, key)
    if name not in talk.steps(person, me, conversation, handoff):
        raise NotPossible(handoff.state if handoff else "closed")
    step = STEPS[name]
    noted: dict[str, Any] = {field: given.get(field, "")[:LONGEST_NOTE] for field in step.noted}
    step.take(session, Act(me, conversation, handoff, given, rules))
    record(session, person.id, f"step_{name}", f"conversation:{key}", **noted)


def refusal(session: Session, key: str) -> PageError:
    """Return why a step was not possible, as it stands by now: who has the conversation, or that it has changed."""
    handoff = find_open(session, key)
    holder = holder_of(session, handoff) if handoff is not None else ""
    return PageError(409, "taken" if holder else "changed", holder=holder)


def done(request: Request, key: str) -> Response:
    """Answer a step: the page looks anew by itself, a browser without scripts is sent back."""
    if is_htmx(request):
        return Response(status_code=204, headers={"HX-Trigger": "desk:changed"})
    return RedirectResponse(f"/console/conversations/{key}", 303)


def go_to(request: Request, path: str) -> Response:
    """Send the browser to another page of the console."""
    if is_htmx(request):
        return Response(status_code=204, headers={"HX-Redirect": path})
    return RedirectResponse(path, 303)
