"""Puts the front server together."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import anyio
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
from bot.assembly import assemble
from bot.channels import door
from bot.channels.running import keep_running
from bot.checklist import page as checklist
from bot.console import routing as console
from bot.delivery.bell import listen
from bot.duties import Duties
from bot.errors import ApiError
from bot.http import handlers
from bot.middleware import LOCAL_ORIGIN, OriginGate, SecurityHeaders
from bot.services import Services, services
from bot.settings import Settings
from bot.texts import Texts

_FINISH_WITHIN = 2  # seconds for what is asked and what is being sent, when the server is told to stop
_STOP_WITHIN = 5  # seconds for open requests after that
# seconds that an idle connection is kept, longer than those who keep some to us do: who reuses one in the very moment
# in which we close it has posted for nothing
_KEPT_FOR = 90


class FrontServer(uvicorn.Server):
    """Uvicorn that ends the open streams first, since they would never end by themselves.

    It stops when one of its ``duties`` has failed.
    """

    def __init__(self, config: uvicorn.Config, parts: Services) -> None:
        super().__init__(config)
        self._hub = parts.hub
        self._unfinished = (parts.worker, parts.outbox)
        self.duties: Duties = parts.duties

    async def on_tick(self, counter: int) -> bool:
        """Tell, some times a second, whether it is time to stop."""
        return self.duties.failed.is_set() or await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, once what was begun is done: nobody knows the fate of a call that is cut off. Then streams end."""
        self.duties.release()
        with anyio.move_on_after(_FINISH_WITHIN):
            async with anyio.create_task_group() as tasks:
                for work in self._unfinished:
                    tasks.start_soon(work.finish)
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
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_keep_alive=_KEPT_FOR,
        timeout_graceful_shutdown=_STOP_WITHIN,
    )
    return FrontServer(config, app.state.services)


def create_app(settings: Settings, engine: Engine, key: bytes) -> Starlette:
    """Return the application; its workers run while it does."""
    parts = assemble(settings, engine, key)
    app = Starlette(
        routes=_routes(parts),
        middleware=_middleware(settings, parts.texts),
        exception_handlers=handlers(parts.texts),
        lifespan=_lifespan(parts),
    )
    app.state.services = parts
    return app


def _lifespan(parts: Services):  # type: ignore[no-untyped-def]
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await parts.spool.look()
        async with parts.client, parts.abroad, anyio.create_task_group() as tasks:
            for name, work in _duties(parts).items():
                tasks.start_soon(parts.duties.keep, name, work)
            spooled = partial(parts.spool.run, partial(door.taken, parts))
            tasks.start_soon(parts.duties.keep, "spool", spooled, True)
            tasks.start_soon(parts.duties.keep, "bell", partial(listen, parts.engine, parts.wake), True)
            for channel in parts.channels.values():
                tasks.start_soon(parts.duties.keep, channel.name, partial(keep_running, channel, parts), True)
            yield
            tasks.cancel_scope.cancel()

    return lifespan


def _duties(parts: Services) -> dict[str, Callable[[], Awaitable[None]]]:
    """Return by name what goes on as long as the server does."""
    return {
        "worker": parts.worker.run,
        "outbox": parts.outbox.run,
        "collector": parts.collector.run,
        "eraser": parts.eraser.run,
        "clock": parts.clock.run,
        "chores": parts.chores.run,
    }


def _routes(parts: Services) -> list[BaseRoute]:
    pages = [Route("/", _demo)]
    mounts = [_mount(parts.settings, name) for name in ("static", "widget") if (parts.settings.room / name).is_dir()]
    channels = [route for channel in parts.channels.values() for route in channel.routes()]
    return [*health.routes(), *channels, *console.routes(parts), *checklist.routes(), *pages, *mounts]


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
        allow_headers=["Authorization", "Content-Type", "Last-Event-ID", "X-File-Name"],
        expose_headers=["X-Renew-Token", "Retry-After", "Content-Disposition"],
        max_age=3600,
    )
    return [
        Middleware(SecurityHeaders, allowed=settings.allowed_origins),
        cors,
        Middleware(OriginGate, allowed=settings.allowed_origins, texts=texts),
    ]
