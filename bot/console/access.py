"""Who may call what: the session in the cookie, the token against forged forms, the permission of the route."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from bot.console import sessions
from bot.console.errors import PageError, PasswordNeeded, SignInNeeded
from bot.console.parts import console, is_https
from bot.console.person import Person
from bot.console.roles import PERMISSIONS
from bot.http import read_body
from bot.transactions import go_first, transaction

Page = Callable[[Request, Person], Awaitable[Response]]
OpenPage = Callable[[Request], Awaitable[Response]]
Form = dict[str, str]

CSRF_HEADER, CSRF_FIELD = "x-csrf-token", "csrf"
_SAFE = ("GET", "HEAD")
_MOST_FIELDS = 200
_LONGEST_QUERY = 200
_LARGEST_KEY = 2**31 - 1


def require(permission: str, *, before_change: bool = False) -> Callable[[Page], OpenPage]:
    """Let a page be called by those who have a permission; the page is given who it is.

    ``before_change`` pages are open to somebody whose first password is not yet changed.
    """
    assert permission in PERMISSIONS, permission

    def wrap(page: Page) -> OpenPage:
        @wraps(page)
        async def guarded(request: Request) -> Response:
            go_first()
            person = await signed_in(request)
            await check_csrf(request)
            if not person.can(permission):
                raise PageError(403, "forbidden")
            if person.must_change and not before_change:
                raise PasswordNeeded
            return await page(request, person)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return wrap


def open_to_all(page: OpenPage) -> OpenPage:
    """Let anybody call a page that comes before the sign-in; forms still need their token."""

    @wraps(page)
    async def guarded(request: Request) -> Response:
        read_secret(request)
        await check_csrf(request)
        return await page(request)

    guarded.permission = ""  # type: ignore[attr-defined]
    return guarded


async def signed_in(request: Request) -> Person:
    """Return who is signed in.

    Raises:
        SignInNeeded: nobody is.
    """
    parts = console(request).parts
    person = await transaction(parts.sessions, sessions.find, read_secret(request))
    if person is None:
        raise SignInNeeded
    request.state.person = person
    return person


def read_secret(request: Request) -> str:
    """Return the secret of the browser's cookie; a browser without one is given a new one to come back with."""
    given = request.cookies.get(cookie_name(request), "")
    request.state.is_new_secret = not sessions.is_secret(given)
    request.state.secret = sessions.new_secret() if request.state.is_new_secret else given
    return str(request.state.secret)


async def check_csrf(request: Request) -> None:
    """Let a change pass only with the token of a page that was given to this browser.

    Raises:
        PageError: 403.
    """
    if request.method in _SAFE:
        return
    given = request.headers.get(CSRF_HEADER) or (await form(request)).get(CSRF_FIELD, "")
    wanted = sessions.csrf_token(console(request).parts.key, request.state.secret)
    if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode()):
        raise PageError(403, "csrf")


async def form(request: Request) -> Form:
    """Return the fields of an urlencoded form, the last of each name; other bodies have none.

    Raises:
        ApiError: 413.
        PageError: 400.
    """
    if not hasattr(request.state, "form"):
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        request.state.form = await _read_form(request) if kind == "application/x-www-form-urlencoded" else {}
    found: Form = request.state.form
    return found


async def _read_form(request: Request) -> Form:
    try:
        text = (await read_body(request)).decode("utf-8")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise PageError(400, "bad_request") from error
    return {name: value.replace("\0", "") for name, value in pairs}


def asked(request: Request, *names: str) -> Form:
    """Return parts of the query, "" for those that are missing."""
    return {name: request.query_params.get(name, "").replace("\0", "")[:_LONGEST_QUERY] for name in names}


def number(request: Request, name: str = "id") -> int:
    """Return a number of the path.

    Raises:
        PageError: 404, it is larger than any key.
    """
    found = int(request.path_params[name])
    if found > _LARGEST_KEY:
        raise PageError(404, "not_found")
    return found


def key_of(raw: str) -> int | None:
    """Return the key of a row that somebody typed or a page carries; None when it is none."""
    return int(raw) if raw.isascii() and raw.isdecimal() and len(raw) < len(str(_LARGEST_KEY)) else None


def cookie_name(request: Request) -> str:
    """Return the name of the cookie; with TLS the prefix keeps other hosts and plain HTTP from setting it."""
    return "__Host-console" if is_https(request) else "console"


def set_secret(request: Request, response: Response, secret: str) -> None:
    """Give the browser a secret to keep until it is closed."""
    response.set_cookie(cookie_name(request), secret, **_cookie(request))


def forget_secret(request: Request, response: Response) -> None:
    """Take the secret away."""
    response.delete_cookie(cookie_name(request), **_cookie(request))


def _cookie(request: Request) -> dict[str, Any]:
    return {"path": "/", "secure": is_https(request), "httponly": True, "samesite": "lax"}


def is_htmx(request: Request) -> bool:
    """Tell whether a part of a page is asked for, not a whole one."""
    return request.headers.get("hx-request") == "true"
