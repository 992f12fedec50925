"""What staff do with a hand-off. Every function takes the person who does it and what they saw.

All of them raise NotPossible when somebody was faster, and Forbidden when it is not this person's to do; the
transaction they run in is then given up, and nothing has happened.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bot.conversation import take_seqs
from bot.delivery.saying import put
from bot.errors import BotError
from bot.handoff import presence, sayings
from bot.handoff.citizen import summary, tell
from bot.handoff.moves import NotPossible, actor_of, begin, find_open, holder_of, move
from bot.handoff.rules import Rules
from knowledge.models import Conversation, Handoff, Staff, utc_now
from knowledge.reply import Block, Reply

CLOSE_REASONS = ("answered", "wrong_place", "no_answer", "rude", "other")
BOT_COULD = ("yes", "no", "unsure")


class Forbidden(BotError):
    """It is not this person's to do: another unit's, another person's, or beyond the role."""


@dataclass(frozen=True)
class Close:
    """How a person ends a hand-off: why (``CLOSE_REASONS``), what it was about, whether the bot could have answered."""

    reason: str
    bot_could: str
    procedure_code: str = ""


def claim(session: Session, staff: Staff, handoff: Handoff, now: dt.datetime | None = None) -> Handoff:
    """Take a waiting citizen; exactly one of those who try at the same time gets them."""
    _must_serve(staff, handoff)
    move(session, handoff, "claim", actor_of(staff.id), now, staff_id=staff.id, claimed_at=now or utc_now(), rank=0)
    _say(session, handoff, "claimed", name=staff.name, unit=sayings.of_unit(staff.unit_code))
    return handoff


def step_in(session: Session, staff: Staff, conversation: Conversation, now: dt.datetime | None = None) -> Handoff:
    """Take a conversation that nobody asked a person for, from the assistant."""
    now = now or utc_now()
    found = find_open(session, conversation.id)
    if found is not None and found.state == "rating":
        move(session, found, "superseded", actor_of(staff.id), now)
    elif found is not None:
        return claim(session, staff, found, now)
    if not presence.serves(staff, ""):
        raise Forbidden("role")
    values = {"staff_id": staff.id, "claimed_at": now, "unit_code": staff.unit_code}
    kept = summary(session, conversation, None)
    handoff = begin(session, conversation, "take", actor_of(staff.id), now=now, reason="staff", summary=kept, **values)
    _say(session, handoff, "claimed", name=staff.name, unit=sayings.of_unit(staff.unit_code))
    return handoff


def reply(session: Session, staff: Staff, handoff: Handoff, said: Reply, key: str, rules: Rules) -> int:
    """Say something to the citizen and return its number; ``key`` is unique: the same again changes nothing."""
    _must_hold(session, staff, handoff)
    conversation = session.get(Conversation, handoff.conversation_id, populate_existing=True)
    patience = rules.silence.get(conversation.channel, rules.silence_elsewhere)
    now = utc_now()
    due = now + patience if handoff.state != "transferring" else handoff.due_at
    move(session, handoff, "reply", actor_of(staff.id), now, due_at=due)
    grown = take_seqs(session, conversation.id, 1, conversation.version)
    if grown is None:
        raise NotPossible("changed", holder_of(session, handoff))
    seq = int(grown.last_seq)
    put(session, grown.id, seq, grown.version, said, f"staff:{key}", staff.id)
    return seq


def in_words(text: str) -> Reply:
    """Return what a person typed as a reply."""
    return Reply("handoff", ((Block("text", text=text),),))


def transfer(
    session: Session, staff: Staff, handoff: Handoff, to: Staff | None, unit_code: str | None, note: str
) -> Handoff:
    """Offer a citizen to a colleague, or to a unit; until somebody accepts, the sender goes on."""
    _must_hold(session, staff, handoff)
    if to is not None and (to.id == staff.id or not presence.serves(to, "")):
        raise Forbidden("target")
    detail = {"note": note, "to": to.name if to else "", "unit": unit_code or ""}
    values: dict[str, Any] = {"target_staff_id": to.id if to else None, "target_unit": None if to else unit_code}
    return move(session, handoff, "transfer", actor_of(staff.id), detail=detail, **values)


def accept(session: Session, staff: Staff, handoff: Handoff) -> Handoff:
    """Accept a citizen offered by a colleague to this person, or to their unit."""
    if not is_target(staff, handoff):
        raise Forbidden("target")
    unit = handoff.unit_code if handoff.target_unit is None else handoff.target_unit
    move(session, handoff, "accept", actor_of(staff.id), staff_id=staff.id, unit_code=unit)
    _say(session, handoff, "passed_on", name=staff.name, unit=sayings.of_unit(staff.unit_code))
    return handoff


