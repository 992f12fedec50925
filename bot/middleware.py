"""Who may call from a browser, and the headers that every answer carries."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.errors import ApiError
from bot.http import refusal
from bot.texts import Texts

# Pages on this machine, any port: the default for development and for trying the widget on a site.
LOCAL_ORIGIN = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


class OriginGate:
    """Refuses API calls from pages of sites that are not allowed.

    A call without an Origin header comes from no foreign page and passes; its token is checked later.
    """

    def __init__(self, app: ASGIApp, allowed: Sequence[str], texts: Texts) -> None:
        self._app = app
        self._allowed = frozenset(allowed)
        self._texts = texts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/api/"):
            headers = Headers(scope=scope)
            if not self._passes(headers.get("origin"), headers.get("host", "")):
                await refusal(self._texts, ApiError(403, "origin"))(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _passes(self, origin: str | None, host: str) -> bool:
        if origin is None:
            return True
        if origin.lower() in self._allowed:
            return True
        parts = _split(origin)
        if parts is None:
            return False
        return parts[1] == host.lower() or (not self._allowed and parts[0] in _LOCAL_HOSTS)


def _split(origin: str) -> tuple[str, str] | None:
    """Return host name and host with port of an origin, None when it is none."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    return parts.hostname, parts.netloc.lower()


class SecurityHeaders:
    """Adds the headers that keep pages from loading, or being put into, anything foreign.

    A room that has set one of them itself, as the console has, keeps its own.
    """

    def __init__(self, app: ASGIApp, allowed: Sequence[str]) -> None:
        self._app = app
        embedders = " ".join(("'self'", *allowed))
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
            "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
            f"frame-ancestors {embedders}"
        )
        headers = {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "strict-origin-when-cross-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
            "Cache-Control": "no-cache",
        }
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in self._headers if pair[0] not in own)]
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)
