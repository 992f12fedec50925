"""The addresses of the drawer. Each asks first whether the conversation is this person's to see."""

from __future__ import annotations

import datetime as dt
from typing import Any

import anyio.to_thread
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.channels.web_files import disposition
from bot.console import procedures
from bot.console.access import asked, form, is_htmx, number, require
from bot.console.audit import record
from bot.console.drawer import answers, dossiers, others, summary
from bot.console.errors import PageError, Refused
from bot.console.framing import framed
from bot.console.parts import console
from bot.console.person import Person
from bot.console.views import in_scope, look, subject_of
from bot.handoff.moves import find_open
from bot.handoff.routing import PROVINCE
from bot.transactions import transaction
from knowledge.models import Attachment
from knowledge.profile import load_profile
from nlu.text import nfc

_LEAST_REASON, _LONGEST_REASON, _LONGEST_CODE = 5, 200, 60
# Nothing in a citizen's file may run, load or be shown within a page of ours.
_FILE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


def routes() -> list[BaseRoute]:
    """Return the routes of the drawer and of citizens' files."""
    drawer = "/conversations/{conversation_id}/drawer"
    return [
        Route(drawer, show),
        Route(f"{drawer}/procedures", find_procedures),
        Route(f"{drawer}/answer", give_answer),
        Route(f"{drawer}/dossier", show_dossier, methods=["POST"]),
        Route(f"{drawer}/contact", show_contact, methods=["POST"]),
        Route("/files/{message_id:int}", open_file),
    ]


def conversation_of(request: Request) -> str:
    """Return the conversation that an address names."""
    return str(request.path_params["conversation_id"])


@require("read")
async def show(request: Request, person: Person) -> Response:
    """Show the drawer: as a part of the thread's page, or as a page of its own."""
    here, part = console(request), asked(request, "part")["part"]
    values = await transaction(here.parts.sessions, _read, person, conversation_of(request))
    if part == "others" and is_htmx(request):
        return here.pages.page(request, "drawer/others.html", person, **values)
    if is_htmx(request):
        return here.pages.page(request, "drawer/drawer.html", person, **values)
    return await framed(request, person, "drawer/page.html", **values)


def _read(session: Session, person: Person, conversation_id: str) -> dict[str, Any]:
    conversation = look(session, person, conversation_id)
    told = summary.read(session, conversation)
    at_hand = told.procedures[0].code if told.procedures else ""
    return {
        "conversation": conversation,
        "summary": told,
        "beside": others.read(session, person, conversation),
        "found": list(told.procedures),
        "chosen": _chosen(session, at_hand),
        "covered": {code: dossiers.covered(code) for code in told.codes},
        "aspects": answers.ASPECTS,
        "q": "",
    }


def _chosen(session: Session, code: str) -> dict[str, Any] | None:
    version = answers.version_of(session, code) if code else None
    return {"code": code, "version": version} if version else None


@require("read")
async def find_procedures(request: Request, person: Person) -> Response:
    """Show procedures for what was typed, and the one that was chosen."""
    here, query = console(request), asked(request, "q", "code")
    values = await transaction(here.parts.sessions, _find, person, conversation_of(request), query["q"], query["code"])
    return here.pages.page(request, "drawer/procedures.html", person, **values, q=query["q"])


def _find(session: Session, person: Person, conversation_id: str, text: str, code: str) -> dict[str, Any]:
    conversation = in_scope(session, person, conversation_id)
    found = procedures.search(session, text) if text.strip() else list(summary.read(session, conversation).procedures)
    chosen = code or (found[0].code if found else "")
    values = {"conversation": conversation, "found": found, "chosen": _chosen(session, chosen)}
    return {**values, "aspects": answers.ASPECTS}


