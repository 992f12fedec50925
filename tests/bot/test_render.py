"""From replies to parts: nothing lost, nothing too long, no number cut, choices always there to be typed."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import Capabilities, Choice, Link, Part
from bot.channels.capabilities import CAPABILITIES
from bot.channels.render import html, render, shortened
from bot.channels.splitting import pieces
from bot.inbound import Tap
from knowledge.reply import Block, Button, Reply, Source

CHOOSE = "Nhắn số:"
BARE = Capabilities(longest_text=2000)
ZALO, TELEGRAM = CAPABILITIES["zalo"], CAPABILITIES["telegram"]
FEE, TIME = Button("Lệ phí", "ask_procedure"), Button("Thời hạn", "ask_procedure")


def _reply(*texts: str, buttons: tuple[Button, ...] = (), url: str = "") -> Reply:
    sources = (Source("1.004222", "Cổng", "", "", "", url),) if url else ()
    return Reply("answered", tuple((Block("text", text=text),) for text in texts), buttons, sources=sources)


def _texts(reply: Reply, capabilities: Capabilities = BARE) -> list[str]:
    return [part.text for part in render(reply, 7, capabilities, CHOOSE)]


def test_bubbles_that_fit_travel_together() -> None:
    assert _texts(_reply("Dạ", "Phí 10.000 đ")) == ["Dạ\n\nPhí 10.000 đ"]


CUTS = [
    ("một hai ba", 20, ["một hai ba"]),
    ("một hai.\n\nba bốn năm", 12, ["một hai.", "ba bốn năm"]),
    ("một hai\nba bốn năm", 12, ["một hai", "ba bốn năm"]),
    ("Một hai. Ba bốn", 12, ["Một hai.", "Ba bốn"]),
    ("lệ phí là 10.000 đ thôi", 14, ["lệ phí là", "10.000 đ thôi"]),
    ("trong 15 ngày làm việc", 10, ["trong", "15 ngày", "làm việc"]),
    ("hồ sơ H36 - 231221 - 0001 nhé", 22, ["hồ sơ", "H36 - 231221 - 0001", "nhé"]),
    ("mã 000.15.H36-231221-0001", 24, ["mã", "000.15.H36-231221-0001"]),
    ("a" * 25, 10, ["a" * 10, "a" * 10, "a" * 5]),
    ("ngắn " + "b" * 18, 20, ["ngắn", "b" * 18]),
    (unicodedata.normalize("NFD", "ế" * 10), 10, ["ế" * 10]),
    ("", 10, []),
    (" \n\n ", 10, []),
]


@pytest.mark.parametrize(("text", "longest", "expected"), CUTS)
def test_texts_are_cut_where_a_reader_would(text: str, longest: int, expected: list[str]) -> None:
    assert _texts(_reply(text), Capabilities(longest_text=longest)) == expected


NUMBERED = ["Dạ\n\nNhắn số:\n1. Lệ phí\n2. Thời hạn"]
CHOICES = [
    (BARE, NUMBERED, 0),
    (ZALO, NUMBERED, 2),
    (TELEGRAM, ["Dạ"], 2),
    (
        Capabilities(2000, most_buttons=1, longest_title=20, numbered=False),
        ["Dạ\n\nNhắn số:\n1. Lệ phí\n2. Thời hạn"],
        1,
    ),
    (
        Capabilities(2000, most_buttons=2, longest_title=6, numbered=False),
        ["Dạ\n\nNhắn số:\n1. Lệ phí\n2. Thời hạn"],
        2,
    ),
]


@pytest.mark.parametrize(("capabilities", "texts", "buttons"), CHOICES)
def test_choices_can_be_typed_wherever_buttons_may_not_show_them(
    capabilities: Capabilities, texts: list[str], buttons: int
) -> None:
    parts = render(_reply("Dạ", buttons=(FEE, TIME)), 7, capabilities, CHOOSE)
    assert [part.text for part in parts] == texts
    assert [choice.tap for choice in parts[-1].buttons] == [Tap(7, index) for index in range(buttons)]


def test_buttons_are_on_the_last_part_only() -> None:
    parts = render(_reply("một " * 900, buttons=(FEE,)), 7, ZALO, CHOOSE)
    assert [len(part.buttons) for part in parts] == [0, 1]
    assert parts[-1].buttons == (Choice("Lệ phí", Tap(7, 0)),)


@pytest.mark.parametrize(
    ("url", "capabilities", "text", "links"),
    [
        ("https://a.gov.vn/x", TELEGRAM, "Dạ", (Link("Cổng", "https://a.gov.vn/x"),)),
        ("https://a.gov.vn/x", ZALO, "Dạ\n\nhttps://a.gov.vn/x", ()),
        ("http://a.gov.vn/x", TELEGRAM, "Dạ", ()),
        ("javascript:alert(1)", ZALO, "Dạ", ()),
    ],
)
def test_the_source_can_be_opened(url: str, capabilities: Capabilities, text: str, links: tuple[Link, ...]) -> None:
    (part,) = render(_reply("Dạ", url=url), 7, capabilities, CHOOSE)
    assert (part.text, part.links) == (text, links)


def test_every_kind_of_block_is_read() -> None:
    blocks = (
        Block("heading", text="Giấy tờ"),
        Block("list", items=({"text": "Tờ khai", "badge": "bản chính"}, {"text": "Căn cước"}), ordered=True),
        Block("table", rows=(("Cách", "Phí"), ("Trực tiếp", "0 đ"))),
        Block("source", text="Nguồn: 1.004222"),
    )
    (part,) = render(Reply("answered", (blocks,)), 7, BARE, CHOOSE)
    assert part.text == "Giấy tờ\n1. Tờ khai (bản chính)\n2. Căn cước\n• Trực tiếp: 0 đ\nNguồn: 1.004222"
    assert part.bold == ((0, 7),)


BOLD = [
    ("a **b** c", "a b c", "a <b>b</b> c"),
    ("**a** & **<b>**", "a & <b>", "<b>a</b> &amp; <b>&lt;b&gt;</b>"),
    ("một ** hai", "một  hai", "một  hai"),
    ("a < b > c", "a < b > c", "a &lt; b &gt; c"),
]


@pytest.mark.parametrize(("marked", "plain", "tagged"), BOLD)
def test_bold_is_kept_beside_the_text(marked: str, plain: str, tagged: str) -> None:
    (part,) = render(_reply(marked), 7, BARE, CHOOSE)
    assert (part.text, html(part)) == (plain, tagged)


def test_bold_survives_a_cut() -> None:
    parts = render(_reply("**một hai ba bốn**"), 7, Capabilities(longest_text=8), CHOOSE)
    assert [html(part) for part in parts] == ["<b>một hai</b>", "<b>ba bốn</b>"]


@pytest.mark.parametrize(
    ("title", "longest", "short"), [("Lệ phí", 6, "Lệ phí"), ("Lệ phí là", 7, "Lệ…"), ("Thờihạn", 4, "Thờ…")]
)
def test_a_title_is_cut_at_a_word(title: str, longest: int, short: str) -> None:
    assert shortened(title, longest) == short


WORDS = st.sampled_from(
    ["Dạ,", "đăng ký", "10.000 đ", "15 ngày", "1.004222", "\n", "\n\n", "**", "hộ tịch.", "👨‍👩‍👧", "ế"]
)
MIXED = st.lists(st.text(max_size=12) | WORDS, max_size=60).map(" ".join)


def _bare(text: str) -> str:
    return "".join(unicodedata.normalize("NFC", text).split())


@given(texts=st.lists(MIXED, max_size=4), longest=st.integers(12, 200), titles=st.lists(MIXED, max_size=4))
def test_no_text_is_lost_and_no_part_is_too_long(texts: list[str], longest: int, titles: list[str]) -> None:
    reply = _reply(*texts, buttons=tuple(Button(title.replace("**", ""), "greet") for title in titles))
    capabilities = Capabilities(longest_text=longest, most_buttons=2, longest_title=8)
    parts = render(reply, 7, capabilities, CHOOSE)
    assert all(0 < len(part.text) <= longest for part in parts)
    assert all(len(choice.title) <= 8 for part in parts for choice in part.buttons)
    said = "".join(part.text for part in parts)
    whole = "\n\n".join(part.text for part in render(reply, 7, Capabilities(10**6), CHOOSE))
    assert _bare(said) == _bare(whole)
    assert all(Part.from_json(part.to_json()) == part for part in parts)


NUMBER = re.compile(r"\d[\d.]*(?: (?:đ|ngày))?")


@given(words=st.lists(st.sampled_from(["phí 10.000 đ", "trong 15 ngày", "mã 1.004222", "và", "nộp."]), max_size=80))
def test_no_number_is_cut(words: list[str]) -> None:
    text = " ".join(words)
    cut = [text[start:end] for start, end in pieces(text, 24)]
    assert [number for piece in cut for number in NUMBER.findall(piece)] == NUMBER.findall(text)
