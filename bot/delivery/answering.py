"""What is said to a message beside what Rasa says, and how an answer is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog
from sqlalchemy.orm import Session

from bot.cases import code_of, until
from bot.conversation import TOOLS
from bot.delivery import inbox
from bot.delivery.inbox import BOT, Claimed
from bot.delivery.preparing import KEPT
from bot.handoff import gate
from bot.handoff.gate import Way
from bot.handoff.moves import PEOPLE
from bot.handoff.rules import Rules
from bot.inbound import SILENT
from bot.texts import Texts
from knowledge.models import utc_now
from knowledge.reply import Block, Reply

log = structlog.get_logger("worker")

_WIDGET = "web"


class LeaseLost(Exception):
    """Another has taken the item up: what this one was about to store is given up."""


@dataclass(frozen=True)
class Answering:
    """Answers by our own ``texts``; hand-offs go by ``rules``; pages of ours are at ``public_url`` ("" = not known)."""

    texts: Texts
    rules: Rules
    public_url: str = ""

    def without_rasa(self, claimed: Claimed, way: Way) -> list[Reply]:
        """Return what is said to a message that needs no Rasa, or has to do without."""
        if claimed.reply and way in ("ask", "keep"):  # what was done at the door is told whoever owns it
            return [Reply.from_json(claimed.reply)]
        if way == "keep":
            return self._kept(claimed)
        if way != "ask":  # the gate says what there is to say
            return []
        if claimed.message:
            return [self.fallback(claimed)]
        return [] if claimed.answer == SILENT else [self.texts.reply(claimed.answer)]

    def _kept(self, claimed: Claimed) -> list[Reply]:
        """People own the conversation: they read the message, and who waits is told that a file is kept for them."""
        kept = claimed.note if claimed.note in KEPT else claimed.answer
        return [self.texts.reply(kept)] if claimed.owner == PEOPLE and kept in KEPT else []

    def fallback(self, claimed: Claimed) -> Reply:
        """Return the honest sentence; the wish for a person is met even while Rasa is away."""
        return self.texts.reply("handoff" if claimed.intent == "ask_human" else "unavailable")

    def store(
        self,
        session: Session,
        claimed: Claimed,
        replies: Sequence[Reply],
        state: str,
        error: str,
        by_rasa: bool,
        way: Way,
    ) -> None:
        """Close the item with its answer and the step of a hand-off that belongs to it, all or nothing.

        Raises:
            LeaseLost, NotPossible: the transaction must be given up.
        """
        noted = self._noted(claimed, replies) if way == "ask" else replies
        claimed, replies = gate.treat(session, way, claimed, noted, self.rules, utc_now())
        replies = [led(reply, claimed.channel, self.public_url) for reply in self._with_code(session, claimed, replies)]
        if not inbox.finish(session, claimed, replies, state, error, by_rasa):
            raise LeaseLost
        log.info("message.answered", item=claimed.item_id, outcomes=[reply.outcome for reply in replies])

    def _with_code(self, session: Session, claimed: Claimed, replies: Sequence[Reply]) -> Sequence[Reply]:
        """Say the code of the case where a person is asked for, or the code itself; tools carry none elsewhere."""
        is_wanted = claimed.answer == "case_code" and not claimed.message
        is_wanted = is_wanted or any(reply.handoff for reply in replies)
        if not (is_wanted and replies) or claimed.owner != BOT or claimed.channel == TOOLS:
            return replies
        case = code_of(session, claimed.conversation_id)
        line = (Block("text", text=self.texts.word("case").format(code=case.code, until=until(case))),)
        *others, last = replies
        return [*others, replace(last, bubbles=(*last.bubbles, line))]

    def _noted(self, claimed: Claimed, replies: Sequence[Reply]) -> Sequence[Reply]:
        """Put the sentence that must not be missed before the answer."""
        if not (claimed.note and replies):
            return replies
        first, *others = replies
        return [replace(first, bubbles=self.texts.reply(claimed.note).bubbles + first.bubbles), *others]


def led(reply: Reply, channel: str, public_url: str) -> Reply:
    """Return a reply whose links lead to pages of ours from where it is read.

    They get the public address. Where none is known, the widget finds them by itself: it comes from this server;
    elsewhere they are left out.
    """

    def lead(block: Block) -> Block | None:
        if block.kind != "link":
            return block
        if not block.url.startswith("/") or not (public_url or channel == _WIDGET):
            return None
        return replace(block, url=public_url + block.url)

    if not any(block.kind == "link" for bubble in reply.bubbles for block in bubble):
        return reply
    bubbles = (tuple(filter(None, map(lead, bubble))) for bubble in reply.bubbles)
    return replace(reply, bubbles=tuple(bubble for bubble in bubbles if bubble))