@require("answer")
async def give_answer(request: Request, person: Person) -> Response:
    """Return an official answer to be put into the reply: its text, its citation, and whether the records hold it."""
    here, query = console(request), asked(request, "code", "aspect")
    if query["aspect"] not in answers.ASPECTS:
        raise PageError(422, "bad_request")
    found = await transaction(
        here.parts.sessions, _answer, person, conversation_of(request), query["code"], query["aspect"]
    )
    if found is None:
        raise PageError(404, "not_found")
    told = here.words.say("drawer", "inserted" if found.known else "unknown")
    return JSONResponse({"text": found.text, "citation": found.citation, "known": found.known, "told": told})


def _answer(session: Session, person: Person, conversation_id: str, code: str, aspect: str) -> answers.Official | None:
    in_scope(session, person, conversation_id)
    handoff = summary.newest(session, conversation_id)
    unit = handoff.unit_code if handoff and handoff.unit_code != PROVINCE else ""
    return answers.official(session, code, aspect, unit)


@require("read")
async def show_dossier(request: Request, person: Person) -> Response:
    """Show a dossier by its code; a code that is in no table is said to be so."""
    here, given = console(request), await form(request)
    typed = nfc(given.get("code", "")).strip()[:_LONGEST_CODE]
    found = await transaction(here.parts.sessions, _dossier, person, conversation_of(request), typed)
    return here.pages.page(request, "drawer/dossier.html", person, 200 if typed else 422, shown=found, typed=typed)


def _dossier(session: Session, person: Person, conversation_id: str, typed: str) -> dossiers.Shown | None:
    in_scope(session, person, conversation_id)
    found = dossiers.find(session, typed, load_profile(), dt.datetime.now(dt.timezone.utc)) if typed else None
    if found is not None:
        record(session, person.id, "dossier_viewed", f"dossier:{found.dossier.code}", conversation=conversation_id)
    return found


@require("unmask")
async def show_contact(request: Request, person: Person) -> Response:
    """Show the number that the citizen left for a call, to who says what it is needed for."""
    here, given = console(request), await form(request)
    reason = nfc(given.get("reason", "")).strip()
    values: dict[str, Any] = {"conversation_id": conversation_of(request), "number": "", "fault": "", "reason": reason}
    try:
        values["number"] = await transaction(here.parts.sessions, _contact, person, conversation_of(request), reason)
    except Refused as refused:
        values["fault"] = str(refused)
    return here.pages.page(request, "drawer/contact.html", person, 422 if values["fault"] else 200, **values)


def _contact(session: Session, person: Person, conversation_id: str, reason: str) -> str:
    """Return the number.

    Raises:
        Refused: there is no reason, or no number (any more).
    """
    in_scope(session, person, conversation_id)
    handoff = find_open(session, conversation_id)
    if handoff is None or not handoff.contact:
        raise Refused("no_contact")
    if not _LEAST_REASON <= len(reason) <= _LONGEST_REASON:
        raise Refused("unmask_reason")
    record(session, person.id, "contact_unmasked", subject_of(conversation_id), reason=reason)
    return str(handoff.contact)


@require("read")
async def open_file(request: Request, person: Person) -> Response:
    """Return what a citizen sent, as a download that no browser opens within the console."""
    parts = console(request).parts
    found = await transaction(parts.sessions, _file, person, number(request, "message_id"))
    place = await anyio.to_thread.run_sync(parts.files.find, found.path)
    if place is None:
        raise PageError(404, "not_found")
    headers = {
        "Content-Disposition": disposition(found.name, found.media_type),
        "Content-Security-Policy": _FILE_POLICY,
        "X-Content-Type-Options": "nosniff",
    }
    return FileResponse(place, headers=headers, media_type=found.media_type)


def _file(session: Session, person: Person, message_id: int) -> Attachment:
    found = others.file_of(session, message_id)
    if found is None:
        raise PageError(404, "not_found")
    in_scope(session, person, found[1])
    record(session, person.id, "file_opened", subject_of(found[1]), message=message_id)
    return found[0]
