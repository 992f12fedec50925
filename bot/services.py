"""What the endpoints share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx
from sqlalchemy.engine import Engine
from sqlalchemy.orm import sessionmaker
from starlette.requests import Request

from bot.channels.base import Channel
from bot.chores import Chores
from bot.delivery.hub import Hub
from bot.delivery.intake import Accepted, Intake
from bot.delivery.outbox import Outbox
from bot.delivery.spool import Spool
from bot.delivery.worker import Worker
from bot.duties import Duties
from bot.erasing import Eraser
from bot.files.collector import Collector
from bot.files.store import FileStore
from bot.gathering import Gathering
from bot.handoff.clock import Clock
from bot.handoff.standing import Standings
from bot.metrics import Metrics
from bot.rates import Limiter
from bot.settings import Settings
from bot.texts import Texts
from bot.tokens import Tokens


@dataclass(frozen=True)
class Services:
    """The parts of one running front server.

    ``arrivals`` stores what comes in. ``client`` calls neighbours on this machine, ``abroad`` the
    providers. ``poll`` in seconds is how often streams look by themselves.
    """

    settings: Settings
    engine: Engine
    sessions: sessionmaker
    texts: Texts
    key: bytes
    client: httpx.AsyncClient
    abroad: httpx.AsyncClient
    hub: Hub
    arrivals: Gathering
    spool: Spool
    intake: Intake
    worker: Worker
    outbox: Outbox
    channels: Mapping[str, Channel]
    files: FileStore
    collector: Collector
    clock: Clock
    standings: Standings
    eraser: Eraser
    chores: Chores
    duties: Duties
    metrics: Metrics
    tokens: Tokens
    message_limiter: Limiter
    address_limiter: Limiter
    opening_limiter: Limiter
    proof_limiter: Limiter
    notice_limiter: Limiter
    file_limiter: Limiter
    typing_limiter: Limiter
    poll: float

    def wake(self, conversation_id: str) -> None:
        """Have everybody look at a conversation, because another process stored something."""
        self.hub.publish(conversation_id)
        self.worker.wake()
        self.outbox.wake()


def services(request: Request) -> Services:
    """Return the parts of the server that got this request."""
    found: Services = request.app.state.services
    return found


def count(parts: Services, channel: str, accepted: Accepted) -> None:
    """Count what was taken in."""
    parts.metrics.received(channel)
    if not accepted.is_new:
        parts.metrics.duplicate(channel)
