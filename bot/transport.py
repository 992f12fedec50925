"""The HTTP calls of the front server: asked by httpx, as everywhere, and carried by aiohttp.

A call by httpx's own connections costs several times the processor time, and a turn makes two of them. There is a
package for it (httpx-aiohttp); it calls a lost connection one that was never made, after which a message would be sent
twice.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.request import getproxies

import aiohttp
import httpx
import yarl

_KEPT_FOR = 3.0  # seconds without a call until a connection is closed: sooner than by any server that is called
_ONE_ADDRESS = 5.0  # seconds for one of several addresses of a name: the next call begins with another one
_CHUNK = 64 * 1024  # bytes
_PROXIES = frozenset({"http", "https", "all"})
_FAULTS = (aiohttp.ClientError, asyncio.TimeoutError, OSError)
_SENT_WHOLE = "transfer-encoding"


@dataclass
class _Call:
    """How far a call has come: before it is connected nothing has left."""

    is_connected: bool = False


class Transport(httpx.AsyncBaseTransport):
    """Connections to servers that ``trusted`` trusts; redirects, cookies and encodings are left to httpx."""

    def __init__(self, trusted: ssl.SSLContext) -> None:
        self._trusted = trusted
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Make one call. Raises ConnectError or ConnectTimeout while nothing has left; ReadError or ReadTimeout."""
        call, body = _Call(), await request.aread()
        try:
            response = await self._open().request(
                request.method,
                yarl.URL(str(request.url), encoded=True).with_user(None),  # httpx has made a header of it
                headers=[(name, value) for name, value in request.headers.multi_items() if name != _SENT_WHOLE],
                data=body or None,
                allow_redirects=False,
                timeout=_timeout(request.extensions.get("timeout", {})),
                trace_request_ctx=call,
            )
        except Exception as error:  # whatever it is, what matters is whether anything may have left
            raise _meaning(error, call.is_connected) from None
        return httpx.Response(response.status, headers=response.raw_headers, stream=_Body(response))

    async def aclose(self) -> None:
        """Close all connections."""
        if self._session:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        """Return the session, made in the loop that runs it."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._trusted, keepalive_timeout=_KEPT_FOR),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trace_configs=[_tracing()],
            )
        return self._session


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._response.content.iter_chunked(_CHUNK):
                yield chunk
        except _FAULTS as error:
            raise _meaning(error, is_connected=True) from None

    async def aclose(self) -> None:
        self._response.close()  # a connection whose answer was read to its end has gone back by now


def transport(trusted: ssl.SSLContext) -> Transport | None:
    """Return the connections for calls to providers, None = httpx's own: those know the proxies of the environment."""
    return None if _PROXIES & getproxies().keys() else Transport(trusted)


def _timeout(limits: Mapping[str, float | None]) -> aiohttp.ClientTimeout:
    """Return httpx's limits as aiohttp's. The whole has one too: aiohttp goes on waiting after some broken answers."""
    connect, write, read = (limits.get(name) for name in ("connect", "write", "read"))
    total = None if connect is None or write is None or read is None else connect + write + read
    return aiohttp.ClientTimeout(total=total, connect=connect, sock_connect=_ONE_ADDRESS, sock_read=read)


def _tracing() -> aiohttp.TraceConfig:
    async def connected(session: aiohttp.ClientSession, context: SimpleNamespace, told: object) -> None:
        context.trace_request_ctx.is_connected = True

    tracing = aiohttp.TraceConfig()
    called: Any = connected  # aiohttp 3.9 declares what is called wrongly
    tracing.on_connection_create_end.append(called)
    tracing.on_connection_reuseconn.append(called)
    return tracing


def _meaning(error: Exception, is_connected: bool) -> httpx.TransportError:
    """Return the error as httpx has it, by name alone: aiohttp writes out addresses, and some hold a token."""
    name, is_late = type(error).__name__, isinstance(error, asyncio.TimeoutError)
    if is_connected:
        return httpx.ReadTimeout(name) if is_late else httpx.ReadError(name)
    return httpx.ConnectTimeout(name) if is_late else httpx.ConnectError(name)
