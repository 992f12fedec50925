"""Judges a run: what the rows say was answered, beside what the citizens got."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.channels.capabilities import CAPABILITIES
from bot.channels.render import html, render
from bot.texts import Texts
from knowledge.models import Alert, Conversation, DeliveryPart, InboxItem, Message, OutboxItem
from knowledge.reply import Reply


@dataclass(frozen=True)
class Due:
    """A part that the citizen should have got once; ``is_unsure``: staff are told that nobody knows."""

    message: int
    text: str
    is_unsure: bool


@dataclass(frozen=True)
class Delivered:
    """How parts due and texts received fit: the places of what is left over on either side, and of what is unsure."""

    lost: tuple[int, ...]
    extra: tuple[int, ...]
    unsure_lost: int


def compare(due: Sequence[Due], received: Sequence[str]) -> Delivered:
    """Return the alignment with the fewest faults; an unsure part may have arrived or not."""

    @cache
    def best(i: int, j: int) -> tuple[int, tuple[str, ...]]:
        ways: list[tuple[int, tuple[str, ...]]] = []
        if i < len(due) and j < len(received) and due[i].text == received[j]:
            cost, steps = best(i + 1, j + 1)
            ways.append((cost, ("both", *steps)))
        if i < len(due):
            cost, steps = best(i + 1, j)
            ways.append((cost + (not due[i].is_unsure), ("due", *steps)))
        if j < len(received):
            cost, steps = best(i, j + 1)
            ways.append((cost + 1, ("received", *steps)))
        return min(ways, key=lambda way: way[0]) if ways else (0, ())

    return _delivered(due, best(0, 0)[1])


def _delivered(due: Sequence[Due], steps: Sequence[str]) -> Delivered:
    i = j = unsure = 0
    lost, extra = [], []
    for step in steps:
        if step == "due" and due[i].is_unsure:
            unsure += 1
        elif step == "due":
            lost.append(i)
        elif step == "received":
            extra.append(j)
        i += step != "received"
        j += step != "due"
    return Delivered(tuple(lost), tuple(extra), unsure)


@dataclass
class Count:
    """Messages of one channel (or of all) by what became of them; ``faults`` are sentences."""

    sent: int = 0
    once: int = 0
    unavailable: int = 0
    unsure: int = 0
    unsure_arrived: int = 0
    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether nothing is lost, doubled or out of order."""
        return not (self.lost or self.doubled or self.out_of_order)


@dataclass(frozen=True)
class _Answered:
    state: str
    text: str
    due: tuple[Due, ...]
    is_unavailable: bool


class Judge:
    """Reads the rows of one database."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._choose = Texts.load().word("choose")
        self.notes: list[str] = []

    def judge(self, channel: str, external_id: str, sent: Sequence[str], received: Sequence[str], count: Count) -> None:
        """Add one citizen to the count."""
        answers = self._answers(channel, external_id)
        asked = [answer.text for answer in answers]
        due = [part for answer in answers for part in answer.due]
        found = compare(due, received)
        lost = {due[place].message for place in found.lost}
        lost |= {number for number, answer in enumerate(answers) if not answer.due}
        moved = [place for place in found.extra if received[place] in {due[one].text for one in found.lost}]
        unsure = {part.message for part in due if part.is_unsure} - lost
        gone = sum((Counter(sent) - Counter(asked)).values())
        count.sent += len(sent)
        count.lost += gone + len(lost) - len(moved)
        count.doubled += len(found.extra) - len(moved) + sum((Counter(asked) - Counter(sent)).values())
        count.out_of_order += len(moved) + (not gone and asked != list(sent))
        count.unsure += len(unsure)
        count.unsure_arrived += sum(part.is_unsure for part in due) - found.unsure_lost
        count.once += len(answers) - len(lost | unsure)
        count.unavailable += sum(answer.is_unavailable for answer in answers)
        if gone or lost or found.extra or asked != list(sent):
            where = f"{channel} {external_id}"
            self.notes.append(f"{where}: {gone} not stored, lost {sorted(lost)}, extra texts {list(found.extra)}")

    def _answers(self, channel: str, external_id: str) -> list[_Answered]:
        query = (
            sa.select(InboxItem.id, InboxItem.state, Message.text, InboxItem.conversation_id)
            .join(Message, Message.id == InboxItem.message_id)
            .join(Conversation, Conversation.id == InboxItem.conversation_id)
            .where(Conversation.channel == channel, Conversation.external_id == external_id)
            .order_by(Message.seq)
        )
        rows = self._session.execute(query).all()
        return [self._answered(number, channel, *row) for number, row in enumerate(rows)]

    def _answered(self, number: int, channel: str, item: int, state: str, text: str, conversation: str) -> _Answered:
        query = (
            sa.select(Message, OutboxItem)
            .join(OutboxItem, sa.and_(OutboxItem.conversation_id == conversation, OutboxItem.seq == Message.seq))
            .where(Message.conversation_id == conversation, Message.client_id.startswith(f"inbox:{item}:"))
            .order_by(Message.seq)
        )
        rows = self._session.execute(query).all()
        due = tuple(part for message, out in rows for part in self._parts(number, channel, message, out))
        return _Answered(state, text, due, any(message.outcome == "unavailable" for message, _ in rows))

    def _parts(self, number: int, channel: str, message: Message, out: OutboxItem) -> list[Due]:
        parts = render(Reply.from_json(message.body), message.seq, CAPABILITIES[channel], self._choose)
        query = sa.select(DeliveryPart.part, DeliveryPart.state).where(DeliveryPart.outbox_id == out.id)
        states = dict(self._session.execute(query).all())
        shown: Callable = html if channel == "telegram" else (lambda part: part.text)
        return [Due(number, shown(part), states.get(place) == "uncertain") for place, part in enumerate(parts)]

    def untold(self) -> int:
        """Return of how many channels staff were not told, though something is unsure there."""
        unsure = (
            sa.select(Conversation.channel)
            .join(OutboxItem, OutboxItem.conversation_id == Conversation.id)
            .join(DeliveryPart, DeliveryPart.outbox_id == OutboxItem.id)
            .where(DeliveryPart.state == "uncertain")
        )
        told = sa.select(Alert.channel).where(Alert.kind == "uncertain", Alert.cleared_at.is_(None))
        return len(set(self._session.scalars(unsure)) - set(self._session.scalars(told)))
