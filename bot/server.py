"""Puts the front server together."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import httpx
import uvicorn
from sqlalchemy.engine import Engine
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot import health
from bot.assistant import Assistant
from bot.channels import rest, web
from bot.delivery.hub import Hub
from bot.delivery.outbox import Outbox
from bot.delivery.worker import Worker
from bot.errors import ApiError
from bot.handoff.hours import office_hours
from bot.http import handlers
from bot.middleware import LOCAL_ORIGIN, OriginGate, SecurityHeaders
from bot.rates import Limiter
from bot.services import Services, services
from bot.settings import Settings
from bot.texts import Texts
from bot.tokens import Tokens
from knowledge.database import session_factory

_STOP_WITHIN = 5  # seconds for open requests when the server is told to stop
_POLL_ALONE, _POLL_TOGETHER = 15.0, 1.0  # seconds; other processes cannot wake our streams


class FrontServer(uvicorn.Server):
    """Uvicorn that ends the open streams first, since they would never end by themselves."""

    def __init__(self, config: uvicorn.Config, hub: Hub) -> None:
        super().__init__(config)
        self._hub = hub

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, after every stream was told to end."""
        self._hub.close()
        await super().shutdown(sockets)


def create_server(settings: Settings, engine: Engine, key: bytes) -> FrontServer:
    """Return a server that is ready to run."""
    app = create_app(settings, engine, key)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=_STOP_WITHIN,
    )
    return FrontServer(config, app.state.services.hub)


def create_app(settings: Settings, engine: Engine, key: bytes) -> Starlette:
    """Return the application; its workers run while it does."""
    texts = Texts.load()
    client = httpx.AsyncClient(trust_env=False)  # Rasa is a neighbour, never behind a proxy
    sessions, hub = session_factory(engine), Hub()
    alone = engine.dialect.name == "sqlite"
    outbox = Outbox(sessions, {"web": web.WebChannel(hub), "rest": rest.RestChannel(hub)})
    worker = Worker(
        sessions,
        Assistant(settings.rasa_url, settings.assistant_timeout, client),
        hub,
        outbox,
        texts,
        office_hours(),
        places=settings.workers,
        pauses=settings.assistant_pauses,
        alone=alone,
    )
    app = Starlette(
        routes=_routes(settings),
        middleware=_middleware(settings, texts),
        exception_handlers=handlers(texts),
        lifespan=_lifespan(worker, outbox, client),
    )
    app.state.services = Services(
        settings=settings,
        sessions=sessions,
        texts=texts,
        key=key,
        client=client,
        hub=hub,
        worker=worker,
        tokens=Tokens(key, settings.token_life, settings.token_resume),
        message_limiter=Limiter(settings.message_rates),
        address_limiter=Limiter(settings.address_rates),
        opening_limiter=Limiter(settings.opening_rates),
        poll=_POLL_ALONE if alone else _POLL_TOGETHER,
    )
    return app


def _lifespan(worker: Worker, outbox: Outbox, client: httpx.AsyncClient):  # type: ignore[no-untyped-def]
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with client, anyio.create_task_group() as tasks:
            tasks.start_soon(worker.run)
            tasks.start_soon(outbox.run)
            yield
            tasks.cancel_scope.cancel()

    return lifespan


def _routes(settings: Settings) -> list[BaseRoute]:
    pages = [Route("/", _demo)]
    mounts = [_mount(settings, name) for name in ("static", "widget") if (settings.room / name).is_dir()]
    return [*health.routes(), *web.routes(), *rest.routes(), *pages, *mounts]


def _mount(settings: Settings, name: str) -> Mount:
    return Mount(f"/{name}", StaticFiles(directory=settings.room / name))


async def _demo(request: Request) -> Response:
    page = services(request).settings.room / "static" / "demo" / "index.html"
    if not page.is_file():
        raise ApiError(404, "not_found")
    return FileResponse(page, headers={"Cache-Control": "no-cache"})


def _middleware(settings: Settings, texts: Texts) -> list[Middleware]:
    cors = Middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origins,
        allow_origin_regex=None if settings.allowed_origins else LOCAL_ORIGIN,
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", "Last-Event-ID"],
        expose_headers=["X-Renew-Token", "Retry-After"],
        max_age=3600,
    )
    return [
        Middleware(SecurityHeaders, allowed=settings.allowed_origins),
        cors,
        Middleware(OriginGate, allowed=settings.allowed_origins, texts=texts),
    ]
