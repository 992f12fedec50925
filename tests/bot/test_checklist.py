"""The page of one's own checklist: it says what the assistant says, needs no script, and the link leads there."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import httpx
import pytest

from bot.delivery.answering import led
from knowledge.answers.checklist import own_checklist
from knowledge.profile import load_profile
from knowledge.records import read_record
from knowledge.reply import Block, Reply
from knowledge.store import save_record
from tests.bot.citizen import Talk
from tests.bot.fake_rasa import FakeRasa, reply
from tests.bot.running import Running
from tests.console.hostile import TEXTS, assert_harmless
from tests.console.scene import RECORDS, RESIDENCE
from tests.fakes.loopback import PATIENCE

BIRTH = "1.001193"
PROFILE = load_profile("lam-dong")
TAG = re.compile(r"<[^>]+>")
CHOICE = re.compile(r'<ul class="choices">(.*?)</ul>', re.DOTALL)


@pytest.fixture
def taught(server: Running) -> Running:
    with server.sessions.begin() as session:
        for code in (BIRTH, RESIDENCE):
            save_record(session, read_record(next(RECORDS.parent.rglob(f"{code}-*.yml"))), "bundled")
    return server


def read(server: Running, path: str) -> httpx.Response:
    return httpx.get(server.url + path, timeout=PATIENCE, trust_env=False)


def said(page: httpx.Response) -> str:
    return " ".join(html.unescape(TAG.sub(" ", re.sub("</?b>", "", page.text))).split())


def choices(page: httpx.Response) -> list[str]:
    (found,) = CHOICE.findall(page.text)
    return [html.unescape(link) for link in re.findall(r'href="([^"]+)"', found)]


def test_questions_lead_to_what_the_assistant_says(taught: Running) -> None:
    for code, questions in ((BIRTH, 3), (RESIDENCE, 1)):
        path, seen = f"/checklist/{code}", []
        while 'class="choices"' in (page := read(taught, path)).text:
            path = f"/checklist/{code}{choices(page)[0]}"
            seen.append(path)
        assert len(seen) == questions
        answers = dict(part.split("=") for part in path.split("?")[1].split("&"))
        with taught.sessions() as session:
            told = own_checklist(session, code, answers, PROFILE)
        assert told is not None
        shown = said(page)
        blocks = [block for bubble in told.bubbles for block in bubble]
        assert blocks[-1].url == path  # the answer leads to this very page
        texts = [item["text"] for block in blocks for item in block.items]
        texts += [block.text for block in blocks if block.text and not block.text.startswith("Dạ, phí")][1:-1]
        assert [text for text in texts if " ".join(text.replace("**", "").split()) not in shown] == []
        assert "dự kiến" in shown and page.text.count('type="checkbox"') == sum(
            len(block.items) for block in blocks if any(item["badge"] for item in block.items)
        )


def test_a_page_has_no_script_and_the_strict_policy(taught: Running) -> None:
    page = read(taught, f"/checklist/{BIRTH}?filer=self&mode=online&case=none")
    assert page.status_code == 200 and "<script" not in page.text and "style=" not in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "set-cookie" not in page.headers


@pytest.mark.parametrize("code", ["9.999999", "abc", "1.00422", "1.004222;x", "%F0%9F%98%80", "1" * 200])
def test_a_wrong_code_gets_a_polite_page(server: Running, code: str) -> None:
    page = read(server, f"/checklist/{code}")
    assert page.status_code == 404 and "Chưa tìm thấy thủ tục này" in page.text


def test_a_local_suffix_does_no_harm_and_a_wrong_answer_is_asked_again(taught: Running) -> None:
    assert "Đăng ký thường trú" in read(taught, f"/checklist/{RESIDENCE}.H36").text
    whole = f"/checklist/{BIRTH}?filer=self&mode=online&case=none"
    assert 'class="choices"' not in read(taught, whole).text
    for wrong in ("mode=rocket", "case=99", "case=-1", "filer="):
        name = wrong.split("=")[0]
        page = read(taught, re.sub(rf"{name}=\w+", wrong, whole))
        assert page.status_code == 200 and 'class="choices"' in page.text, wrong
    for text in TEXTS:
        hostile = httpx.get(
            f"{taught.url}/checklist/{RESIDENCE}", params={"filer": text, "x": text}, timeout=PATIENCE, trust_env=False
        )
        assert_harmless(hostile.text)


LINK = Block("link", "Bản để in", url="/checklist/1.004222?mode=online")


@pytest.mark.parametrize(
    ("channel", "public", "url"),
    [
        ("web", "", LINK.url),
        ("web", "https://troly.vn", f"https://troly.vn{LINK.url}"),
        ("zalo", "https://troly.vn", f"https://troly.vn{LINK.url}"),
        ("telegram", "", None),
        ("rest", "", None),
    ],
)
def test_a_link_leads_there_from_where_it_is_read(channel: str, public: str, url: str | None) -> None:
    given = Reply("answered", ((Block("text", "Dạ"), LINK), (LINK,)))
    found = led(given, channel, public)
    links = [block.url for bubble in found.bubbles for block in bubble if block.kind == "link"]
    assert links == ([url, url] if url else [])
    assert ("https://troly.vn" in found.plain()) is bool(public)
    assert len(found.bubbles) == (2 if url else 1)


def test_a_link_to_elsewhere_is_left_out() -> None:
    given = Reply("answered", ((Block("text", "Dạ"), Block("link", "x", url="https://evil.example")),))
    assert led(given, "web", "").plain() == "Dạ"


async def test_the_widget_gets_the_link(serve: Callable[..., Running], rasa: FakeRasa) -> None:
    link = {"kind": "link", "text": LINK.text, "url": LINK.url}
    rasa.script("hồ sơ của tôi", reply("x", bubbles=[[{"kind": "text", "text": "Dạ"}, link]]))
    talk = await Talk(serve().url).open()
    line = await talk.ask("hồ sơ của tôi")
    assert line["reply"]["bubbles"][0][1]["url"] == LINK.url
    await talk.close()
