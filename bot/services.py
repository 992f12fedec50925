"""What the endpoints share."""

from __future__ import annotations

from dataclasses import dataclass

import httpx
from sqlalchemy.orm import sessionmaker
from starlette.requests import Request

from bot.delivery.hub import Hub
from bot.delivery.worker import Worker
from bot.rates import Limiter
from bot.settings import Settings
from bot.texts import Texts
from bot.tokens import Tokens


@dataclass(frozen=True)
class Services:
    """The parts of one running front server; ``poll`` in seconds is how often streams look by themselves."""

    settings: Settings
    sessions: sessionmaker
    texts: Texts
    key: bytes
    client: httpx.AsyncClient
    hub: Hub
    worker: Worker
    tokens: Tokens
    message_limiter: Limiter
    address_limiter: Limiter
    opening_limiter: Limiter
    poll: float


def services(request: Request) -> Services:
    """Return the parts of the server that got this request."""
    found: Services = request.app.state.services
    return found
