"""The console's own door: same origin alone, nothing kept by caches, a content policy stricter than the public one."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.console.addresses import split

_SAFE = ("GET", "HEAD")
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # not no-referrer: browsers would send "Origin: null" with our own forms
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}


class Gate:
    """Refuses what another site sends, and puts the headers on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_static = scope["path"].startswith("/console/static/")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():  # a file has a stricter policy of its own
                    headers.setdefault(name, value)
                if not is_static:
                    headers["Cache-Control"] = "no-store"
            await send(message)

        if is_foreign(scope["method"], Headers(scope=scope)):
            await PlainTextResponse("cross-site", 403)(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)


def is_foreign(method: str, headers: Headers) -> bool:
    """Tell whether a request comes from another site; one that changes something must prove that it does not."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is not None:
        return split(origin).netloc.lower() != headers.get("host", "").lower()
    if method in _SAFE:
        return site in ("cross-site", "same-site") and headers.get("sec-fetch-mode") != "navigate"
    if site is not None:
        return site != "same-origin"
    referer = split(headers.get("referer", ""))
    return not referer.netloc or referer.netloc.lower() != headers.get("host", "").lower()
