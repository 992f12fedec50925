"""Asking staff to bring a notice that the channel does not let through: a call to make, its words in the thread."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from bot.conversation import add_message
from bot.handoff.citizen import summary
from bot.handoff.moves import begin, find_open
from bot.handoff.routing import unit_for
from bot.notices.phrases import undelivered
from knowledge.dossiers.facts import Facts
from knowledge.dossiers.standings import unit_code_of
from knowledge.models import Conversation
from knowledge.profile import Profile
from knowledge.reply import Reply

REASON = "notice"


def ask_staff(
    session: Session,
    conversation: Conversation,
    facts: Facts,
    said: Reply,
    key: str,
    profile: Profile,
    now: dt.datetime,
) -> None:
    """Put the words into the thread for staff, and the conversation among the calls of the dossier's unit.

    Where people have business with the citizen already, the thread that they have before them tells.

    Raises:
        IntegrityError: another hand-off is being opened in this moment.
    """
    line = {"conversation_id": conversation.id, "seq": conversation.last_seq, "client_id": key, "created_at": now}
    add_message(session, author="system", text=undelivered(said.plain()), body={"kind": REASON}, **line)
    if find_open(session, conversation.id) is not None:
        return
    unit = unit_for(session, facts.procedure_code, unit_code_of(facts.unit, profile))
    about = {"procedure_code": facts.procedure_code, "unit_code": unit, "summary": summary(session, conversation, said)}
    begin(session, conversation, "unreachable", "bot", now=now, reason=REASON, **about)