def is_target(staff: Staff, handoff: Handoff) -> bool:
    """Tell whether an offered citizen is offered to this person."""
    if handoff.state != "transferring" or handoff.staff_id == staff.id or not presence.serves(staff, ""):
        return False
    if handoff.target_staff_id is not None:
        return bool(handoff.target_staff_id == staff.id)
    return presence.serves(staff, handoff.target_unit or "")


def refuse(session: Session, staff: Staff, handoff: Handoff, note: str) -> Handoff:
    """Refuse what was offered; it stays with the sender."""
    if not is_target(staff, handoff):
        raise Forbidden("target")
    return move(session, handoff, "refuse", actor_of(staff.id), detail={"note": note})


def withdraw(session: Session, staff: Staff, handoff: Handoff) -> Handoff:
    """Take an offer to a colleague back."""
    _must_hold(session, staff, handoff)
    return move(session, handoff, "withdraw", actor_of(staff.id))


def let_go(session: Session, staff: Staff, handoff: Handoff) -> Handoff:
    """Put a citizen back at the front of the queue."""
    _must_hold(session, staff, handoff, calling=True)
    was_calling = handoff.state == "calling"
    move(session, handoff, "let_go", actor_of(staff.id), staff_id=None, rank=1)
    if not was_calling:
        _say(session, handoff, "returned")
    return handoff


def take_over(session: Session, staff: Staff, handoff: Handoff, reason: str) -> Handoff:
    """Take a citizen from a colleague, for a reason; for heads and administrators."""
    if staff.role not in ("admin", "head") or not presence.serves(staff, handoff.unit_code):
        raise Forbidden("role")
    if handoff.staff_id == staff.id:
        raise NotPossible(handoff.state, staff.name)
    detail = {"reason": reason, "from": holder_of(session, handoff)}
    move(session, handoff, "take_over", actor_of(staff.id), detail=detail, staff_id=staff.id)
    _say(session, handoff, "passed_on", name=staff.name, unit=sayings.of_unit(staff.unit_code))
    return handoff


def give_back(session: Session, staff: Staff, handoff: Handoff) -> Handoff:
    """Give the conversation back to the assistant, which tells the citizen so."""
    _must_hold(session, staff, handoff)
    move(session, handoff, "give_back", actor_of(staff.id), close_reason="given_back")
    _say(session, handoff, "given_back")
    return handoff


def close(session: Session, staff: Staff, handoff: Handoff, how: Close) -> Handoff:
    """End the hand-off; the citizen is asked for an opinion when a person has answered them."""
    if handoff.state == "callback":
        _must_serve(staff, handoff)
    else:
        _must_hold(session, staff, handoff)
    rated = handoff.answered_at is not None and handoff.state != "callback"
    values: dict[str, Any] = {"close_reason": how.reason, "bot_could": how.bot_could, "contact": ""}
    if how.procedure_code:
        values["procedure_code"] = how.procedure_code
    move(session, handoff, "close" if rated else "close_unrated", actor_of(staff.id), **values)
    _say(session, handoff, "rating" if rated else "given_back")
    return handoff


def call(session: Session, staff: Staff, handoff: Handoff) -> Handoff:
    """Take a callback to telephone the citizen."""
    _must_serve(staff, handoff)
    return move(session, handoff, "call", actor_of(staff.id), staff_id=staff.id)


def called(session: Session, staff: Staff, handoff: Handoff, reached: bool, rules: Rules) -> Handoff:
    """Note how a call went; after the last try without an answer the hand-off ends."""
    _must_hold(session, staff, handoff, calling=True)
    if reached:
        return move(session, handoff, "reached", actor_of(staff.id), close_reason="called", contact="")
    tries = handoff.tries + 1
    if tries >= rules.most_calls:
        return move(
            session, handoff, "give_up", actor_of(staff.id), close_reason="not_reached", tries=tries, contact=""
        )
    return move(session, handoff, "not_reached", actor_of(staff.id), staff_id=None, tries=tries)


def _must_serve(staff: Staff, handoff: Handoff) -> None:
    if not presence.serves(staff, handoff.unit_code):
        raise Forbidden("unit")


def _must_hold(session: Session, staff: Staff, handoff: Handoff, calling: bool = False) -> None:
    states = ("active", "awaiting", "transferring", "closing", *(("calling",) if calling else ()))
    if handoff.state not in states or handoff.staff_id != staff.id:
        raise NotPossible(handoff.state, holder_of(session, handoff))


def _say(session: Session, handoff: Handoff, what: str, **values: Any) -> None:
    conversation = session.get(Conversation, handoff.conversation_id)
    tell(session, conversation, sayings.reply(what, **values), f"handoff:{handoff.id}:{handoff.version}")
