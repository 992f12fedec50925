"""The way to the office's own sign-in and back."""

from __future__ import annotations

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.console import sessions
from bot.console.access import open_to_all, set_secret
from bot.console.addresses import inside
from bot.console.audit import record
from bot.console.errors import PageError
from bot.console.oidc import Attempt, Identity, ProviderError
from bot.console.parts import console, is_https
from bot.http import address
from bot.transactions import transaction
from knowledge.models import Staff

log = structlog.get_logger("console")

_BACK = "/console/oidc/back"
_MINUTES = 10


@open_to_all
async def leave(request: Request) -> Response:
    """Send the browser to the provider; all that must come back travels sealed in the state."""
    here, attempt = console(request), Attempt.new()
    if not here.provider.is_on:
        raise PageError(404, "not_found")
    target = inside(request.query_params.get("next", ""))
    state = here.second.ticket(request.state.secret, attempt.nonce, attempt.verifier, target)
    try:
        elsewhere = await here.provider.address(attempt, state, _way_back(request))
    except ProviderError as error:
        log.warning("oidc.failed", reason=str(error))
        raise PageError(502, "provider") from error
    response = RedirectResponse(elsewhere, 303)
    if request.state.is_new_secret:
        set_secret(request, response, request.state.secret)
    return response


@open_to_all
async def come_back(request: Request) -> Response:
    """Let in who comes back, when it is the browser that left and one of the staff."""
    here = console(request)
    if not here.provider.is_on:
        raise PageError(404, "not_found")
    words = here.second.read(request.query_params.get("state", ""), seconds=_MINUTES * 60)
    if len(words) != 4 or words[0] != request.state.secret:
        raise PageError(400, "provider_state")
    attempt, code = Attempt(words[1], words[2]), request.query_params.get("code", "")
    try:
        found = await here.provider.identity(attempt, code, _way_back(request))
    except ProviderError as error:
        log.warning("oidc.failed", reason=str(error))
        raise PageError(502, "provider") from error
    secret, old = sessions.new_secret(), sessions.session_id(request.state.secret)
    if not await transaction(here.parts.sessions, _let_in, found, secret, old, address(request)):
        raise PageError(403, "provider_unknown")
    response = RedirectResponse(words[3], 303)
    set_secret(request, response, secret)
    return response


def _way_back(request: Request) -> str:
    """Return the address that must be registered with the provider."""
    public = console(request).parts.settings.channels.public_url
    scheme = "https" if is_https(request) else "http"
    return (public or f"{scheme}://{request.headers.get('host', '')}") + _BACK


def _let_in(session: Session, found: Identity, secret: str, old: str, origin: str) -> bool:
    """Begin a session for one of the active staff; False = the provider's person is none of them."""
    staff = _find(session, found)
    if staff is None:
        record(session, None, "sign_in_failed", address=origin)
        return False
    staff.oidc_subject = found.subject
    if staff.must_change:  # whoever comes this way needs no first password
        staff.password_hash, staff.must_change = "", False
    sessions.end(session, old)
    sessions.begin(session, staff.id, secret)
    record(session, staff.id, "sign_in", address=origin, oidc=True)
    return True


def _find(session: Session, found: Identity) -> Staff | None:
    """Return the active account of a subject; else the one with the verified e-mail that no subject has claimed."""
    known = session.scalar(sa.select(Staff).where(Staff.oidc_subject == found.subject))
    if known is not None or not found.email:
        return known if known is not None and known.is_active else None
    unclaimed = sa.and_(Staff.email == found.email, Staff.oidc_subject.is_(None), Staff.is_active.is_(True))
    return session.scalar(sa.select(Staff).where(unclaimed))
