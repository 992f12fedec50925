"""Webhooks doubled, out of order, cut short, forged and damaged: none lost, none taken wrongly, never a 500."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channels.settings import ChannelSettings
from knowledge.models import Conversation, Message
from tests.bot.on_telegram import rows
from tests.bot.running import Running
from tests.fakes import telegram, zalo_bot
from tests.fakes.loopback import PATIENCE

SECRET = "a-webhook-secret"
NOWHERE = "http://127.0.0.1:9"  # answers cannot leave, and need not
TREATMENTS = ("whole", "twice", "truncated", "forged", "damaged")
CITIZENS = itertools.count(1000, 1000)  # examples share one database


@dataclass(frozen=True)
class Provider:
    """How a provider posts; ``event`` makes one of (citizen, number of the message, text)."""

    path: str
    header: str
    settings: ChannelSettings
    event: Callable[[int, int, str], dict[str, Any]]


def of_telegram(citizen: int, number: int, text: str) -> dict[str, Any]:
    return {"update_id": citizen + number, "message": telegram.message(citizen, number, text=text)}


def of_zalo_bot(citizen: int, number: int, text: str) -> dict[str, Any]:
    return zalo_bot.event("text", str(citizen), f"m{number}", text=text)


PROVIDERS = {
    "telegram": Provider(
        "/webhooks/telegram",
        "x-telegram-bot-api-secret-token",
        ChannelSettings(
            telegram_bot_token="1:a",
            telegram_secret_token=SECRET,
            telegram_mode="webhook",
            telegram_api_base=NOWHERE,
        ),
        of_telegram,
    ),
    "zalo_bot": Provider(
        "/webhooks/zalo-bot",
        "x-bot-api-secret-token",
        ChannelSettings(zalo_bot_token="1:a", zalo_bot_secret=SECRET, zalo_bot_base=NOWHERE),
        of_zalo_bot,
    ),
}


@pytest.mark.parametrize("name", PROVIDERS)
def test_hundreds_of_webhooks(serve: Callable[..., Running], name: str) -> None:
    provider = PROVIDERS[name]
    server = serve(channels=provider.settings)
    with httpx.Client(verify=False, base_url=server.url, trust_env=False, timeout=PATIENCE) as client:

        @given(st.lists(st.sampled_from(TREATMENTS), min_size=30, max_size=60), st.randoms(use_true_random=False))
        @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
        def run(plan: list[str], chance: Any) -> None:
            citizen = next(CITIZENS)
            posts = [post for place, what in enumerate(plan) for post in _posts(provider, citizen, place, what)]
            chance.shuffle(posts)
            for secret, body, status in posts:
                answer = client.post(provider.path, content=body, headers={provider.header: secret})
                assert answer.status_code == status
            wanted = [f"text {place}" for place, what in enumerate(plan) if what in ("whole", "twice")]
            assert sorted(rows(server, _typed_by(citizen))) == sorted(wanted)

        run()


def _posts(provider: Provider, citizen: int, place: int, treatment: str) -> list[tuple[str, bytes, int]]:
    """Return what is posted as (secret, body, status that must come back)."""
    event = provider.event(citizen, place + 1, f"text {place}")
    body = json.dumps(event).encode()
    if treatment == "truncated":
        return [(SECRET, body[: len(body) // 2], 400)]
    if treatment == "forged":
        return [(SECRET[:-1] + "?", body, 403)]
    if treatment == "damaged":
        return [(SECRET, json.dumps({**event, "message": {**event["message"], "chat": place}}).encode(), 200)]
    return [(SECRET, body, 200)] * (2 if treatment == "twice" else 1)


def _typed_by(citizen: int) -> Any:
    mine = sa.select(Message.text).join(Conversation, Conversation.id == Message.conversation_id)
    return mine.where(Conversation.external_id == str(citizen), Message.author == "citizen")
