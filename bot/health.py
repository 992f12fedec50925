"""Whether this server lives, and what it depends on answers."""

from __future__ import annotations

import anyio
import httpx
import sqlalchemy as sa
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.delivery.inbox import count_parked
from bot.errors import ApiError
from bot.services import Services, services
from bot.transactions import transaction

_TIMEOUT = 3.0


def routes() -> list[Route]:
    """Return the endpoints."""
    return [Route("/healthz", healthz), Route("/readyz", readyz)]


async def healthz(request: Request) -> Response:
    """Answer 200 while the process and its database work."""
    if not await _database(services(request)):
        raise ApiError(503, "busy")
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """Tell which part answers; 503 until all do. ``parked`` counts messages nobody could work on."""
    parts = services(request)
    found: dict[str, bool] = {}

    async def look(name: str, url: str) -> None:
        found[name] = await _answers(parts.client, url)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(look, "rasa", f"{parts.settings.rasa_url}/")
        tasks.start_soon(look, "actions", f"{parts.settings.actions_url}/health")
    found["database"] = await _database(parts)
    parked = await transaction(parts.sessions, count_parked) if found["database"] else None
    names = ("database", "rasa", "actions")
    body = {"status": "ready" if all(found.values()) else "waiting", **{name: found[name] for name in names}}
    return JSONResponse({**body, "parked": parked}, 200 if all(found.values()) else 503)


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
