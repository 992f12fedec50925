"""Webhooks as the three providers send them: each from its own citizen's hand, and genuine."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.delivery.providers import SECRET, ZALO_APP, ZALO_OA
from tests.fakes.telegram import message
from tests.fakes.zalo_bot import event

_BY_ONE = 5  # messages of one citizen: fewer than make a flood
_ZALO_SECRET = "oa-secret"


@dataclass(frozen=True)
class Post:
    """One webhook; ``text`` is like no other's."""

    path: str
    text: str
    body: Mapping[str, Any]

    def signed(self) -> tuple[bytes, dict[str, str]]:
        """Return body and headers, with the time of now where the provider gives one."""
        if self.path != "/webhooks/zalo":
            return json.dumps(self.body).encode(), {_SECRETS[self.path]: SECRET}
        now = str(int(time.time() * 1000))
        raw = json.dumps({**self.body, "timestamp": now}, ensure_ascii=False).encode()
        signature = hashlib.sha256(ZALO_APP.encode() + raw + now.encode() + _ZALO_SECRET.encode()).hexdigest()
        return raw, {"X-ZEvent-Signature": f"mac={signature}"}


_SECRETS = {"/webhooks/zalo-bot": "X-Bot-Api-Secret-Token", "/webhooks/telegram": "X-Telegram-Bot-Api-Secret-Token"}


def make_posts(channel: str, count: int, run: int) -> list[Post]:
    """Return so many messages; ``run`` tells those of one run from another's."""
    make = CHANNELS[channel]
    return [make(run * 1_000_000 + number, f"{channel} {run}: câu {number}") for number in range(count)]


def zalo_users(count: int, runs: Sequence[int]) -> list[str]:
    """Return the citizens of ``make_posts`` for Zalo."""
    return sorted({_writer(run * 1_000_000 + number) for run in runs for number in range(count)})


def _writer(number: int) -> str:
    return str(7_000_000_000 + number // _BY_ONE)


def _zalo(number: int, text: str) -> Post:
    sides = {"app_id": ZALO_APP, "sender": {"id": _writer(number)}, "recipient": {"id": ZALO_OA}}
    content = {"event_name": "user_send_text", "message": {"text": text, "msg_id": f"in-{number}"}}
    return Post("/webhooks/zalo", text, {**sides, **content})


def _zalo_bot(number: int, text: str) -> Post:
    result = event("text", _writer(number), f"m{number}", text=text)
    result["message"]["date"] = int(time.time() * 1000)  # what is old loses its words within minutes
    return Post("/webhooks/zalo-bot", text, {"ok": True, "result": result})


def _telegram(number: int, text: str) -> Post:
    update = {"update_id": number, "message": message(int(_writer(number)), number, text=text, date=int(time.time()))}
    return Post("/webhooks/telegram", text, update)


CHANNELS: Mapping[str, Callable[[int, str], Post]] = {"zalo": _zalo, "zalo_bot": _zalo_bot, "telegram": _telegram}
