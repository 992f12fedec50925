"""Where the assistant's answers meet the hand-off: in one transaction, the turn and the step stand or fall together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from bot.conversation import TOOLS
from bot.delivery.inbox import Claimed
from bot.handoff.citizen import command, offer, wish
from bot.handoff.rules import Rules
from knowledge.models import Conversation
from knowledge.reply import Reply


def with_people(
    session: Session, claimed: Claimed, replies: Sequence[Reply], rules: Rules, now: dt.datetime
) -> tuple[Claimed, Sequence[Reply]]:
    """Return the answers with the truth about people in them, under the owner that follows.

    Raises:
        NotPossible: another step was faster; the turn is tried again.
    """
    conversation = session.get(Conversation, claimed.conversation_id, populate_existing=True)
    if claimed.channel == TOOLS or conversation.version != claimed.owner_version:
        return claimed, replies
    told = []
    for reply in replies:
        if reply.handoff:
            reply = wish(session, conversation, reply, rules, now)
        else:
            offer(session, conversation, reply, now)
        told.append(reply)
    return replace(claimed, owner_version=conversation.version), told


def obeyed(session: Session, claimed: Claimed, rules: Rules, now: dt.datetime) -> tuple[Claimed, Sequence[Reply]]:
    """Do what a button of the hand-off says, whoever owns the conversation, and return what to say to it."""
    conversation = session.get(Conversation, claimed.conversation_id, populate_existing=True)
    reply = command(session, conversation, claimed.intent, rules, now)
    session.flush()
    return replace(claimed, owner_version=conversation.version), [reply]
