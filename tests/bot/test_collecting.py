"""Files at a provider: fetched in the background, judged by their bytes, and a broken promise is admitted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import httpx
import pytest
import sqlalchemy as sa

from bot.errors import FileRefused, Permanent, Retry
from bot.files import rows
from bot.inbound import Attachment as Coming
from bot.inbound import Inbound
from bot.texts import Texts
from knowledge.models import Alert, Attachment, Message, utc_now
from tests.bot.bytes_of import DOCX, JPEG, PDF
from tests.bot.fake_rasa import PATIENCE, FakeRasa, reply
from tests.bot.phone import Phone

TEXTS = Texts.load()
FILE = Coming(url="https://f.zdn.vn/x", name="CV otp 482913.PDF.exe", media_type="image/png", size=3)


@pytest.fixture
def phone(phone_on: Callable[..., Phone], monkeypatch: pytest.MonkeyPatch) -> Iterator[Phone]:
    monkeypatch.setattr("bot.files.collector._LOOK_EVERY", 0.01)
    yield phone_on("zalo")


async def settled(phone: Phone) -> Attachment:
    """Return the row once nothing is to be done about it any more."""
    until = asyncio.get_running_loop().time() + PATIENCE
    settled = sa.select(Attachment).where(Attachment.state != "waiting")
    while not (found := phone.rows(settled)) or phone.server.has_half_files:
        assert asyncio.get_running_loop().time() < until
        await asyncio.sleep(0.01)
    return found[0]


def kept(phone: Phone) -> list[bytes]:
    folder = Path(phone.server.settings.files_dir)
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("kind", "content", "media_type"),
    [("image", JPEG, "image/jpeg"), ("file", PDF, "application/pdf"), ("file", DOCX, "application/vnd.openxmlformats")],
    ids=["jpg", "pdf", "docx"],
)
async def test_a_file_is_kept_as_what_it_is(phone: Phone, kind: str, content: bytes, media_type: str) -> None:
    phone.channel.files = [content]
    await phone.send(Inbound("m:1", kind=kind, attachment=FILE))  # type: ignore[arg-type]
    row = await settled(phone)
    assert (row.state, row.kind, row.size, row.name) == ("stored", kind, len(content), "CV otp ••••••.PDF.exe")
    assert row.media_type.startswith(media_type)
    assert kept(phone) == [content]
    assert phone.channel.fetched[0].url == FILE.url
    secret, attachment = TEXTS.reply("secret").plain(), TEXTS.reply("attachment").plain()
    assert await phone.answers(1) == [f"{secret}\n\n{attachment}"]


@pytest.mark.parametrize(
    ("troubles", "reason"),
    [
        ([b"<html>" + b" " * 40], "type"),
        ([b""], "empty"),
        ([JPEG + b"\0" * 11_000_000], "too_large"),
        ([FileRefused("gone")], "gone"),
        ([Permanent("blocked")], "gone"),
        ([Retry("busy"), httpx.ConnectError("no"), RuntimeError("?")], "unreachable"),
    ],
    ids=["type", "empty", "too large", "gone", "permanent", "unreachable"],
)
async def test_what_cannot_be_kept_is_admitted(phone: Phone, troubles: list[bytes | Exception], reason: str) -> None:
    phone.channel.files = list(troubles)
    await phone.send(Inbound("m:1", kind="image", attachment=FILE))
    row = await settled(phone)
    assert (row.state, row.reason, row.path, kept(phone)) == ("refused", reason, "", [])
    assert len(phone.channel.fetched) == len(troubles)
    assert TEXTS.reply("file_refused", reason=TEXTS.file(reason)).plain() in await phone.answers(2)


async def test_a_voice_message_promised_nothing(phone: Phone) -> None:
    phone.channel.files = [b"#!AMR\n" + b"\0" * 40]
    await phone.send(Inbound("m:1", kind="voice", attachment=FILE))
    row = await settled(phone)
    await phone.send(Inbound("m:2", "còn đó không"))
    answers = await phone.answers(2)
    assert (row.state, row.reason, answers[1]) == ("refused", "type", "echo còn đó không")


async def test_it_is_tried_again_and_then_kept(phone: Phone) -> None:
    phone.channel.files = [Retry("busy"), httpx.ReadError("cut"), JPEG]
    await phone.send(Inbound("m:1", kind="image", attachment=FILE))
    row = await settled(phone)
    assert (row.state, row.attempts, kept(phone)) == ("stored", 3, [JPEG])


async def test_the_same_event_again_is_one_file(phone: Phone) -> None:
    for _ in range(3):
        await phone.send(Inbound("m:1", kind="image", attachment=FILE))
    await settled(phone)
    assert len(phone.rows(sa.select(Attachment.id))) == len(phone.channel.fetched) == 1


@pytest.mark.parametrize("kind", ["sticker", "unsupported", "text", "location"])
async def test_nothing_else_is_fetched(phone: Phone, kind: str) -> None:
    await phone.send(Inbound("m:1", "chào", kind=kind, attachment=FILE))  # type: ignore[arg-type]
    await phone.settled()
    assert phone.rows(sa.select(Attachment.id)) == []


async def test_people_who_own_the_conversation_say_it_themselves(phone: Phone) -> None:
    await phone.text("Chào bác", kind="staff")
    phone.channel.files = [b"no file of ours"]
    await phone.send(Inbound("m:9", kind="image", attachment=FILE))
    row = await settled(phone)
    await phone.settled()
    assert (row.state, phone.channel.texts) == ("refused", [])


async def test_a_disk_that_takes_nothing_is_an_alert_and_no_lost_file(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        monkeypatch.undo()
        raise OSError("full")

    monkeypatch.setattr("bot.files.store.Draft.__init__", full)
    await phone.send(Inbound("m:1", kind="image", attachment=FILE))
    row = await settled(phone)
    assert (row.state, row.attempts) == ("stored", 2)
    (alert,) = phone.rows(sa.select(Alert))
    assert alert.text_key == "files_failed" and alert.cleared_at is not None
    assert TEXTS.alert(alert.text_key)


async def test_a_try_that_has_lost_its_lease_keeps_nothing(phone: Phone) -> None:
    sessions = phone.server.sessions
    phone.channel.files = [Retry("busy", after=3600.0)]
    await phone.send(Inbound("m:1", kind="image", attachment=FILE))
    with anyio.fail_after(PATIENCE):
        while not phone.channel.fetched:
            await asyncio.sleep(0.01)
    row = phone.rows(sa.select(Attachment))[0]
    stale = rows.Waiting(row.id, 99, row.conversation_id, "zalo", "image", FILE)
    await phone.server.parts.collector._fetch_and_keep(stale)
    assert kept(phone) == []
    with sessions.begin() as session:
        assert rows.claim(session, now=utc_now()) is None


async def test_who_waits_for_a_person_is_told_that_the_file_is_kept_for_them(phone: Phone, rasa: FakeRasa) -> None:
    rasa.script("gặp cán bộ", reply("Dạ", outcome="handoff", handoff="asked"))
    await phone.text("gặp cán bộ")
    before = len(await phone.answers(1))
    await phone.settled()
    await phone.send(Inbound("m:file", kind="file", attachment=Coming(url=FILE.url, name="don.pdf")))
    await phone.settled()
    until = len(phone.rows(sa.select(Message.id).where(Message.author == "assistant")))
    assert (await phone.answers(until))[-1] == TEXTS.reply("attachment_kept").plain()
    assert until > before
