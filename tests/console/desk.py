"""Accounts, and browsers that keep cookies and send forms with their tokens."""

from __future__ import annotations

import re
from functools import lru_cache
from types import TracebackType
from typing import Any

import httpx

from bot.console import sessions
from bot.console.passwords import hash_password
from knowledge.models import Staff
from tests.bot.running import KEY, Running
from tests.fakes.loopback import PATIENCE

PASSWORD = "hoa đào đỏ tươi"
TOKEN = re.compile(r'<meta name="csrf" content="([0-9a-f]{64})">')


@lru_cache(maxsize=1)
def _hashed() -> str:
    return hash_password(PASSWORD)


class Office:
    """Makes accounts, and browsers that are signed in already."""

    def __init__(self, server: Running) -> None:
        self.server = server

    def add(self, username: str, role: str = "clerk", **more: Any) -> int:
        """Make an account and return its number; its password is ``PASSWORD``."""
        staff = Staff(username=username, name=more.pop("name", username), role=role, password_hash=_hashed(), **more)
        with self.server.sessions.begin() as session:
            session.add(staff)
            session.flush()
            return int(staff.id)

    def enter(self, username: str, role: str = "clerk", **more: Any) -> Browser:
        """Make an account and a browser that is signed in with it, without the work of a sign-in."""
        return self.let_in(self.add(username, role, **more))

    def let_in(self, staff_id: int) -> Browser:
        """Return a browser that is signed in."""
        secret = sessions.new_secret()
        with self.server.sessions.begin() as session:
            sessions.begin(session, staff_id, secret)
        return Browser(self.server.url, secret)


class Browser:
    """Speaks HTTP as a browser does: cookies, Origin, the token of the last page; redirects are shown, not followed."""

    def __init__(self, url: str, secret: str = "") -> None:
        self.url = url
        # reading the certificates of the world takes longer than most pages
        self.client = httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False, verify=False)
        self.token = sessions.csrf_token(KEY, secret) if secret else ""
        if secret:
            self.client.cookies.set("console", secret, domain="127.0.0.1", path="/")

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    @property
    def secret(self) -> str:
        """What the cookie holds."""
        return self.client.cookies.get("console") or ""

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Open a page and remember its token."""
        return self._seen(self.client.get(f"/console{path}", headers=headers))

    def post(self, path: str, token: str | None = None, origin: str | None = None, **fields: str) -> httpx.Response:
        """Send a form."""
        data = {"csrf": self.token if token is None else token, **fields}
        headers = {"Origin": self.url if origin is None else origin}
        return self._seen(self.client.post(f"/console{path}", data=data, headers=headers))

    def sign_in(self, username: str, password: str = PASSWORD, **more: str) -> httpx.Response:
        """Open the sign-in and send name and password."""
        self.get("/sign-in")
        return self.post("/sign-in", username=username, password=password, **more)

    def _seen(self, response: httpx.Response) -> httpx.Response:
        found = TOKEN.search(response.text) if "text/html" in response.headers.get("content-type", "") else None
        if found:
            self.token = found[1]
        elif response.cookies.get("console"):
            self.token = sessions.csrf_token(KEY, self.secret)
        return response
