"""Templates into pages. Whatever a person typed is escaped; a place that nobody filled is an error."""

from __future__ import annotations

import datetime as dt
import uuid
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from bot.console.person import Person
from bot.console.sessions import csrf_token
from bot.console.wording import Words
from bot.markup import bold
from knowledge.models import utc_now

_HERE = Path(__file__).parent
_ICONS = (_HERE.parent / "static/vendor/lucide/console", _HERE.parent / "static/vendor/lucide")
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
THEMES = ("auto", "light", "dark")
THEME_COOKIE = "console_theme"


class Pages:
    """Renders the templates of ``bot/console/templates`` with what every page has."""

    def __init__(self, key: bytes, words: Words) -> None:
        self._key = key
        loader = jinja2.FileSystemLoader(_HERE / "templates")
        self._jinja = jinja2.Environment(
            loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._jinja.globals.update(icon=icon, words=words, say=words.say, new_key=new_key)
        self._jinja.filters.update(moment=moment, day=day, hour=hour, lately=lately, bold=bold, begun=begun)

    def page(
        self, request: Request, template: str, person: Person | None = None, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """Return the page; ``person`` is who it is for, None before the sign-in."""
        given = {
            "person": person,
            "path": request.url.path,
            "csrf": csrf_token(self._key, request.state.secret),
            "theme": theme_of(request),
            "done": request.query_params.get("done", ""),
            **values,
        }
        return HTMLResponse(self._jinja.get_template(template).render(given), status)


def theme_of(request: Request) -> str:
    """Return the look that this browser chose."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else THEMES[0]


@cache
def icon(name: str) -> Markup:
    """Return one of the kept icons as SVG; it is decoration beside words.

    Raises:
        FileNotFoundError: it is not among ``console-icons.txt`` and ``icons.txt``.
    """
    for folder in _ICONS:
        path = folder / f"{name}.svg"
        if path.is_file():
            drawn = path.read_text(encoding="utf-8")
            return Markup(drawn[drawn.index("<svg") :].replace("<svg", '<svg aria-hidden="true" focusable="false"', 1))
    raise FileNotFoundError(f"no icon {name!r} in bot/static/vendor/lucide")


def moment(at: dt.datetime | None) -> str:
    """Return date and time as a person in Vietnam reads them, "" for none."""
    return at.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M") if at else ""


def hour(at: dt.datetime) -> str:
    """Return the time of day as a person in Vietnam reads it."""
    return at.astimezone(VIETNAM).strftime("%H:%M")


def lately(at: dt.datetime) -> str:
    """Return the time of a moment of today, the day and month of another."""
    here = at.astimezone(VIETNAM)
    is_today = here.date() == utc_now().astimezone(VIETNAM).date()
    return here.strftime("%H:%M" if is_today else "%d/%m")


def new_key() -> str:
    """Return a key by which a form that is sent twice is known."""
    return str(uuid.uuid4())


def day(at: dt.datetime | None) -> str:
    """Return the date as a person in Vietnam reads it, "" for none."""
    return at.astimezone(VIETNAM).strftime("%d/%m/%Y") if at else ""


def begun(phrase: str) -> str:
    """Return a phrase as it stands at the beginning of a line."""
    return phrase[:1].upper() + phrase[1:]
