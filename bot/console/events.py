"""The stream that tells an open console that something has news. What it is, the page asks for itself."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection
from time import monotonic

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from bot.console import sessions
from bot.console.access import require
from bot.console.errors import PageError
from bot.console.newsroom import Report
from bot.console.parts import Console, console
from bot.console.person import Person
from bot.transactions import transaction

MOST_STREAMS = 4  # of one session: open tabs, and those not yet known to be gone
_LOOK_EVERY = 5.0  # seconds between two looks whether the session still holds


@require("account", before_change=True)
async def events(request: Request, person: Person) -> Response:
    """Stream ``news`` events, a JSON list of conversations (an empty one tells to look at everything), and ``bell``
    events, a JSON object of ``what`` calls the person and the ``conversation``.
    """
    here = console(request)
    if here.streams.count(person.session_id) >= MOST_STREAMS:
        raise PageError(429, "streams")
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_stream(here, request.state.secret, person), 200, headers, "text/event-stream")


async def _stream(here: Console, secret: str, person: Person) -> AsyncIterator[str]:
    """Yield events until the session ends. Each look at it keeps it alive: the console is open."""
    hub, heartbeat, spoke = here.parts.hub, here.parts.settings.heartbeat, monotonic()
    pause = min(_LOOK_EVERY, here.parts.poll, heartbeat)
    looked = -pause
    with here.streams.open(person.session_id), here.newsroom.open() as desk:
        yield f"retry: 2000\n\n{_news(())}"
        while not hub.closed:
            if monotonic() - looked >= pause:
                looked = monotonic()
                still = await transaction(here.parts.sessions, sessions.find, secret)
                if still is None:
                    yield "event: over\ndata: \n\n"
                    return
                person = still
            reports = desk.take(person)
            if reports:
                spoke = monotonic()
                yield _told(reports, person)
            elif monotonic() - spoke >= heartbeat:
                spoke = monotonic()
                yield ": heartbeat\n\n"
            await desk.wait(pause)


def _told(reports: Collection[Report], person: Person) -> str:
    news = _news(list(dict.fromkeys(report.conversation_id for report in reports)))
    bells = ((report.conversation_id, what) for report in reports for what in report.bells_for(person))
    return news + "".join(f"event: bell\ndata: {_json(what=what, conversation=key)}\n\n" for key, what in bells)


def _json(**data: str) -> str:
    return json.dumps(data)


def _news(conversations: Collection[str]) -> str:
    return f"event: news\ndata: {json.dumps(list(conversations))}\n\n"
