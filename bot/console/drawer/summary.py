"""What staff see first of a conversation: why it was handed over, what it is about, and what was said before."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.console.drawer.dossiers import codes_in
from bot.console.procedures import Named, named
from bot.console.veil import excerpt
from bot.handoff.routing import PROVINCE, unit_name
from knowledge.models import Conversation, Handoff, HandoffEvent, Message

_TURNS = 10  # messages: five of each side
_MOST = 3
_CODE = re.compile(r"\d\.\d{6}")
_LONGEST = 240  # characters of one, in the drawer


@dataclass(frozen=True)
class Turn:
    """One message before the hand-off: who said it, and what, without numbers and addresses."""

    author: str
    text: str


@dataclass(frozen=True)
class Summary:
    """``handoff`` is the newest (None = the assistant has had it all along); ``codes`` are dossiers that were named."""

    handoff: Handoff | None
    procedures: tuple[Named, ...]
    aspects: tuple[str, ...]
    unit: str
    codes: tuple[str, ...]
    turns: tuple[Turn, ...]

    @property
    def is_of_province(self) -> bool:
        """Whether it is for the province's own centre."""
        return self.handoff is not None and self.handoff.unit_code == PROVINCE


def read(session: Session, conversation: Conversation) -> Summary:
    """Return the summary of a conversation."""
    handoff = newest(session, conversation.id)
    kept = handoff.summary or {} if handoff else {}
    first = int(kept.get("from_seq") or max(1, conversation.last_seq - _TURNS + 1))
    last = _last_before(session, handoff) if handoff else conversation.last_seq
    said = _between(session, conversation.id, first, last)
    return Summary(
        handoff=handoff,
        procedures=tuple(named(session, _codes(session, conversation, handoff))),
        aspects=tuple(kept.get("aspects") or ()),
        unit=unit_name(handoff.unit_code) if handoff else "",
        codes=tuple(codes_in(message.text for message in _of_citizen(session, conversation.id))),
        turns=tuple(_turn(message) for message in said[-_TURNS:]),
    )


def newest(session: Session, conversation_id: str) -> Handoff | None:
    """Return the newest hand-off of a conversation, open or closed."""
    mine = sa.select(Handoff).where(Handoff.conversation_id == conversation_id)
    return session.scalar(mine.order_by(Handoff.id.desc()).limit(1))


def _last_before(session: Session, handoff: Handoff) -> int:
    """Return the number of the last message that was there when the hand-off began."""
    begun = sa.select(sa.func.min(HandoffEvent.after_seq)).where(HandoffEvent.handoff_id == handoff.id)
    return session.scalar(begun) or 0


def _between(session: Session, conversation_id: str, first: int, last: int) -> list[Message]:
    mine = sa.and_(Message.conversation_id == conversation_id, Message.seq.between(first, last), Message.text != "")
    return list(session.scalars(sa.select(Message).where(mine).order_by(Message.seq).limit(4 * _TURNS)))


def _of_citizen(session: Session, conversation_id: str) -> list[Message]:
    mine = sa.and_(Message.conversation_id == conversation_id, Message.author == "citizen")
    return list(session.scalars(sa.select(Message).where(mine).order_by(Message.seq.desc()).limit(40)))


def _turn(message: Message) -> Turn:
    return Turn(message.author, excerpt(message.text, _LONGEST))


def _codes(session: Session, conversation: Conversation, handoff: Handoff | None) -> list[str]:
    """Return the procedures at hand: the hand-off's own, else those of the assistant's last answer about any."""
    codes = [handoff.procedure_code, *(handoff.summary or {}).get("procedures", ())] if handoff else []
    return _clean(codes) or _clean(_last_answered(session, conversation.id))


def _clean(codes: Iterable[str]) -> list[str]:
    """Return what can be the code of a procedure: buttons are made of it."""
    return [code for code in dict.fromkeys(codes) if _CODE.fullmatch(code)][:_MOST]


def _last_answered(session: Session, conversation_id: str) -> list[str]:
    answers = sa.and_(Message.conversation_id == conversation_id, Message.author == "assistant")
    bodies = session.scalars(sa.select(Message.body).where(answers).order_by(Message.seq.desc()).limit(10))
    return next((list(body["procedures"]) for body in bodies if body and body.get("procedures")), [])
