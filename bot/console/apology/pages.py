"""The pages of apologies: the list, one with its letter, and its steps. Every view and step is in the audit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import anyio.to_thread
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.channels.web_files import disposition
from bot.console.access import Form, asked, form, key_of, number, require
from bot.console.apology import as_docx, as_pdf, drafting, showing
from bot.console.apology.drafting import Changed, Desk, Draft
from bot.console.apology.letter import Letter, compose
from bot.console.audit import record
from bot.console.errors import Refused
from bot.console.framing import framed
from bot.console.parts import console
from bot.console.person import Person
from bot.transactions import transaction
from knowledge.models import utc_now
from knowledge.profile import load_profile

T = TypeVar("T")

_LIST = "/console/apologies"


def routes() -> list[BaseRoute]:
    """Return the routes of apologies."""
    return [
        Route("/apologies", show),
        Route("/dossiers/{id:int}/apology", show_new),
        Route("/dossiers/{id:int}/apology", add, methods=["POST"]),
        Route("/apologies/{id:int}", show_one),
        Route("/apologies/{id:int}", change, methods=["POST"]),
        Route("/apologies/{id:int}/approve", approve, methods=["POST"]),
        Route("/apologies/{id:int}/reject", reject, methods=["POST"]),
        Route("/apologies/{id:int}/letter.docx", open_docx),
        Route("/apologies/{id:int}/letter.pdf", open_pdf),
    ]


@require("apologise")
async def show(request: Request, person: Person) -> Response:
    """List the apologies of a person's scope in one state, the newest first."""
    query = asked(request, "state", "before")
    query["state"] = query["state"] if query["state"] in drafting.STATES else drafting.DRAFT
    values = await _at_desk(request, person, showing.listed, query)
    return await framed(request, person, "apology/list.html", query=query, **values)


@require("apologise")
async def show_new(request: Request, person: Person) -> Response:
    """Show the form for a dossier, or the apology that it has already."""
    found = await _at_desk(request, person, _live, number(request))
    return RedirectResponse(f"{_LIST}/{found}", 303) if found else await _new(request, person, {})


@require("apologise")
async def add(request: Request, person: Person) -> Response:
    """Keep a first draft."""
    given = await form(request)
    try:
        made = await _at_desk(request, person, Desk.begin, number(request), _draft(given))
    except Refused as refused:
        return await _new(request, person, given, str(refused))
    return RedirectResponse(f"{_LIST}/{made}?done=apology_kept", 303)


@require("apologise")
async def show_one(request: Request, person: Person) -> Response:
    """Show an apology as it would be sent, with the steps that the person may take."""
    return await _one(request, person, {}, view=True)


@require("apologise")
async def change(request: Request, person: Person) -> Response:
    """Keep a changed draft."""
    return await _step(request, person, _change, "apology_kept")


@require("approve_apology")
async def approve(request: Request, person: Person) -> Response:
    """Approve a draft: the dossier gets its new date."""
    return await _step(request, person, _approve, "apology_approved")


@require("approve_apology")
async def reject(request: Request, person: Person) -> Response:
    """Send a draft back, with a reason."""
    return await _step(request, person, _reject, "apology_rejected")


@require("apologise")
async def open_docx(request: Request, person: Person) -> Response:
    """Return the letter as a Word file; a draft says at its top that it is one."""
    return await _file(request, person, as_docx.docx, as_docx.MEDIA_TYPE)


@require("apologise")
async def open_pdf(request: Request, person: Person) -> Response:
    """Return the letter as a PDF; a draft says at its top that it is one."""
    return await _file(request, person, as_pdf.pdf, as_pdf.MEDIA_TYPE)


async def _file(request: Request, person: Person, write: Callable[[Letter], bytes], media_type: str) -> Response:
    letter, name = await _at_desk(request, person, _letter, number(request), media_type)
    content = await anyio.to_thread.run_sync(write, letter)
    return Response(content, media_type=media_type, headers={"Content-Disposition": disposition(name, media_type)})


async def _new(request: Request, person: Person, given: Form, fault: str = "") -> Response:
    values = await _at_desk(request, person, showing.blank, number(request))
    typed = {name: given.get(name, "") for name in ("reason", "date")}
    status = 422 if fault else 200
    return await framed(request, person, "apology/new.html", status, given=typed, fault=fault, **values)


async def _one(
    request: Request, person: Person, given: Form, fault: str = "", status: int = 200, view: bool = False
) -> Response:
    values = await _at_desk(request, person, showing.one, number(request), view)
    apology = values["apology"]
    kept = {"reason": apology.reason, "date": values["new_day"].isoformat(), "refusal": ""}
    typed = {name: given.get(name, value) for name, value in kept.items()}
    return await framed(request, person, "apology/one.html", status, given=typed, fault=fault, **values)


async def _step(request: Request, person: Person, step: Callable[[Desk, int, Form], None], done: str) -> Response:
    given = await form(request)
    try:
        await _at_desk(request, person, step, number(request), given)
    except Refused as refused:
        return await _one(request, person, given, str(refused), 422)
    except Changed:
        return await _one(request, person, given, "apology_moved", 409)
    return RedirectResponse(f"{_LIST}/{number(request)}?done={done}", 303)


async def _at_desk(request: Request, person: Person, work: Callable[..., T], *args: Any) -> T:
    """Run work at the person's desk, in one transaction."""

    def run(session: Session) -> T:
        return work(Desk(session, person, utc_now(), load_profile()), *args)

    return await transaction(console(request).parts.sessions, run)


def _change(desk: Desk, apology_id: int, given: Form) -> None:
    desk.change(apology_id, _version(given), _draft(given))


def _approve(desk: Desk, apology_id: int, given: Form) -> None:
    desk.approve(apology_id, _version(given))


def _reject(desk: Desk, apology_id: int, given: Form) -> None:
    desk.reject(apology_id, _version(given), given.get("refusal", ""))


def _live(desk: Desk, dossier_id: int) -> int | None:
    return desk.live(desk.dossier(dossier_id).id)


def _letter(desk: Desk, apology_id: int, media_type: str) -> tuple[Letter, str]:
    """Return a letter, and the name of its file without the ending."""
    apology, dossier = desk.find(apology_id)
    letter = compose(apology, dossier, desk.profile)
    about = {"dossier": dossier.code, "kind": media_type.rsplit("/", 1)[-1]}
    record(desk.session, desk.person.id, "apology_downloaded", f"apology:{apology_id}", **about)
    return letter, f"xin-loi-{dossier.code.replace('/', '-').replace('.', '-')}"


def _draft(given: Form) -> Draft:
    return Draft(given.get("reason", ""), given.get("date", ""))


def _version(given: Form) -> int:
    """Return the version that the person read; 0, which none has, for anything else."""
    return key_of(given.get("version", "")) or 0
