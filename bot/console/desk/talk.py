"""What stands around a thread: whose it is, what the person may do with it now, what the channel allows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.cases import case_of
from bot.channels.base import Capabilities
from bot.channels.capabilities import CAPABILITIES
from bot.console.desk.cards import short_names
from bot.console.person import Person
from bot.console.views import in_scope
from bot.conversation import ERASED
from bot.handoff import presence
from bot.handoff.moves import find_open, holder_of
from bot.handoff.staff import is_target
from knowledge.models import Conversation, Draft, Handoff, Message, Staff, utc_now

LONGEST_REPLY = 4000  # characters; a channel may take fewer
HELD = ("active", "awaiting", "transferring", "closing")
# what the holder may do in each state, in the order of the buttons
_OF_HOLDER: Mapping[str, tuple[str, ...]] = {
    "active": ("transfer", "let_go", "give_back", "close"),
    "awaiting": ("transfer", "let_go", "give_back", "close"),
    "closing": ("let_go", "give_back", "close"),
    "transferring": ("withdraw", "let_go", "give_back"),
    "calling": ("reached", "not_reached", "claim", "let_go"),
}
_OF_ANYBODY: Mapping[str, tuple[str, ...]] = {
    "offered": ("claim",),
    "queued": ("claim",),
    "callback": ("call", "claim", "close"),
}


@dataclass(frozen=True)
class Window:
    """Until when the channel lets staff write; None = always. ``is_closed``: the citizen must write first."""

    closes_at: dt.datetime | None = None
    is_closed: bool = False


@dataclass(frozen=True)
class Talk:
    """A conversation as it stands at this moment for one person."""

    conversation: Conversation
    handoff: Handoff | None
    holder: str
    is_mine: bool
    target: str
    steps: tuple[str, ...]
    can_note: bool
    window: Window
    capabilities: Capabilities
    subject: str
    case_code: str
    drafts: Mapping[str, str]

    @property
    def state(self) -> str:
        """Return the state of the hand-off; "bot" and "elsewhere" when there is none."""
        if self.handoff is not None:
            return str(self.handoff.state)
        return "elsewhere" if self.conversation.owner.startswith("console:") else "bot"

    @property
    def can_reply(self) -> bool:
        """Tell whether the person may answer the citizen now."""
        return self.is_mine and self.state in HELD

    @property
    def limit(self) -> int:
        """Return how many characters a reply may have."""
        return min(LONGEST_REPLY, self.capabilities.longest_text)


def look(session: Session, person: Person, conversation_id: str) -> Talk:
    """Return a conversation that is the person's business.

    Raises:
        PageError: 404, there is none for this person.
    """
    conversation = in_scope(session, person, conversation_id)
    handoff, me = find_open(session, conversation_id), session.get(Staff, person.id)
    case = case_of(session, conversation_id)
    capabilities = CAPABILITIES.get(conversation.channel, Capabilities(LONGEST_REPLY))
    return Talk(
        conversation=conversation,
        handoff=handoff,
        holder=_holder(session, handoff),
        is_mine=handoff is not None and handoff.staff_id == person.id and handoff.state in (*HELD, "calling"),
        target=_target(session, handoff),
        steps=steps(person, me, conversation, handoff),
        can_note=person.can("answer") and conversation.owner != ERASED,
        window=window(session, conversation, capabilities),
        capabilities=capabilities,
        subject=_subject(session, handoff),
        case_code=case.code if case else "",
        drafts=_drafts(session, person.id, conversation_id),
    )


def steps(person: Person, me: Staff, conversation: Conversation, handoff: Handoff | None) -> tuple[str, ...]:
    """Return what the person may do with a conversation now, in the order of the buttons."""
    if not person.can("answer") or conversation.owner == ERASED or conversation.owner.startswith("console:"):
        return ()
    if handoff is None or handoff.state == "rating":
        return ("step_in",)
    if is_target(me, handoff):
        return ("accept", "refuse")
    if handoff.staff_id == person.id and handoff.state in _OF_HOLDER:
        return _OF_HOLDER[handoff.state]
    if not presence.serves(me, handoff.unit_code):
        return ()
    if handoff.state in HELD:
        return ("take_over",) if person.can("take_over") else ()
    return _OF_ANYBODY.get(handoff.state, ())


def window(session: Session, conversation: Conversation, capabilities: Capabilities) -> Window:
    """Return until when the channel lets staff write after the citizen's last word."""
    if capabilities.window is None:
        return Window()
    theirs = sa.and_(Message.conversation_id == conversation.id, Message.author == "citizen")
    heard = session.scalar(sa.select(sa.func.max(Message.created_at, type_=Message.created_at.type)).where(theirs))
    if heard is None:
        return Window(None, is_closed=True)
    closes = heard + capabilities.window
    return Window(closes, is_closed=closes <= utc_now())


def _holder(session: Session, handoff: Handoff | None) -> str:
    if handoff is None:
        return ""
    if handoff.state == "calling":
        return session.scalar(sa.select(Staff.name).where(Staff.id == handoff.staff_id)) or ""
    return holder_of(session, handoff)


def _target(session: Session, handoff: Handoff | None) -> str:
    if handoff is None or handoff.state != "transferring":
        return ""
    if handoff.target_staff_id is None:
        return handoff.target_unit or ""
    return session.scalar(sa.select(Staff.name).where(Staff.id == handoff.target_staff_id)) or ""


def _subject(session: Session, handoff: Handoff | None) -> str:
    code = handoff.procedure_code if handoff else ""
    return short_names(session, {code}).get(code, code)


def _drafts(session: Session, staff_id: int, conversation_id: str) -> dict[str, str]:
    mine = sa.select(Draft).where(Draft.staff_id == staff_id, Draft.conversation_id == conversation_id)
    return {draft.kind: draft.text for draft in session.scalars(mine)}
