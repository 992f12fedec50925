"""What the pages of the console share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import anyio
from starlette.requests import Request

from bot.console.newsroom import Newsroom
from bot.console.oidc import Provider
from bot.console.pages import Pages
from bot.console.second import SecondFactor
from bot.console.wording import Words
from bot.services import Services

_HASHES_AT_ONCE = 2  # each takes 64 MB


class Streams:
    """Counts the open event streams of each session in this process."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def count(self, session_id: str) -> int:
        """Return how many streams a session has open."""
        return self._open[session_id]

    @contextmanager
    def open(self, session_id: str) -> Iterator[None]:
        """Count one more while the block runs."""
        self._open[session_id] += 1
        try:
            yield
        finally:
            self._open[session_id] -= 1
            if self._open[session_id] <= 0:
                del self._open[session_id]


@dataclass(frozen=True)
class Console:
    """The parts of the console of one running front server; ``paths`` are the addresses of its pages."""

    parts: Services
    words: Words
    pages: Pages
    second: SecondFactor
    provider: Provider
    paths: frozenset[str]
    newsroom: Newsroom
    streams: Streams = field(default_factory=Streams)
    hashing: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(_HASHES_AT_ONCE))


def console(request: Request) -> Console:
    """Return the console that got this request."""
    found: Console = request.app.state.console
    return found


def is_https(request: Request) -> bool:
    """Tell whether the browser speaks TLS: with us, or with the proxy that ``BOT_PUBLIC_URL`` names."""
    public = urlsplit(console(request).parts.settings.channels.public_url)
    host = request.headers.get("host", "").lower()
    return request.url.scheme == "https" or (public.scheme == "https" and host == public.netloc.lower())
