"""A clerk at the screen and a citizen on Zalo: what is typed arrives there, with the limits that Zalo has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from bot.channels.settings import ChannelSettings
from bot.settings import Settings
from knowledge.database import migrate
from tests.bot.fake_rasa import FakeRasa
from tests.bot.running import Running
from tests.bot.zalo.conftest import credentials, zalo  # noqa: F401 - the fake Zalo as in tests/bot/zalo
from tests.browser.clerk import Clerk
from tests.browser.test_desk import ASKED, WISH
from tests.console.desk import Office
from tests.console.hall import Hall
from tests.fakes.zalo import FakeZalo

NGUOI = "u1"


@pytest.fixture
def hall(tmp_path: Path, rasa: FakeRasa, zalo: FakeZalo, credentials: ChannelSettings) -> Iterator[Hall]:  # noqa: F811
    rasa.script(WISH, [{"recipient_id": "x", "custom": ASKED}])
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    migrate(url)
    own = {"files_dir": tmp_path / "files", "tracker_db": tmp_path / "rasa.db", "channels": credentials}
    server = Running(Settings(database_url=url, rasa_url=rasa.url, delivery_pause=lambda attempt: 0.05, **own))
    zalo.hooks.url = f"{server.url}/webhooks/zalo"
    yield Hall(Office(server))
    server.stop()


def test_a_clerk_and_a_citizen_on_zalo(browser: Browser, hall: Hall, zalo: FakeZalo) -> None:  # noqa: F811
    lan = Clerk(browser, hall, "lan")
    lan.visit("/waiting")
    assert zalo.hooks.say(NGUOI, WISH) == 200
    expect(lan.cards.first).to_contain_text("Zalo")
    lan.page.keyboard.press("n")
    expect(lan.page.get_by_text("Kênh cho nhắn thêm")).to_be_visible()
    lan.say("Dạ em nghe ạ")
    assert zalo.wait_for(3)[-1] == "Dạ em nghe ạ"
    expect(lan.page.locator(".line.staff .fate").last).to_have_text("Đã gửi")
    zalo.hooks.say(NGUOI, "Sang tên sổ đỏ cần gì?")
    expect(lan.lines).to_contain_text("Sang tên sổ đỏ cần gì?")
    lan.page.keyboard.press("Escape")
    lan.page.keyboard.press("e")
    lan.page.keyboard.press("Control+Enter")
    expect(lan.lines).to_contain_text("kết thúc: đã trả lời xong")
    assert "Câu trả lời có giúp được" in zalo.wait_for(4)[-1]
    zalo.hooks.say(NGUOI, "1")
    expect(lan.lines).to_contain_text("Người dân đánh giá: giúp được")
    lan.close()
