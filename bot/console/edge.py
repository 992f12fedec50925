"""What becomes of a request that is refused or fails: a page that says what happened and what to do."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import structlog
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from bot.console.access import is_htmx, read_secret
from bot.console.errors import PageError, PasswordNeeded, SignInNeeded
from bot.console.framing import frame_values
from bot.console.parts import console
from bot.errors import ApiError

log = structlog.get_logger("console")

_SIGN_IN, _PASSWORD = "/console/sign-in", "/console/password"
_CODES = {404: "not_found", 405: "method", 413: "too_large"}


async def error_page(request: Request, status: int, code: str, **values: object) -> Response:
    """Return a refusal: a whole page, or for htmx the lines of a notice."""
    here, person = console(request), getattr(request.state, "person", None)
    if not hasattr(request.state, "secret"):
        read_secret(request)
    entry = here.words.section("errors")[code]
    said = {"title": entry["title"], "text": entry["text"].format(**values), "code": code}
    if is_htmx(request):
        return here.pages.page(request, "parts/notice.html", person, status, **said)
    if person is None or status >= 500:
        return here.pages.page(request, "error_bare.html", None, status, **said)
    return here.pages.page(request, "error.html", person, status, **await frame_values(request, person), **said)


def handlers() -> dict[Any, Any]:
    """Return the handlers of the console's exceptions."""

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, PageError)
        return await error_page(request, error.status, error.code, **error.values)

    async def api(request: Request, error: Exception) -> Response:
        assert isinstance(error, ApiError)
        return await error_page(request, error.status, _CODES.get(error.status, "bad_request"))

    async def unknown(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return await error_page(request, error.status_code, _CODES.get(error.status_code, "bad_request"))

    async def nobody(request: Request, error: Exception) -> Response:
        return _to_sign_in(request)

    async def password(request: Request, error: Exception) -> Response:
        if is_htmx(request):
            return Response(status_code=403, headers={"HX-Redirect": _PASSWORD})
        return RedirectResponse(_PASSWORD, 303)

    async def busy(request: Request, error: Exception) -> Response:
        log.error("database.busy", path=request.url.path)
        return await error_page(request, 503, "busy")

    async def failed(request: Request, error: Exception) -> Response:
        log.error("request.failed", path=request.url.path, error=type(error).__name__)
        return await error_page(request, 500, "internal")

    async def gone(request: Request, error: Exception) -> Response:
        return Response(status_code=499)

    return {
        PageError: refused,
        ApiError: api,
        HTTPException: unknown,
        SignInNeeded: nobody,
        PasswordNeeded: password,
        OperationalError: busy,
        ClientDisconnect: gone,
        Exception: failed,
    }


def _to_sign_in(request: Request) -> Response:
    """Send a page to the sign-in, with the way back; tell a stream or a part that the session is over."""
    if is_htmx(request):
        return Response(status_code=401, headers={"HX-Redirect": _SIGN_IN})
    if "text/event-stream" in request.headers.get("accept", ""):
        return Response(status_code=401)
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    way_back = f"?next={quote(path)}" if request.method == "GET" and path != "/console/" else ""
    return RedirectResponse(_SIGN_IN + way_back, 303)
