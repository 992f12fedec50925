"""Wishes about notices, taken at the door: they hold from the moment in which the message is stored.

No model is asked, so that "stop" works whatever else does not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversation import TOOLS
from bot.delivery.ledger import changed
from bot.handoff.moves import BOT
from bot.notices import KEY
from bot.notices.phrases import Said, listed, reply, title, understand
from knowledge.answers.notices import FOLLOW, read_wish
from knowledge.dossiers import subscriptions
from knowledge.dossiers.codes import match_key
from knowledge.dossiers.subscriptions import MOST, Wish
from knowledge.models import Conversation, Message, OutboxItem
from knowledge.reply import Button, Reply

END = "notices_off"
INTENTS = frozenset({FOLLOW, END})
_GOOD_FOR = dt.timedelta(hours=24)  # an offer; whoever has the telephone later may be somebody else
_LOOKED_BACK = 10  # messages


@dataclass(frozen=True)
class NoticeDoor:
    """Hears what one conversation wants of notices."""

    session: Session
    conversation: Conversation
    now: dt.datetime

    def typed(self, text: str) -> Reply | None:
        """Do what a typed phrase says and return the answer; None = it is about something else."""
        said = understand(text)
        if said is None or self._is_for_others(said):
            return None
        if said.meaning == "wish":
            return self._wished(said)
        if said.meaning == "list":
            return self._list()
        return self._stop(said.codes, is_named=said.meaning == "stop_notices")

    def tapped(self, intent: str, entities: Mapping[str, Any], offered_at: dt.datetime) -> Reply:
        """Do what a button says and return the answer."""
        if intent == END:
            return self._stop([str(entities["code"])] if "code" in entities else [], is_named=True) or reply("none")
        if self.now - offered_at > _GOOD_FOR:
            return reply("old", [Button(title("look_up"), "check_dossier")])
        return self._follow([read_wish(entities)])

    def _is_for_others(self, said: Said) -> bool:
        """Leave to a form, or to people, what may be meant for them."""
        is_told = self._newest_key().startswith(KEY)
        if said.meaning == "doubtful":
            return not is_told
        if said.meaning == "stop":
            return bool(self.conversation.expects) and not is_told
        return said.meaning != "stop_notices" and self.conversation.owner != BOT

    def _newest_key(self) -> str:
        newest = sa.select(Message.client_id).where(self._spoken()).order_by(Message.seq.desc()).limit(1)
        return self.session.scalar(newest) or ""

    def _spoken(self) -> Any:
        return sa.and_(Message.conversation_id == self.conversation.id, Message.author.in_(("assistant", "staff")))

    def _wished(self, said: Said) -> Reply | None:
        """A wish in words is for what was offered last; without an offer it is a wish to look up first."""
        keys = {match_key(code) for code in said.codes}
        wishes = [wish for wish in self._offered() if not keys or match_key(wish.code) in keys]
        return self._follow(wishes) if wishes else None

    def _offered(self) -> list[Wish]:
        newest = sa.select(Message.body, Message.created_at).where(self._spoken()).order_by(Message.seq.desc())
        for row in self.session.execute(newest.limit(_LOOKED_BACK)):
            buttons = (row.body or {}).get("buttons") or ()
            wishes = [read_wish(one["entities"]) for one in buttons if one["intent"] == FOLLOW]
            if wishes:
                return wishes if self.now - row.created_at <= _GOOD_FOR else []
        return []

    def _follow(self, wishes: Sequence[Wish]) -> Reply:
        if self.conversation.channel == TOOLS:
            return reply("not_here")
        for wish in wishes:
            if not subscriptions.subscribe(self.session, self.conversation.id, wish, self.now):
                return reply("many", count=MOST)
        return reply("begun", codes=_joined(wish.code for wish in wishes))

    def _list(self) -> Reply:
        codes = [one.code for one in subscriptions.live(self.session, self.conversation.id)]
        if not codes:
            return reply("none")
        buttons = [Button(title("stop_one", code=code), END, {"code": code}) for code in codes]
        return listed(codes, [*buttons, Button(title("stop"), END)])

    def _stop(self, codes: Sequence[str], is_named: bool) -> Reply | None:
        """End all, or these alone; a bare word where there is nothing to end is about something else."""
        keys = [match_key(code) for code in codes]
        standing = subscriptions.live(self.session, self.conversation.id)
        ended = [one.id for one in standing if not keys or one.key in keys]
        if not ended:
            if not is_named or self.conversation.owner != BOT or self.conversation.expects:
                return None
            return reply("not_followed", codes=_joined(codes)) if codes else reply("none")
        subscriptions.end(self.session, self.conversation.id, "stopped", self.now, keys)
        for subscription_id in ended:
            drop_unsent(self.session, self.conversation.id, subscription_id)
        return reply("stopped_one", codes=_joined(codes)) if codes else reply("stopped")


def drop_unsent(session: Session, conversation_id: str, subscription_id: int) -> int:
    """Take back the notices of a wish that have not left yet."""
    notices = sa.select(Message.id).where(
        Message.conversation_id == conversation_id,
        Message.client_id.startswith(f"{KEY}{subscription_id}:", autoescape=True),
    )
    waiting = sa.and_(
        OutboxItem.conversation_id == conversation_id,
        OutboxItem.state == "pending",
        OutboxItem.message_id.in_(notices),
    )
    return changed(session, sa.update(OutboxItem).where(waiting).values(state="dropped"))


def _joined(codes: Any) -> str:
    return ", ".join(codes)
