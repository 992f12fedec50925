"""All addresses of the console. A route without a permission cannot be written: ``access`` makes the endpoints."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.console import (
    account,
    apology,
    audit_page,
    canned,
    canned_search,
    desk,
    drawer,
    events,
    overdue,
    overview,
    shell,
    sign_in,
    sign_in_elsewhere,
    staff,
    switches,
)
from bot.console.edge import handlers
from bot.console.gate import Gate
from bot.console.newsroom import Newsroom
from bot.console.oidc import Provider
from bot.console.pages import Pages
from bot.console.parts import Console
from bot.console.second import SecondFactor
from bot.console.watching import board, history, review, search
from bot.console.wording import Words
from bot.services import Services

_STATIC = Path(__file__).with_name("static")
_ROOMS = (
    *(desk, overview, canned, canned_search, staff, audit_page, switches, drawer),
    *(search, history, review, board, overdue, apology),
)


def routes(parts: Services) -> list[BaseRoute]:
    """Return the console, to be mounted in the front server."""
    words = Words.load()
    app = Starlette(routes=pages(), exception_handlers=handlers())
    paths = frozenset(f"/console{route.path}" for route in pages() if isinstance(route, Route))
    shown, second, newsroom = Pages(parts.key, words), SecondFactor(parts.key), Newsroom(parts.sessions, parts.hub)
    provider = Provider(parts.settings.console, parts.abroad)
    app.state.console = Console(parts, words, shown, second, provider, paths, newsroom)
    app.state.services = parts
    return [Mount("/console", app=Gate(app))]


def pages() -> list[BaseRoute]:
    """Return every route of the console."""
    return [
        *_shell(),
        *(route for room in _ROOMS for route in room.routes()),
        Mount("/static", StaticFiles(directory=_STATIC), name="static"),
    ]


def _shell() -> list[BaseRoute]:
    return [
        Route("/", shell.home),
        Route("/sign-in", sign_in.show),
        Route("/sign-in", sign_in.sign_in, methods=["POST"]),
        Route("/sign-in/code", sign_in.sign_in_with_code, methods=["POST"]),
        Route("/oidc", sign_in_elsewhere.leave),
        Route("/oidc/back", sign_in_elsewhere.come_back),
        Route("/sign-out", sign_in.sign_out, methods=["POST"]),
        Route("/rail", shell.show_rail),
        Route("/presence", shell.set_presence, methods=["POST"]),
        Route("/theme", shell.set_theme, methods=["POST"]),
        Route("/events", events.events),
        Route("/account", account.show),
        Route("/account/second/on", account.turn_on_second, methods=["POST"]),
        Route("/account/second/off", account.turn_off_second, methods=["POST"]),
        Route("/password", account.show_password),
        Route("/password", account.change_password, methods=["POST"]),
    ]
