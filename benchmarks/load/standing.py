"""What stands in the rows while a load runs."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from benchmarks.load.product import say
from knowledge.models import InboxItem, OutboxItem, Spooled, utc_now

_LOOK_EVERY = 2.0  # seconds
_SAY_EVERY = 30.0  # seconds
_PATIENCE = 300.0  # seconds without any progress after which the rest counts as lost
_OPEN = InboxItem.state.in_(("new", "working"))


@dataclass(frozen=True)
class Standing:
    """Questions without an answer and the seconds that the oldest has waited; answers that are not delivered yet."""

    questions: int
    oldest: float
    answers: int


def standing(session: Session) -> Standing:
    """Return what is open at present."""
    questions, since = session.execute(sa.select(sa.func.count(), sa.func.min(InboxItem.created_at)).where(_OPEN)).one()
    answers = sa.select(sa.func.count()).select_from(OutboxItem).where(OutboxItem.state.in_(("pending", "sending")))
    oldest = (utc_now() - since).total_seconds() if since else 0.0
    spooled = session.scalar(sa.select(sa.func.count()).select_from(Spooled)) or 0
    return Standing(questions + spooled, max(0.0, oldest), session.scalar(answers) or 0)


def turns_since(session: Session, since: dt.datetime) -> list[float]:
    """Return the seconds from question stored to answer stored of what was answered since then."""
    query = sa.select(InboxItem.created_at, InboxItem.finished_at)
    done = session.execute(query.where(InboxItem.state.in_(("done", "parked")), InboxItem.finished_at > since))
    return [(finished - created).total_seconds() for created, finished in done]


def drain(sessions: sessionmaker, look_every: float = _LOOK_EVERY) -> tuple[float, Standing]:
    """Wait until nothing is open, or nothing has moved for long; return the seconds it took, and what is left."""
    start = moved = time.monotonic()
    said, last = start, None
    while True:
        now = _patiently(sessions)
        if not (now.questions or now.answers):
            return time.monotonic() - start, now
        if last is None or (now.questions, now.answers) != (last.questions, last.answers):
            moved, last = time.monotonic(), now
        if time.monotonic() - moved > _PATIENCE:
            say(f"given up: {now.questions} questions, {now.answers} answers are open and nothing moves")
            return time.monotonic() - start, now
        if time.monotonic() - said > _SAY_EVERY:
            said = time.monotonic()
            say(f"{now.questions} questions wait, the oldest for {now.oldest:.0f} s; {now.answers} answers to deliver")
        time.sleep(look_every)


def _patiently(sessions: sessionmaker) -> Standing:
    """Look until the database answers: it may be away for a while."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            with sessions() as session:
                return standing(session)
        except sa.exc.DBAPIError:
            if time.monotonic() > until:
                raise
            time.sleep(1.0)
