"""What staff write: replies, notes for colleagues, drafts, and the sign that somebody is typing."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from bot.console.access import Form, form, is_htmx, require
from bot.console.audit import record
from bot.console.desk import talk
from bot.console.desk.steps import refusal
from bot.console.errors import PageError
from bot.console.parts import Console, console
from bot.console.person import Person
from bot.console.views import in_scope
from bot.delivery.typing import staff_types
from bot.handoff import staff as work
from bot.handoff.moves import NotPossible, find_open
from bot.handoff.rules import Rules
from bot.messages import clean
from bot.transactions import transaction
from knowledge.models import Conversation, Draft, Message, Note, Staff, utc_now

KINDS = ("reply", "note")
_LONGEST_DRAFT = 8000


@require("answer")
async def reply(request: Request, person: Person) -> Response:
    """Send a reply to the citizen; the same key again changes nothing and is answered alike."""
    here, key, given = console(request), _id(request), await form(request)
    try:
        seq = await _store(here, person, key, given)
    except NotPossible:
        raise await transaction(here.parts.sessions, refusal, key) from None
    here.parts.hub.typing_staff(key, False)
    here.parts.hub.publish(key)
    here.parts.outbox.wake()
    return _kept(request, key, f"m{seq}")


async def _store(here: Console, person: Person, key: str, given: Form) -> int:
    rules = here.parts.settings.handoff
    try:
        return await transaction(here.parts.sessions, store_reply, person, key, given, rules)
    except IntegrityError:  # its twin was stored in the same moment
        return await transaction(here.parts.sessions, store_reply, person, key, given, rules)


def store_reply(session: Session, person: Person, key: str, given: Form, rules: Rules) -> int:
    """Store a reply and return its number in the conversation.

    Raises:
        PageError: 404, 409, 422. NotPossible: the person does not have the conversation (any more).
    """
    conversation = in_scope(session, person, key)
    once = _read_key(given)
    earlier = sa.and_(Message.conversation_id == key, Message.client_id == f"staff:{once}")
    found = session.scalar(sa.select(Message).where(earlier))
    if found is not None:
        return int(found.seq)
    seen = talk.look(session, person, key)
    if seen.window.is_closed and seen.can_reply:
        raise PageError(409, "window_closed")
    text = _read_text(given, seen.limit)
    handoff = find_open(session, key)
    if handoff is None:
        raise NotPossible("closed")
    seq = work.reply(session, session.get(Staff, person.id), handoff, work.in_words(text), once, rules)
    keep_draft(session, person.id, conversation.id, "reply", "")
    return seq


@require("answer")
async def note(request: Request, person: Person) -> Response:
    """Keep a note that only colleagues see."""
    here, key, given = console(request), _id(request), await form(request)
    note_id = await transaction(here.parts.sessions, store_note, person, key, given)
    here.parts.hub.publish(key)
    return _kept(request, key, f"n{note_id}")


def store_note(session: Session, person: Person, key: str, given: Form) -> int:
    """Store a note and return its number; the same words of the same person twice in a row are one note.

    Raises:
        PageError: 404, 422.
    """
    conversation = in_scope(session, person, key)
    text = _read_text(given, talk.LONGEST_REPLY)
    newest = sa.select(Note).where(Note.conversation_id == key).order_by(Note.id.desc()).limit(1)
    last = session.scalar(newest)
    if last is not None and (last.staff_id, last.text) == (person.id, text):
        return int(last.id)
    mentions = mentioned(text, session.scalars(sa.select(Staff).where(Staff.is_active.is_(True))).all())
    row = Note(conversation_id=key, staff_id=person.id, after_seq=conversation.last_seq, text=text, mentions=mentions)
    session.add(row)
    keep_draft(session, person.id, key, "note", "")
    session.flush()
    record(session, person.id, "note_added", f"conversation:{key}", mentions=mentions)
    return int(row.id)


def mentioned(text: str, people: Sequence[Staff]) -> list[int]:
    """Return the ids of those named after an @; of two names that begin alike the longer one counts."""
    found, rest = [], text.casefold()
    for person in sorted(people, key=lambda one: -len(one.name)):
        sign = f"@{person.name.casefold()}"
        if sign in rest:
            found.append(int(person.id))
            rest = rest.replace(sign, "")
    return sorted(found)


@require("answer")
async def draft(request: Request, person: Person) -> Response:
    """Keep what is typed and not yet sent."""
    here, given = console(request), await form(request)
    kind, text = given.get("kind", ""), given.get("text", "")[:_LONGEST_DRAFT]
    if kind not in KINDS:
        raise PageError(422, "bad_request")
    await transaction(here.parts.sessions, _keep_draft, person, _id(request), kind, text)
    return Response(status_code=204)


def _keep_draft(session: Session, person: Person, key: str, kind: str, text: str) -> None:
    in_scope(session, person, key)
    keep_draft(session, person.id, key, kind, text)


def keep_draft(session: Session, staff_id: int, key: str, kind: str, text: str) -> None:
    """Keep a draft; an empty one is removed."""
    mine = (Draft.staff_id == staff_id, Draft.conversation_id == key, Draft.kind == kind)
    session.execute(sa.delete(Draft).where(*mine).execution_options(synchronize_session=False))
    if text.strip():
        session.add(Draft(staff_id=staff_id, conversation_id=key, kind=kind, text=text, updated_at=utc_now()))


@require("answer")
async def typing(request: Request, person: Person) -> Response:
    """Show the citizen that a reply is being written."""
    here, key = console(request), _id(request)
    external = await transaction(here.parts.sessions, _whom_i_answer, person, key)
    if external is None:
        return Response(status_code=204)
    channel, external_id = here.parts.channels.get(external[0]), external[1]
    await staff_types(here.parts.hub, channel, key, external_id)
    return Response(status_code=204)


def _whom_i_answer(session: Session, person: Person, key: str) -> tuple[str, str] | None:
    conversation: Conversation = in_scope(session, person, key)
    is_mine = conversation.owner == f"staff:{person.id}"
    return (conversation.channel, conversation.external_id) if is_mine else None


def _id(request: Request) -> str:
    return str(request.path_params["id"])


def _read_key(given: Form) -> str:
    try:
        return str(uuid.UUID(given.get("key", "")))
    except ValueError:
        raise PageError(422, "bad_request") from None


def _read_text(given: Form, limit: int) -> str:
    text = clean(given.get("text", ""))
    if not text:
        raise PageError(422, "empty_text")
    if len(text) > limit:
        raise PageError(422, "long_text", limit=limit, count=len(text))
    return text


def _kept(request: Request, key: str, place: str) -> Response:
    if is_htmx(request):
        return JSONResponse({"id": place})
    return RedirectResponse(f"/console/conversations/{key}#{place}", 303)
