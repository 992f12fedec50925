"""Whether this server lives, and what it depends on answers."""

from __future__ import annotations

from typing import Any

import anyio
import anyio.to_thread
import httpx
import sqlalchemy as sa
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.errors import ApiError
from bot.http import only_tools
from bot.measuring import connections, has_room, standing
from bot.metrics import PARTS
from bot.services import Services, services
from bot.transactions import transaction
from knowledge.database import is_behind

_TIMEOUT = 3.0


def routes() -> list[Route]:
    """Return the endpoints."""
    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


async def healthz(request: Request) -> Response:
    """Answer 200 while the process, all that it has to do, and its database work."""
    parts = services(request)
    if parts.duties.failed.is_set() or not await _database(parts):
        raise ApiError(503, "busy")
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """Tell which part answers, and name those that are ``ill``; 503 until all do.

    ``migrations`` is false while the schema is older than this code, ``disk`` when it is nearly full. ``parked``
    counts messages nobody could work on or deliver, ``alerts`` what waits for a person; a provider that is away does
    not make this server unready.
    """
    parts = services(request)
    found = await _look(parts)
    now = await transaction(parts.sessions, standing) if found["database"] else None
    body: dict[str, Any] = {
        "status": "ready" if all(found.values()) else "waiting",
        **found,
        "ill": [name for name in PARTS if not found[name]],
        "parked": sum(now.parked.values()) if now else None,
        "alerts": sum(now.alerts.values()) if now else None,
        "channels": sorted(parts.channels),
    }
    return JSONResponse(body, 200 if all(found.values()) else 503)


async def metrics(request: Request) -> Response:
    """Return the figures in Prometheus's text format, to tools on this machine or with the token.

    While the database is away the others are told all the same.
    """
    parts = services(request)
    only_tools(request, parts.settings.rest_token)
    found = await _look(parts)
    parts.metrics.set_parts(found)
    parts.metrics.set_rasa_away(parts.worker.is_waiting_for_rasa)
    parts.metrics.set_connections(*connections(parts.engine))
    if found["database"]:
        parts.metrics.set_standing(await transaction(parts.sessions, standing), parts.channels)
    return Response(parts.metrics.text(), media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


async def _look(parts: Services) -> dict[str, bool]:
    """Return by name whether each part is well."""
    found: dict[str, bool] = {}

    async def look(name: str, url: str) -> None:
        found[name] = await _answers(parts.client, url)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(look, "rasa", f"{parts.settings.rasa_url}/")
        tasks.start_soon(look, "actions", f"{parts.settings.actions_url}/health")
    found["database"] = await _database(parts)
    found["migrations"] = found["database"] and not await anyio.to_thread.run_sync(is_behind, parts.engine)
    found["disk"] = has_room(parts.settings.files_dir)
    return {name: found[name] for name in PARTS}


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
