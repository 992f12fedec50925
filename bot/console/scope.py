"""Whose conversations a person sees: those of the own unit, those of no unit, and the own ones."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.console.person import Person
from knowledge.models import Conversation, Handoff


def handoffs_of(person: Person) -> Any:
    """Return the condition on ``Handoff`` that its conversation is this person's business."""
    if not person.unit_code:
        return sa.true()
    return sa.or_(
        Handoff.unit_code.in_(("", person.unit_code)),
        Handoff.target_unit == person.unit_code,
        Handoff.staff_id == person.id,
        Handoff.target_staff_id == person.id,
    )


def concerns(person: Person, handoff: Handoff | None) -> bool:
    """Tell the same of one row, the newest hand-off of its conversation, without asking the database."""
    if not person.can("read"):
        return False
    if handoff is None or not person.unit_code:
        return True
    mine = handoff.unit_code in ("", person.unit_code) or handoff.target_unit == person.unit_code
    return bool(mine or person.id in (handoff.staff_id, handoff.target_staff_id))


def visible(session: Session, person: Person, conversation_ids: Collection[str]) -> list[str]:
    """Return which of the conversations the person may see; the newest hand-off of each decides."""
    if not conversation_ids or not person.can("read"):
        return []
    any_ = aliased(Handoff)  # of the few conversations asked for: the newest of all would be looked for in every one
    newest = sa.select(sa.func.max(any_.id)).where(any_.conversation_id == Conversation.id).scalar_subquery()
    seen = (
        sa.select(Conversation.id)
        .outerjoin(Handoff, sa.and_(Handoff.conversation_id == Conversation.id, Handoff.id == newest))
        .where(Conversation.id.in_(conversation_ids), sa.or_(Handoff.id.is_(None), handoffs_of(person)))
    )
    return list(session.scalars(seen.order_by(Conversation.id)))


def may_see(session: Session, person: Person, conversation_id: str) -> bool:
    """Tell whether the person may see a conversation; False for one that is not there."""
    return visible(session, person, [conversation_id]) == [conversation_id]
