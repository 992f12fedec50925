"""Files on the web: kept before they are acknowledged, once each, and opened by their sender alone."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import sqlalchemy as sa

from bot.channels.web_files import disposition
from bot.rates import Rate
from bot.texts import Texts
from knowledge.models import Attachment, Conversation
from tests.bot.bytes_of import DOCM, DOCX, JPEG, PDF, PNG
from tests.bot.citizen import Talk
from tests.bot.running import Running

ID = "3f2b8a54-2f5e-4c55-9a55-0d6f2f1f7f10"
TEXTS = Texts.load()


async def send(
    talk: Talk, content: bytes | AsyncIterator[bytes], name: str = "giấy tờ.pdf", client_id: str = ""
) -> httpx.Response:
    headers = {**talk._auth, "X-File-Name": quote(name), "Content-Type": "text/html"}
    params = {"client_id": client_id or str(uuid.uuid4())}
    return await talk._client.post("/api/web/files", content=content, params=params, headers=headers)


def kept(server: Running) -> list[bytes]:
    return [path.read_bytes() for path in Path(server.settings.files_dir).rglob("*") if path.is_file()]


def rows(server: Running) -> list[Attachment]:
    with server.sessions() as session:
        return list(session.scalars(sa.select(Attachment)))


async def test_a_file_is_kept_shown_answered_and_opened_again(talk: Talk, server: Running) -> None:
    response = await send(talk, PDF, "C:\\hồ sơ\\Giấy 060199001234.pdf")
    assert (response.status_code, response.json(), kept(server)) == (202, {"seq": 1}, [PDF])
    (answer,) = await talk.answers(1)
    assert answer["text"] == TEXTS.reply("attachment").plain()
    line = (await talk.history())[0]
    assert (line["author"], line["text"]) == ("citizen", "[Tệp] Giấy ••••••••••••.pdf")
    assert line["file"] == {"name": "Giấy ••••••••••••.pdf", "size": len(PDF)}
    opened = await talk.get("/api/web/files/1")
    assert (opened.status_code, opened.content) == (200, PDF)
    assert opened.headers["content-type"] == "application/pdf"
    assert opened.headers["content-disposition"].startswith("attachment; filename=\"tep.pdf\"; filename*=UTF-8''Gi")
    assert (opened.headers["x-content-type-options"], opened.headers["cache-control"]) == ("nosniff", "no-store")


async def test_a_picture_is_a_picture_whatever_it_is_called(talk: Talk, server: Running) -> None:
    await send(talk, JPEG, "../../x.html")
    (row,) = rows(server)
    assert (row.kind, row.media_type, row.name, row.state) == ("image", "image/jpeg", "x.html", "stored")
    assert (await talk.get("/api/web/files/1")).headers["content-disposition"].endswith("x.jpg")


async def test_the_same_file_again_is_one_message(talk: Talk, server: Running) -> None:
    answers = [(await send(talk, PNG, client_id=ID)).json() for _ in range(3)]
    assert answers == [{"seq": 1}] * 3
    assert len(rows(server)) == len(kept(server)) == 1
    assert (await send(talk, PNG)).json() != {"seq": 1}


REFUSED: list[tuple[bytes, int, str]] = [
    (b"<script>alert(1)</script>", 422, "type"),
    (b"", 422, "empty"),
    (DOCM, 422, "macro"),
    (PNG + b"\0" * (10 * 1024 * 1024), 413, "too_large"),
    (b"\0" * (12 * 1024 * 1024), 422, "type"),
]


@pytest.mark.parametrize(("content", "status", "reason"), REFUSED, ids=[case[2] for case in REFUSED[:-1]] + ["zeros"])
async def test_what_is_not_taken_is_said_and_leaves_nothing(
    talk: Talk, server: Running, content: bytes, status: int, reason: str
) -> None:
    response = await send(talk, content)
    said = response.json()["error"]
    assert (response.status_code, said["code"]) == (status, "file_refused")
    assert TEXTS.file(reason) in said["message"] and said["message"].endswith("ạ.")
    assert (rows(server), kept(server), await talk.history()) == ([], [], [])


async def test_the_largest_file_is_taken(talk: Talk) -> None:
    assert (await send(talk, PNG + b"\0" * (10 * 1024 * 1024 - len(PNG)))).status_code == 202


@pytest.mark.parametrize("client_id", ["1", "x" * 500, "../../etc"])
async def test_a_strange_id_is_refused(talk: Talk, client_id: str) -> None:
    assert (await send(talk, PNG, client_id=client_id)).status_code == 422


@pytest.mark.parametrize("name", ["", "%", "\x00", "\ud7ff\u202eexe.fdp", "a" * 5000, "/", ".", "\u200b"])
async def test_no_name_breaks_anything(talk: Talk, name: str) -> None:
    assert (await send(talk, PNG, name)).status_code == 202
    opened = await talk.get("/api/web/files/1")
    assert opened.status_code == 200 and opened.headers["content-disposition"].endswith(".png")


async def test_only_the_sender_opens_a_file(talks: Callable[[], Any]) -> None:
    mine, theirs = await talks(), await talks()
    await send(mine, PNG)
    await send(theirs, JPEG)
    assert (await mine.get("/api/web/files/1")).content == PNG
    assert (await theirs.get("/api/web/files/1")).content == JPEG
    mine.token = ""
    assert (await mine.get("/api/web/files/1")).status_code == 401
    assert (await send(mine, PNG)).status_code == 401


@pytest.mark.parametrize("seq", ["0", "2", "99", "x", "-1", "1e1", "9" * 12, "٣", "..%2f..%2fetc"])
async def test_what_is_no_file_is_not_found(talk: Talk, seq: str) -> None:
    await send(talk, PNG)
    await talk.answers(1)
    assert (await talk.get(f"/api/web/files/{seq}")).status_code == 404


async def test_a_file_that_is_gone_from_the_disk_is_not_found(talk: Talk, server: Running) -> None:
    await send(talk, PNG)
    for path in Path(server.settings.files_dir).rglob("*"):
        if path.is_file():
            path.unlink()
    assert (await talk.get("/api/web/files/1")).status_code == 404


async def test_files_have_a_rate_of_their_own(serve: Callable[..., Running]) -> None:
    talk = await Talk(serve(file_rates=(Rate(1, 3600.0),)).url).open()
    assert (await send(talk, PNG)).status_code == 202
    refused = await send(talk, PNG)
    assert refused.status_code == 429 and "retry-after" in refused.headers
    await talk.answers(1)
    assert (await talk.ask("còn chữ?"))["text"] == "echo còn chữ?"
    await talk.close()


async def test_a_full_disk_is_said(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.files.store._LEAST_ROOM", 2**62)
    refused = await send(talk, PNG)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "files_full")


async def test_who_sends_too_slowly_is_told(talk: Talk, server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.web_files._LONGEST_UPLOAD", 0.001)

    async def slowly() -> AsyncIterator[bytes]:
        yield PNG[:10]
        await asyncio.sleep(0.05)
        yield PNG[10:]

    refused = await send(talk, slowly())
    assert (refused.status_code, refused.json()["error"]["code"], kept(server)) == (408, "file_slow", [])


async def test_people_read_the_file_and_the_assistant_is_silent(talk: Talk, server: Running) -> None:
    with server.sessions.begin() as session:
        session.execute(sa.update(Conversation).values(owner="staff:1", version=1))
    await send(talk, DOCX)
    await talk.read_until(lambda got: bool(got))
    assert [line["author"] for line in await talk.history()] == ["citizen"]


async def test_another_site_may_not_send(talk: Talk) -> None:
    headers = {**talk._auth, "Origin": "https://evil.vn"}
    response = await talk._client.post("/api/web/files", content=PNG, params={"client_id": ID}, headers=headers)
    assert response.status_code == 403


@pytest.mark.parametrize(
    ("name", "media_type", "ending"),
    [
        ("a.exe", "image/png", "a.png"),
        ('x"; filename="y.exe', "application/pdf", "x%22%3B%20filename%3D%22y.pdf"),
        ("a\r\nSet-Cookie: b", "image/jpeg", "a%0D%0ASet-Cookie%3A%20b.jpg"),
        ("", "image/heic", "tep.heic"),
        ("a", "text/html", "a.bin"),
    ],
)
def test_a_download_is_named_by_what_it_is(name: str, media_type: str, ending: str) -> None:
    assert disposition(name, media_type).endswith(f"filename*=UTF-8''{ending}")
