"""A server that is told to stop ends what it has begun: of a call that is cut off nobody knows the fate."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from bot.channels.base import Delivery, Part
from knowledge.models import Alert, DeliveryPart, InboxItem
from tests.bot.fake_rasa import PATIENCE, FakeRasa, Held
from tests.bot.on_telegram import until
from tests.bot.phone import Phone


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.server._FINISH_WITHIN", PATIENCE)


def stopping(phone: Phone) -> threading.Thread:
    """Tell the server to stop, and return when it has heard."""
    told = threading.Thread(target=phone.server.stop)
    told.start()
    until(lambda: phone.server.parts.worker._places._is_closed)
    return told


async def test_what_is_asked_is_answered_and_nothing_more_is_asked(
    phone_on: Callable[..., Phone], rasa: FakeRasa
) -> None:
    held = Held()
    rasa.script("một", held)
    phone = phone_on("zalo")
    await phone.text("một")
    rasa.wait_for("một")
    told = stopping(phone)
    await phone.text("hai")
    held.release.set()
    told.join(PATIENCE)
    assert phone.rows(sa.select(InboxItem.state).order_by(InboxItem.id)) == ["done", "new"]
    assert rasa.messages == ["một"]


async def test_what_is_being_sent_is_settled(phone_on: Callable[..., Phone], monkeypatch: pytest.MonkeyPatch) -> None:
    phone = phone_on("telegram")
    called, answered, send = threading.Event(), threading.Event(), phone.channel.deliver

    async def deliver(delivery: Delivery, part: Part) -> str:
        called.set()
        while not answered.is_set():
            await asyncio.sleep(0.01)
        return await send(delivery, part)

    monkeypatch.setattr(phone.channel, "deliver", deliver)
    await phone.text("một")
    await asyncio.to_thread(called.wait, PATIENCE)
    told = stopping(phone)
    answered.set()
    told.join(PATIENCE)
    assert phone.rows(sa.select(DeliveryPart.state)) == ["sent"]
    assert phone.rows(sa.select(Alert.text_key)) == []


async def test_what_hangs_does_not_keep_the_server(
    phone_on: Callable[..., Phone], rasa: FakeRasa, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.server._FINISH_WITHIN", 0.05)
    held = Held()
    rasa.script("một", held)
    phone = phone_on("zalo")
    await phone.text("một")
    rasa.wait_for("một")
    phone.server.stop()
    assert phone.rows(sa.select(InboxItem.state)) == ["working"]
