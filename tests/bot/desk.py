"""An outbox lane driven by hand."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import sessionmaker

from bot.delivery import inbox, ledger
from bot.delivery.intake import Intake
from bot.delivery.outbox import Sender
from bot.delivery.settling import Rules
from bot.gathering import Gathering
from bot.inbound import Inbound
from bot.metrics import Metrics
from bot.texts import Texts
from knowledge.models import Alert, DeliveryPart, OutboxItem, utc_now
from knowledge.reply import Block, Reply
from tests.bot.fake_channel import FakeChannel


class Desk:
    """An outbox lane driven by hand, one message at a time, over a real database."""

    def __init__(self, sessions: sessionmaker, channel: FakeChannel, alone: bool = True) -> None:
        self.sessions = sessions
        self.channel = channel
        self._intake = Intake(b"a key", Texts.load())
        rules = Rules("Chọn:", confirm_within=60.0, alone=alone, pause=lambda attempt: 30.0)
        self._rules = rules
        self.metrics = Metrics()
        self.sender = Sender(Gathering(sessions), channel, rules, self.metrics)

    def say(self, *texts: str, to: str = "7") -> None:
        """Have a citizen answered with so many replies."""
        with self.sessions.begin() as session:
            self._intake.receive(session, self.channel.name, to, Inbound(str(uuid.uuid4()), "hỏi"))
            claimed = inbox.claim(session)
            assert claimed
            replies = [Reply("answered", ((Block("text", text=text),),)) for text in texts]
            assert inbox.finish(session, claimed, replies)

    async def work(self, later: float = 0.0) -> int:
        """Send all that is due ``later`` seconds from now; return how many messages were taken up."""
        taken = 0
        while outgoing := self.claim(later):
            taken += 1
            await self.sender.send(outgoing)
        return taken

    def claim(self, later: float = 0.0) -> ledger.Outgoing | None:
        with self.sessions.begin() as session:
            return ledger.claim(session, self.sender.settling.lane, utc_now() + dt.timedelta(seconds=later))

    def die_while_sending(self) -> None:
        """Claim and begin the next part, then forget it, as a killed process does."""
        outgoing = self.claim()
        assert outgoing
        with self.sessions.begin() as session:
            assert ledger.begin(session, outgoing, outgoing.steps[0])

    def restart(self) -> None:
        self.sender = Sender(Gathering(self.sessions), self.channel, self._rules, self.metrics)
        with self.sessions.begin() as session:
            self.sender.settling.recover(session, everything=True)

    def column(self, column: Any) -> list[Any]:
        with self.sessions() as session:
            return list(session.scalars(sa.select(column).order_by(column.class_.id)))

    @property
    def items(self) -> list[str]:
        return self.column(OutboxItem.state)

    @property
    def parts(self) -> list[str]:
        return self.column(DeliveryPart.state)

    @property
    def alerts(self) -> list[str]:
        return self.column(Alert.text_key)
