"""Posts signed webhooks of Zalo, a bounded number at once, and repeats what is not taken, as Zalo does."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from dataclasses import dataclass

import aiohttp

from benchmarks.delivery.providers import ZALO_APP, ZALO_OA
from benchmarks.load.zalo import user_of

_SECRET = b"oa-secret"
_PATH = "/webhooks/zalo"
ENOUGH_TRIES = 100


@dataclass(frozen=True)
class Limits:
    """At most so many posts at once; a try ends after ``timeout`` seconds; the next comes ``again_after`` later."""

    at_once: int = 256
    timeout: float = 30.0
    again_after: float = 10.0


@dataclass
class Sent:
    """One message; moments in seconds since 1970, 0 = not yet.

    ``due`` when it was planned, ``woken`` when the generator came to it, ``begun`` when its first try left, ``taken``
    when it was acknowledged.
    """

    citizen: int
    number: int
    text: str
    due: float
    woken: float = 0.0
    begun: float = 0.0
    taken: float = 0.0
    tries: int = 0

    @property
    def message_id(self) -> str:
        """Zalo's id of it."""
        return f"in-{self.citizen}-{self.number}"

    @property
    def from_plan(self) -> float:
        """Seconds from the moment when it was due until it was taken."""
        return self.taken - self.due

    @property
    def from_first_try(self) -> float:
        """Seconds from its first try until it was taken."""
        return self.taken - self.begun


class Sender:
    """An asynchronous context; ``url`` is the front server. ``full`` counts the posts that waited for a connection."""

    def __init__(self, url: str, limits: Limits = Limits()) -> None:
        self._url = f"{url}{_PATH}"
        self._limits = limits
        self.full = 0

    async def __aenter__(self) -> Sender:
        self._places = asyncio.Semaphore(self._limits.at_once)
        connector = aiohttp.TCPConnector(limit=self._limits.at_once)
        timeout = aiohttp.ClientTimeout(total=self._limits.timeout)
        self._session = aiohttp.ClientSession(connector=connector, timeout=timeout)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def post(self, message: Sent) -> None:
        """Return when it is taken, or given up.

        Raises:
            RuntimeError: it was never taken.
        """
        body, headers = signed(message, int(time.time() * 1000))
        while message.tries < ENOUGH_TRIES:
            if message.tries:
                await asyncio.sleep(self._limits.again_after)
            self.full += self._places.locked()
            async with self._places:
                message.begun = message.begun or time.time()
                message.tries += 1
                if await self._try(body, headers):
                    message.taken = time.time()
                    return
        raise RuntimeError(f"{message.message_id} was not taken in {ENOUGH_TRIES} tries")

    async def _try(self, body: bytes, headers: dict[str, str]) -> bool:
        try:
            async with self._session.post(self._url, data=body, headers=headers) as answer:
                await answer.read()
                return answer.status == 200
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
            return False


def signed(message: Sent, now: int) -> tuple[bytes, dict[str, str]]:
    """Return body and headers of a webhook at a moment (milliseconds since 1970)."""
    event = {
        "app_id": ZALO_APP,
        "sender": {"id": user_of(message.citizen)},
        "recipient": {"id": ZALO_OA},
        "event_name": "user_send_text",
        "message": {"text": message.text, "msg_id": message.message_id},
        "timestamp": str(now),
    }
    raw = json.dumps(event, ensure_ascii=False).encode()
    mac = hashlib.sha256(ZALO_APP.encode() + raw + str(now).encode() + _SECRET).hexdigest()
    return raw, {"Content-Type": "application/json", "X-ZEvent-Signature": f"mac={mac}"}
