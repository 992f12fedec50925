"""A line between two programs that can be cut: bytes go through, or wait as on a broken network, or are refused."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

_CHUNK = 65536  # bytes
_WITHIN = 10.0  # seconds


class Relay:
    """A context; whoever connects to ``port`` speaks with ``upstream``, both on this machine."""

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self._open = asyncio.Event()
        self.port = 0

    def __enter__(self) -> Relay:
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._do(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self.refuse()
        self._loop.call_soon_threadsafe(self._loop.stop)

    def cut(self) -> None:
        """Hold everything back from now on; nobody is told."""
        self._do(self._set(False))

    def mend(self) -> None:
        """Let everything through again, also what was held back, and take connections."""
        self._do(self._set(True))

    def refuse(self) -> None:
        """End all connections and refuse new ones."""
        self._do(self._close())

    def _do(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(_WITHIN)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        self._open.set()

    async def _set(self, is_open: bool) -> None:
        if not is_open:
            self._open.clear()
        elif self._server.is_serving():
            self._open.set()
        else:
            await self._listen()

    async def _close(self) -> None:
        self._server.close()
        self._open.set()
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            behind, to_behind = await asyncio.open_connection("127.0.0.1", self._upstream)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, to_behind}
        self._writers |= both
        await asyncio.gather(self._pump(reader, to_behind), self._pump(behind, writer))
        self._writers -= both

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(_CHUNK):
                await self._open.wait()
                writer.write(data)
                await writer.drain()
        await self._open.wait()
        writer.close()
