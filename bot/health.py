"""Whether this server lives, and what it depends on answers."""

from __future__ import annotations

from typing import Any

import anyio
import httpx
import sqlalchemy as sa
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.alerts import open_alerts
from bot.delivery.inbox import count_parked
from bot.errors import ApiError
from bot.http import only_tools
from bot.services import Services, services
from bot.transactions import transaction
from knowledge.models import Conversation, OutboxItem, utc_now

_TIMEOUT = 3.0


def routes() -> list[Route]:
    """Return the endpoints."""
    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


async def healthz(request: Request) -> Response:
    """Answer 200 while the process and its database work."""
    if not await _database(services(request)):
        raise ApiError(503, "busy")
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """Tell which part answers; 503 until all do.

    ``parked`` counts messages nobody could work on or deliver, ``alerts`` what waits for a person;
    a provider that is away does not make this server unready.
    """
    parts = services(request)
    found: dict[str, bool] = {}

    async def look(name: str, url: str) -> None:
        found[name] = await _answers(parts.client, url)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(look, "rasa", f"{parts.settings.rasa_url}/")
        tasks.start_soon(look, "actions", f"{parts.settings.actions_url}/health")
    found["database"] = await _database(parts)
    parked, alerts = await transaction(parts.sessions, _waiting) if found["database"] else (None, None)
    names = ("database", "rasa", "actions")
    body: dict[str, Any] = {
        "status": "ready" if all(found.values()) else "waiting",
        **{name: found[name] for name in names},
    }
    body = {**body, "parked": parked, "alerts": alerts, "channels": sorted(parts.channels)}
    return JSONResponse(body, 200 if all(found.values()) else 503)


def _waiting(session: Session) -> tuple[int, int]:
    undelivered = sa.select(sa.func.count()).select_from(OutboxItem).where(OutboxItem.state == "parked")
    return count_parked(session) + (session.scalar(undelivered) or 0), len(open_alerts(session))


async def metrics(request: Request) -> Response:
    """Return the counters in Prometheus's text format, to tools on this machine or with the token."""
    parts = services(request)
    only_tools(request, parts.settings.rest_token)
    backlog = await transaction(parts.sessions, _backlog)
    for name in parts.channels:
        parts.metrics.set_backlog(name, *backlog.get(name, (0, 0.0)))
    return Response(parts.metrics.text(), media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


def _backlog(session: Session) -> dict[str, tuple[int, float]]:
    """Return by channel how many messages wait and for how long (seconds) the oldest does."""
    oldest = sa.func.min(OutboxItem.created_at, type_=OutboxItem.created_at.type)
    rows = session.execute(
        sa.select(Conversation.channel, sa.func.count(), oldest)
        .join(Conversation, Conversation.id == OutboxItem.conversation_id)
        .where(OutboxItem.state.in_(("pending", "sending")))
        .group_by(Conversation.channel)
    )
    return {channel: (count, max(0.0, (utc_now() - since).total_seconds())) for channel, count, since in rows}


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url, timeout=_TIMEOUT)).is_success
    except httpx.HTTPError:
        return False


async def _database(parts: Services) -> bool:
    try:
        await transaction(parts.sessions, _ping)
    except sa.exc.SQLAlchemyError:
        return False
    return True


def _ping(session: Session) -> None:
    session.execute(sa.text("SELECT 1 FROM conversations WHERE 1 = 0"))
