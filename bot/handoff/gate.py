"""Whose turn it is with a message at the time it is worked on: the assistant's, people's, or nobody's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversation import TOOLS
from bot.delivery.inbox import Claimed
from bot.handoff import sayings, switches
from bot.handoff.citizen import COMMANDS, wish
from bot.handoff.moves import BOT, find_open
from bot.handoff.rules import Rules
from bot.handoff.turns import obeyed, with_people
from bot.inbound import SILENT
from knowledge.models import Conversation, Message
from knowledge.reply import Reply

# ask: the assistant answers. keep: people own it and read it. obey: a button of the hand-off.
# people: the assistant is off, so people are asked. closed: the channel is off.
Way = Literal["ask", "keep", "obey", "people", "closed"]

_HOUR, _DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
_OWN_BUSINESS = ("too_fast", "case_code", "case_joined", "case_unknown")  # neither the assistant nor people are asked
_GREET = "greet"


def way_of(session: Session, claimed: Claimed) -> Way:
    """Return what becomes of an item that is being worked on. Tools ask the assistant alone, and always may."""
    is_people = claimed.owner != BOT
    if claimed.channel == TOOLS:
        return "keep" if is_people else "ask"
    if not claimed.message and claimed.answer == SILENT and claimed.intent not in COMMANDS:
        return "keep"
    if switches.is_off(session, switches.of_channel(claimed.channel)):
        return "closed"
    if claimed.intent in COMMANDS:
        return "obey"
    if is_people:
        return "keep"
    is_ours = not claimed.message and (claimed.reply is not None or claimed.answer in _OWN_BUSINESS)
    return "people" if not is_ours and switches.is_off(session, switches.BOT) else "ask"


def treat(
    session: Session, way: Way, claimed: Claimed, replies: Sequence[Reply], rules: Rules, now: dt.datetime
) -> tuple[Claimed, Sequence[Reply]]:
    """Return what is said in the end, under the owner that follows.

    Raises:
        NotPossible: another step was faster; the turn is tried again.
    """
    if way == "obey":
        return obeyed(session, claimed, rules, now)
    if way == "closed":
        return claimed, _notice(session, claimed, "channel_off", switches.of_channel(claimed.channel), _DAY, now)
    if way == "people":
        return _to_people(session, claimed, rules, now)
    return with_people(session, claimed, replies, rules, now)


def _notice(
    session: Session, claimed: Claimed, name: str, switch: str, span: dt.timedelta, now: dt.datetime
) -> list[Reply]:
    """Return the administrator's notice, nothing when the citizen was told within so long."""
    off = switches.find(session, switch)
    if off is None:  # turned on in this very moment
        return []
    notice = sayings.reply(name, notice=off.notice)
    told = sa.and_(Message.conversation_id == claimed.conversation_id, Message.author == "assistant")
    lately = session.scalars(sa.select(Message.text).where(told, Message.created_at > now - span))
    return [] if any(text.startswith(notice.plain()) for text in lately) else [notice]


def _to_people(session: Session, claimed: Claimed, rules: Rules, now: dt.datetime) -> tuple[Claimed, Sequence[Reply]]:
    """Ask people in place of the assistant, and say so once; who only comes in is asked for nothing."""
    conversation = session.get(Conversation, claimed.conversation_id, populate_existing=True)
    if conversation.version != claimed.owner_version:  # people have it by now
        return claimed, ()
    notice = _notice(session, claimed, "switched_off", switches.BOT, _HOUR, now)
    is_asked = claimed.intent == "ask_human"
    if claimed.intent == _GREET or (_is_waited_for(session, claimed) and not notice and not is_asked):
        return claimed, notice
    codes, unit = _talked_about(session, claimed.conversation_id)
    wished = Reply("handoff", (), procedures=codes, handoff="asked" if is_asked else "off", unit=unit)
    told = wish(session, conversation, wished, rules, now)
    bubbles = (*(bubble for one in notice for bubble in one.bubbles), *told.bubbles)
    return replace(claimed, owner_version=conversation.version), [replace(told, bubbles=bubbles)]


def _is_waited_for(session: Session, claimed: Claimed) -> bool:
    handoff = find_open(session, claimed.conversation_id)
    return handoff is not None and handoff.state in ("callback", "calling")


def _talked_about(session: Session, conversation_id: str) -> tuple[tuple[str, ...], str]:
    """Return the procedure that the assistant last spoke about and the citizen's commune, as far as known."""
    said = sa.and_(Message.conversation_id == conversation_id, Message.author == "assistant")
    bodies = session.scalars(sa.select(Message.body).where(said).order_by(Message.seq.desc()).limit(20))
    known = [body for body in bodies if (body or {}).get("procedures")]
    return (tuple(known[0]["procedures"][:1]), known[0].get("unit", "")) if known else ((), "")
