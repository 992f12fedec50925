"""Calls of the action server go over connections that stay open, not over a new one for every call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import aiohttp
from rasa.core.constants import DEFAULT_REQUEST_TIMEOUT
from rasa.utils.endpoints import EndpointConfig

_KEPT_FOR = 2.0  # seconds without a call; the other side closes after five, and a call must not meet that
_SESSION = "_tthc_session"
_stock = EndpointConfig.session


def apply() -> None:
    """Let every endpoint without a password of its own keep its connections."""
    EndpointConfig.session = _session


def _session(endpoint: EndpointConfig) -> AbstractAsyncContextManager[aiohttp.ClientSession]:
    if endpoint.basic_auth:
        stock: aiohttp.ClientSession = _stock(endpoint)
        return stock
    known: aiohttp.ClientSession | None = getattr(endpoint, _SESSION, None)
    if known is None or known.closed:
        known = aiohttp.ClientSession(
            headers=endpoint.headers,
            timeout=aiohttp.ClientTimeout(total=DEFAULT_REQUEST_TIMEOUT),
            connector=aiohttp.TCPConnector(keepalive_timeout=_KEPT_FOR),
        )
        setattr(endpoint, _SESSION, known)
    return _open(known)


@asynccontextmanager
async def _open(session: aiohttp.ClientSession) -> AsyncIterator[aiohttp.ClientSession]:
    yield session
