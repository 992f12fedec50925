"""Every call of the OpenAPI, against a Zalo that checks its form."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator

import httpx
import pytest

from bot.assembly import assemble
from bot.channels.base import Choice
from bot.channels.calls import provider_call
from bot.channels.settings import ChannelSettings
from bot.channels.zalo.api import Account, Window, ZaloApi
from bot.channels.zalo.channel import ZaloChannel
from bot.channels.zalo.errors import failure
from bot.errors import (
    Blocked,
    DeliveryError,
    NeedsOperator,
    Permanent,
    RefreshAndRetry,
    Retry,
    Uncertain,
    WindowClosed,
)
from bot.inbound import Tap
from bot.settings import Settings
from knowledge.database import create_engine
from knowledge.models import utc_now
from tests.bot.running import KEY
from tests.fakes.zalo import FakeZalo
from tests.fakes.zalo_rules import DAY

JPEG = b"\xff\xd8\xff" + b"0" * 100


@pytest.fixture
async def channel(settings: Settings, credentials: ChannelSettings) -> AsyncIterator[ZaloChannel]:
    """The channel of a process that serves nothing."""
    engine = create_engine(settings.database_url)
    parts = assemble(Settings(channels=credentials), engine, KEY)
    found = parts.channels["zalo"]
    assert isinstance(found, ZaloChannel)
    async with parts.abroad:
        yield found
    await parts.client.aclose()
    engine.dispose()


@pytest.fixture
def api(channel: ZaloChannel, zalo: FakeZalo) -> ZaloApi:
    zalo.heard["u1"] = zalo.now()
    return channel.api


CODES: dict[type[DeliveryError], list[int]] = {
    RefreshAndRetry: [-216, -220, -124],
    NeedsOperator: [-209, -212, -219, -221, -223, -224, -242, -320, -321],
    WindowClosed: [-230],
    Permanent: [-100, -201, -210, -213, -218, -227, -232, -233, -234, -240],
    Blocked: [-217, -244],
    Retry: [-32, -200, -211, -1, -99999],
}


@pytest.mark.parametrize(("kind", "code"), [(kind, code) for kind, codes in CODES.items() for code in codes])
def test_what_a_code_means(kind: type[DeliveryError], code: int) -> None:
    assert type(failure(code)) is kind


@pytest.mark.parametrize(
    "raw, sent",
    [("Xin cha\u0300o", "Xin ch\u00e0o"), ("a" * 2000, "a" * 2000), ("a\u0301" * 2000, "\u00e1" * 2000)],
    ids=["NFD", "longest", "longest after composing"],
)
async def test_a_text_is_composed_before_it_is_counted(api: ZaloApi, zalo: FakeZalo, raw: str, sent: str) -> None:
    assert await api.send_text("u1", raw, quote="q1") == "zalo-1"
    assert zalo.sent[0]["message"] == {"text": sent, "quote_message_id": "q1"}


async def test_images_and_files_are_sent(api: ZaloApi, zalo: FakeZalo) -> None:
    image = await api.upload_image("a.jpg", JPEG, "image/jpeg")
    file = await api.upload_file("a.pdf", b"%PDF-1.7", "application/pdf")
    await api.send_image("u1", "mẫu", attachment_id=image)
    await api.send_image("u1", "", url="https://example.org/a.png")
    await api.send_file("u1", file)
    assert len(zalo.sent) == 3
    zalo.ahead = 0
    zalo.uploads.clear()  # they end after 7 days
    with pytest.raises(Permanent, match="upload_expired"):
        await api.send_file("u1", file)


@pytest.mark.parametrize("content", [JPEG + b"0" * 2**20, b"GIF89a"])
async def test_an_upload_that_zalo_refuses(api: ZaloApi, content: bytes) -> None:
    with pytest.raises(Permanent):
        await api.upload_image("a.jpg", content, "image/jpeg")


async def test_a_citizen_is_asked_for_name_and_phone(api: ZaloApi, zalo: FakeZalo) -> None:
    await api.request_user_info("u1", "T" * 200, "S" * 600, "https://example.org/a.png")
    element = zalo.sent[0]["message"]["attachment"]["payload"]["elements"][0]
    assert (len(element["title"]), len(element["subtitle"])) == (100, 500)


async def test_a_reaction(api: ZaloApi, zalo: FakeZalo) -> None:
    await api.react("u1", "m1")
    assert zalo.reactions == [
        {"recipient": {"user_id": "u1"}, "sender_action": {"react_icon": "/-strong", "react_message_id": "m1"}}
    ]


async def test_templates_by_id_and_by_phone(api: ZaloApi, zalo: FakeZalo) -> None:
    assert await api.send_template("u1", "7", {"name": "An"}) == "zalo-1"
    assert (await api.send_template_by_phone("84912345678", "7", {"name": "An"}, "case-1")).startswith("zns-")
    assert [sorted(body) for body in zalo.templates] == [
        ["template_data", "template_id", "user_id"],
        ["phone", "template_data", "template_id", "tracking_id"],
    ]


def test_templates_by_phone_have_a_host_of_their_own(settings: Settings) -> None:
    engine = create_engine(settings.database_url)
    real = assemble(Settings(channels=ChannelSettings(zalo_app_id="1", zalo_oa_secrets=("s",))), engine, KEY)
    channel = real.channels["zalo"]
    assert isinstance(channel, ZaloChannel)
    assert channel.api._business == "https://business.openapi.zalo.me"
    engine.dispose()


@pytest.mark.parametrize(
    ("silent", "window"),
    [(0, Window(True, True)), (2 * DAY + 1, Window(False, True)), (7 * DAY + 1, Window(False, False))],
)
async def test_the_window_is_known_before_sending(api: ZaloApi, zalo: FakeZalo, silent: int, window: Window) -> None:
    zalo.ahead = silent
    now = utc_now() + dt.timedelta(milliseconds=silent + 1)
    zalo.access_token = "access-1"
    zalo._token_ends = zalo.now() + DAY
    assert await api.window("u1", now) == window
    if not window.is_open:
        with pytest.raises(WindowClosed):
            await api.send_text("u1", "một")


async def test_the_account_and_a_citizens_profile(api: ZaloApi, zalo: FakeZalo) -> None:
    assert await api.account() == Account(zalo.oa_id, "UBND phường Mẫu", True, "Nâng cao", "4")
    assert (await api.profile("u1"))["user_is_follower"] is True


async def test_calls_that_are_not_the_outboxs_renew_the_token_themselves(api: ZaloApi, zalo: FakeZalo) -> None:
    zalo.access_token = "another"
    assert (await api.account()).oa_id == zalo.oa_id
    assert zalo.refreshes == ["refresh-1"]


async def test_a_token_that_is_refused_when_it_is_new(api: ZaloApi, zalo: FakeZalo) -> None:
    zalo.errors = [-216, -220]
    with pytest.raises(NeedsOperator, match="token_refused"):
        await api.account()
    assert zalo.refreshes == ["refresh-1"]


BUTTON = Choice("Lệ phí", Tap(1, 0))


async def test_a_text_that_is_refused_for_itself_says_nothing_of_buttons(api: ZaloApi, zalo: FakeZalo) -> None:
    zalo.errors = [-201, -201]
    with pytest.raises(Permanent):
        await api.send_text("u1", "một", (BUTTON,))
    assert api.takes_buttons
    zalo.errors = [-213]
    with pytest.raises(Permanent, match="not_follower"):
        await api.send_text("u1", "một", (BUTTON,))
    assert api.takes_buttons and zalo.sent == []


@pytest.mark.parametrize(
    ("status", "kind"), [(429, Retry), (503, Retry), (404, Retry), (302, Retry), (500, Uncertain), (502, Uncertain)]
)
async def test_a_broken_wire(api: ZaloApi, zalo: FakeZalo, status: int, kind: type[DeliveryError]) -> None:
    zalo.status = status
    with pytest.raises(kind):
        await api.send_text("u1", "một")


async def test_an_answer_that_is_cut_off_is_uncertain(api: ZaloApi, zalo: FakeZalo) -> None:
    zalo.cut_after = 1
    with pytest.raises(Uncertain) as caught:
        await api.send_text("u1", "một")
    assert len(zalo.sent) == 1 and "access" not in str(caught.value)


async def test_nobody_there_is_certainly_not_sent(api: ZaloApi, zalo: FakeZalo) -> None:
    zalo.close()
    with pytest.raises(Retry):
        await api.send_text("u1", "một")


def test_no_address_holds_a_token(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Uncertain) as caught, provider_call():
        raise httpx.ReadTimeout("https://openapi.zalo.me/?access_token=secret")
    assert str(caught.value) == "ReadTimeout"
