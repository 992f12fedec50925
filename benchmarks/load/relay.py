"""A line between two programs that can be cut: bytes go through, or are lost as on a broken network, or are refused."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Coroutine
from contextlib import nullcontext, suppress
from typing import Any

from benchmarks.load.network import Network

_CHUNK = 65536  # bytes
_WITHIN = 10.0  # seconds


class Relay:
    """A context; whoever connects to ``host`` and ``port`` speaks with the port ``upstream`` of this machine.

    In a ``network`` of its own its cable is pulled; without one a cut is played: bytes are held back, and who
    connects is let in and hears nothing.
    """

    def __init__(self, upstream: int, network: Network | None = None) -> None:
        self._upstream = upstream
        self._network = network
        self.host = network.address if network else "127.0.0.1"
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self._open = asyncio.Event()
        self.port = 0

    @property
    def is_apart(self) -> bool:
        """Whether it lies in a network of its own."""
        return self._network is not None

    def __enter__(self) -> Relay:
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._do(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self.refuse()
        self._loop.call_soon_threadsafe(self._loop.stop)

    def cut(self) -> None:
        """Let nothing through from now on; nobody is told."""
        if self._network:
            self._network.cut()
        else:
            self._do(self._set(False))

    def mend(self) -> None:
        """Let everything through again, and take connections."""
        if self._network:
            self._network.mend()
        self._do(self._set(True))

    def refuse(self) -> None:
        """End all connections and refuse new ones."""
        self._do(self._close())

    def _do(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(_WITHIN)

    async def _listen(self) -> None:
        with self._network.inside() if self._network else nullcontext():
            place = socket.create_server((self.host, self.port))
        self._server = await asyncio.start_server(self._serve, sock=place)
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
