"""The stream of news: who hears what, when it ends, and that an open console keeps its session."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest
import sqlalchemy as sa

from bot.console.events import MOST_STREAMS
from knowledge.models import Handoff, Staff, StaffSession, utc_now
from tests.bot.running import Running
from tests.console.desk import Browser, Office
from tests.fakes.loopback import PATIENCE


@pytest.fixture
def quick(serve: Callable[..., Running]) -> Office:
    """An office whose server looks again all the time."""
    return Office(serve(heartbeat=0.05))


@contextmanager
def listening(browser: Browser) -> Iterator[Iterator[str]]:
    """Open the stream; the lines that are no heartbeat come one by one."""
    with browser.client.stream("GET", "/console/events", timeout=PATIENCE) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        yield (line for line in response.iter_lines() if line and not line.startswith((":", "retry")))


class Citizen:
    """Somebody on the web whose every message is news."""

    def __init__(self, office: Office) -> None:
        self._client = httpx.Client(verify=False, base_url=office.server.url, timeout=PATIENCE, trust_env=False)
        opened = self._client.post("/api/web/conversations", json={}).json()
        self.conversation = opened["conversation_id"]
        self._headers = {"Authorization": f"Bearer {opened['token']}"}

    def write(self) -> None:
        """Send a message."""
        body = {"client_id": str(uuid.uuid4()), "text": "chào"}
        assert self._client.post("/api/web/messages", json=body, headers=self._headers).status_code == 202


def belongs_to(office: Office, conversation: str, unit: str) -> None:
    with office.server.sessions.begin() as session:
        session.add(Handoff(conversation_id=conversation, state="queued", reason="asked", unit_code=unit))


def test_news_comes_to_those_who_may_see_the_conversation(quick: Office) -> None:
    citizen, other = Citizen(quick), Citizen(quick)
    belongs_to(quick, citizen.conversation, "24787")
    belongs_to(quick, other.conversation, "2")
    lan = quick.enter("lan", unit_code="24787")
    with listening(lan) as lines:
        assert [next(lines), next(lines)] == ["event: news", "data: []"], "first: look at everything"
        other.write()
        citizen.write()
        assert [next(lines), next(lines)] == ["event: news", f'data: ["{citizen.conversation}"]']


def test_the_stream_ends_with_the_session(quick: Office) -> None:
    lan = quick.enter("lan")
    with listening(lan) as lines:
        assert next(lines) == "event: news"
        with quick.server.sessions.begin() as session:
            session.execute(sa.update(Staff).values(is_active=False))
        assert list(lines)[1:] == ["event: over", "data: "]


def test_an_open_console_keeps_its_session_and_shows_that_somebody_is_there(quick: Office) -> None:
    lan = quick.enter("lan")
    old = utc_now() - dt.timedelta(minutes=20)
    with quick.server.sessions.begin() as session:
        session.execute(sa.update(StaffSession).values(seen_at=old))
        session.execute(sa.update(Staff).values(seen_at=old))
    with listening(lan) as lines:
        next(lines)
        with quick.server.sessions() as session:
            assert session.scalar(sa.select(StaffSession.seen_at)) > old
            assert session.scalar(sa.select(Staff.seen_at)) > old


def test_a_session_has_so_many_streams_and_no_more(quick: Office) -> None:
    lan, ha = quick.enter("lan"), quick.enter("ha")
    with ExitStack() as tabs:
        streams = [tabs.enter_context(listening(lan)) for _ in range(MOST_STREAMS)]
        assert [next(lines) for lines in streams] == ["event: news"] * MOST_STREAMS
        assert lan.get("/events").status_code == 429
        assert next(tabs.enter_context(listening(ha))) == "event: news"
    assert lan.get("/waiting").status_code == 200


def test_nobody_else_hears_anything(quick: Office) -> None:
    with Browser(quick.server.url) as nobody:
        assert nobody.get("/events", accept="text/event-stream").status_code == 401
