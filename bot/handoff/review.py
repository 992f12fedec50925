"""Answers of the assistant that somebody should look at again: found in what is stored, each question once.

Looking twice finds nothing new, so it may run as often as one likes, in as many processes as there are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from bot.conversation import TOOLS
from knowledge.models import UNSURE, Conversation, Handoff, HandoffEvent, Message, ReviewItem, utc_now

UNSURE_CAUSE, RATED, FLAGGED = "unsure", "rated", "flagged"
OPEN, DECIDED = "open", "decided"
LOOK_BACK = dt.timedelta(days=3)  # longer than any pause between two looks
_ABANDONED = dt.timedelta(minutes=30)  # after which nobody answers what was asked back
_BAD = ("no", "partly")
_LONGEST = 1000


@dataclass(frozen=True)
class Doubt:
    """A question to look at again: its number, the cause, and why in one word for people to read."""

    conversation_id: str
    seq: int
    cause: str
    why: str


def doubts(session: Session, now: dt.datetime, since: dt.datetime | None = None) -> list[Doubt]:
    """Return what is doubtful since a moment and not in the queue yet; writes nothing."""
    since = since or now - LOOK_BACK
    rows = session.execute(sa.select(ReviewItem.conversation_id, ReviewItem.seq).where(ReviewItem.created_at > since))
    known = {(row.conversation_id, row.seq) for row in rows}
    found = [*_unsure(session, since, now), *_rated(session, since)]
    return [doubt for doubt in found if (doubt.conversation_id, doubt.seq) not in known]


def put(session: Session, found: Sequence[Doubt]) -> int:
    """Put doubts into the queue; return how many of their questions are new there."""
    now = utc_now()
    return sum(_add(session, doubt, now) for doubt in found)


def flag(session: Session, conversation_id: str, seq: int) -> bool:
    """Put the question behind a message into the queue because a person says so; False = there is no question."""
    question = _question_before(session, conversation_id, seq)
    if question is None:
        return False
    _add(session, Doubt(conversation_id, question, FLAGGED, "flagged"), utc_now())
    return True


def _unsure(session: Session, since: dt.datetime, now: dt.datetime) -> Iterator[Doubt]:
    other = aliased(Message)
    near = other.conversation_id == Message.conversation_id
    asked = sa.select(sa.func.max(other.seq)).where(near, _is_question(other), other.seq <= Message.seq)
    outcome = sa.select(other.outcome).where(near, other.author == "assistant", other.seq < Message.seq)
    spoke = sa.exists().where(near, other.author == "citizen", other.seq > Message.seq)
    answers = (
        sa.select(
            Message.conversation_id,
            Message.outcome,
            Message.created_at,
            asked.scalar_subquery().label("asked"),
            outcome.order_by(other.seq.desc()).limit(1).scalar_subquery().label("before"),
            spoke.label("spoke"),
        )
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(UNSURE, Message.created_at > since, Message.author == "assistant", Conversation.channel != TOOLS)
    )
    for answer in session.execute(answers.order_by(Message.id)):
        why = _why(answer, now)
        if why and answer.asked is not None:
            yield Doubt(answer.conversation_id, answer.asked, UNSURE_CAUSE, why)


def _why(answer: Any, now: dt.datetime) -> str:
    """Return why an answer is doubtful, "" when it is not (yet)."""
    if answer.outcome == "unavailable":
        return "unavailable"
    if answer.outcome == "not_found":
        return "not_found_twice" if answer.before == "not_found" else ""
    return "" if now - answer.created_at < _ABANDONED or answer.spoke else "clarify_abandoned"


def _is_question(message: Any) -> Any:
    """A citizen's message that still has its words."""
    return sa.and_(message.author == "citizen", message.text != "")


def _question_before(session: Session, conversation_id: str, seq: int) -> int | None:
    """Return the number of the citizen's newest message up to ``seq`` that still has its words."""
    mine = sa.and_(Message.conversation_id == conversation_id, _is_question(Message), Message.seq <= seq)
    return session.scalar(sa.select(sa.func.max(Message.seq)).where(mine))


def _rated(session: Session, since: dt.datetime) -> Iterator[Doubt]:
    """Hand-offs that helped little, or that the assistant could have saved: the question that led to them."""
    bad = sa.or_(Handoff.rating.in_(_BAD), Handoff.bot_could == "yes")
    for handoff in session.scalars(sa.select(Handoff).where(Handoff.closed_at > since, bad)).all():
        begun = sa.select(sa.func.min(HandoffEvent.after_seq)).where(HandoffEvent.handoff_id == handoff.id)
        question = _question_before(session, handoff.conversation_id, session.scalar(begun) or 0)
        if question is not None:
            why = f"rated_{handoff.rating}" if handoff.rating in _BAD else "bot_could"
            yield Doubt(handoff.conversation_id, question, RATED, why)


def _add(session: Session, doubt: Doubt, now: dt.datetime) -> bool:
    mine = sa.and_(ReviewItem.conversation_id == doubt.conversation_id, ReviewItem.seq == doubt.seq)
    known = session.scalar(sa.select(ReviewItem).where(mine))
    if known is not None:
        return doubt.cause == FLAGGED and _reopen(known, doubt)
    item = ReviewItem(conversation_id=doubt.conversation_id, seq=doubt.seq, cause=doubt.cause, created_at=now)
    item.question, item.understood = _read(session, doubt)
    try:
        with session.begin_nested():
            session.add(item)
    except IntegrityError:  # another process found it in the same moment
        return False
    return True


def _reopen(item: ReviewItem, doubt: Doubt) -> bool:
    """What a person points at is looked at again, even if it was decided before."""
    item.cause, item.state = doubt.cause, OPEN
    item.understood = {**item.understood, "why": doubt.why}
    return False


def _read(session: Session, doubt: Doubt) -> tuple[str, dict[str, Any]]:
    """Return the question, and what the assistant took it for."""
    mine = Message.conversation_id == doubt.conversation_id
    question = session.scalar(sa.select(Message.text).where(mine, Message.seq == doubt.seq)) or ""
    answers = sa.select(Message).where(mine, Message.author == "assistant", Message.seq > doubt.seq)
    answer = session.scalar(answers.order_by(Message.seq).limit(1))
    body = (answer.body or {}) if answer else {}
    understood = {name: list(body.get(name) or ()) for name in ("procedures", "candidates", "aspects")}
    return question[:_LONGEST], {"why": doubt.why, "outcome": answer.outcome if answer else "", **understood}
