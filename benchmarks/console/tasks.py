"""A clerk's ten commonest tasks on the real pages, each key and click counted.

Letters of a name or of a message are not counted: they are the same everywhere. A key held with others counts as one.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import Page, expect, sync_playwright

from bot.settings import Settings
from knowledge.database import migrate
from knowledge.models import CannedReply, Staff
from nlu.text import fold
from tests.bot.fake_rasa import FakeRasa
from tests.bot.running import Running
from tests.browser.clerk import Clerk
from tests.browser.conftest import FLAGS
from tests.console.desk import Office
from tests.console.hall import Hall


@dataclass
class Hand:
    """What one task took."""

    page: Page
    keys: int = 0
    clicks: int = 0

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)
        self.keys += len(keys)

    def letters(self, text: str) -> None:
        """Type what is not counted."""
        self.page.keyboard.type(text)

    def click(self, selector: str) -> None:
        """Click once."""
        self.page.locator(selector).click()
        self.clicks += 1


@dataclass(frozen=True)
class Task:
    """A task with what it took here, and what by Chatwoot's documentation it takes there ("–" = it has none)."""

    name: str
    chatwoot: str
    there: str
    act: Callable[[Hand, Hall], None]
    keys: int = 0
    clicks: int = 0


def measure() -> list[Task]:
    """Do every task in a browser and return it with its count."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("no chromium: apt-get install chromium")
    with tempfile.TemporaryDirectory(prefix="tthc-bench-") as folder, sync_playwright() as playwright:
        rasa, server = _serve(Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        try:
            hall = Hall(Office(server))
            lan, _ = Clerk(browser, hall, "lan"), hall.enter("hoa")
            return [_count(task, lan, hall) for task in TASKS]
        finally:
            browser.close()
            server.stop()
            rasa.down()


def _serve(folder: Path) -> tuple[FakeRasa, Running]:
    url = f"sqlite:///{folder / 'bench.db'}"
    migrate(url)
    rasa = FakeRasa()
    files, memory = folder / "files", folder / "rasa.db"
    return rasa, Running(Settings(database_url=url, rasa_url=rasa.url, files_dir=files, tracker_db=memory))


def _count(task: Task, lan: Clerk, hall: Hall) -> Task:
    lan.visit("/waiting")
    hand = Hand(lan.page)
    task.act(hand, hall)
    return replace(task, keys=hand.keys, clicks=hand.clicks)


def _mine(hand: Hand, hall: Hall, text: str = "Tôi hỏi phí") -> str:
    """Let the clerk have a citizen whose conversation is open."""
    key = hall.wait(text)
    hall.people.act(hall.ids["lan"], key, "claim")
    hand.page.goto(f"{hall.office.server.url}/console/conversations/{key}?in=mine")
    hand.page.wait_for_selector("#desk[data-ready]")
    return key


def _claim(hand: Hand, hall: Hall) -> None:
    hall.wait()
    hand.press("n")
    expect(hand.page.locator("#text-reply")).to_be_visible()


def _next(hand: Hand, hall: Hall) -> None:
    _mine(hand, hall)
    before = hand.page.locator("#thread").get_attribute("data-id") or ""
    hand.press("k")
    expect(hand.page.locator(f'#thread:not([data-id="{before}"])')).to_be_visible()


def _reply(hand: Hand, hall: Hall) -> None:
    key = _mine(hand, hall)
    hand.press("r")
    hand.letters("Dạ cần ba giấy tờ ạ")
    hand.press("Enter")
    expect(hand.page.get_by_role("log")).to_contain_text("ba giấy tờ")
    assert hall.said(key)


def _canned(hand: Hand, hall: Hall) -> None:
    with hall.sessions.begin() as session:
        text = "Dạ anh/chị mang bản gốc ạ"
        folded = fold(f"ban-goc Bản gốc {text}")
        session.add(CannedReply(shortcut="ban-goc", title="Bản gốc", text=text, folded=folded))
    _mine(hand, hall)
    hand.press("r", "/")
    hand.letters("ban")
    expect(hand.page.locator("#canned li").first).to_be_visible()
    hand.press("Enter", "Enter")
    expect(hand.page.get_by_role("log")).to_contain_text("mang bản gốc")


def _note(hand: Hand, hall: Hall) -> None:
    _mine(hand, hall)
    hand.press("m")
    hand.letters("Nhờ ")
    hand.press("@")
    hand.letters("hoa")
    expect(hand.page.locator("#mentions li").first).to_be_visible()
    hand.press("Enter", "Enter")
    expect(hand.page.get_by_role("log")).to_contain_text("@Chị hoa")


def _transfer(hand: Hand, hall: Hall) -> None:
    _mine(hand, hall)
    hand.press("t")
    hand.letters("hoa")
    expect(hand.page.locator("#targets input:checked")).to_have_count(1)
    expect(hand.page.locator("#targets .target")).to_have_count(1)
    hand.press("Enter")
    expect(hand.page.locator("#step-withdraw")).to_be_visible()


def _accept(hand: Hand, hall: Hall) -> None:
    key = hall.wait()
    hall.people.act(hall.ids["hoa"], key, "claim")
    with hall.sessions() as session:
        lan = session.get(Staff, hall.ids["lan"])
    hall.people.act(hall.ids["hoa"], key, "transfer", lan, None, "")
    hand.page.goto(f"{hall.office.server.url}/console/mine")
    hand.page.wait_for_selector("#desk[data-ready]")
    hand.press("j")
    expect(hand.page.locator("#step-accept")).to_be_visible()
    hand.press("c")
    expect(hand.page.locator("#text-reply")).to_be_visible()


def _give_back(hand: Hand, hall: Hall) -> None:
    _mine(hand, hall)
    hand.page.once("dialog", lambda dialog: dialog.accept())
    hand.press("b")
    hand.keys += 1  # Enter in the question of the browser
    expect(hand.page.locator("#step-step_in")).to_be_visible()


def _close(hand: Hand, hall: Hall) -> None:
    _mine(hand, hall)
    hand.press("e")
    expect(hand.page.get_by_role("dialog")).to_be_visible()
    hand.press("Control+Enter")
    expect(hand.page.locator("#step-step_in")).to_be_visible()


def _bulk(hand: Hand, hall: Hall) -> None:
    with hall.sessions.begin() as session:
        session.execute(sa.text("UPDATE handoffs SET closed_at = created_at, state = 'closed' WHERE closed_at IS NULL"))
    for _ in range(3):
        _mine(hand, hall)
    for number in range(3):
        hand.click(f".talk-card >> nth={number} >> .pick-box")
    hand.click("#bulk button[value=silent]")
    expect(hand.page.locator("#notice")).to_contain_text("3")


TASKS = (
    Task("Take whoever has waited longest", "Alt+N to Unassigned, Alt+J, click “Assign to me”", "2 + 1", _claim),
    Task("Open the next conversation", "Alt+J", "1 + 0", _next),
    Task("Answer", "Alt+L, Enter", "2 + 0", _reply),
    Task("Answer with a canned reply", "Alt+L, “/”, Enter, Enter", "4 + 0", _canned),
    Task("Note that calls a colleague", "Alt+P, “@”, Enter, Enter", "4 + 0", _note),
    Task("Give to a named colleague", "Ctrl+K, assign an agent, Enter, name, Enter", "3 + 0", _transfer),
    Task("Accept what a colleague gives", "– (assigned without being asked)", "–", _accept),
    Task("Give back to the assistant", "menu beside Resolve, “Mark as pending”", "0 + 2", _give_back),
    Task("End, with a reason", "Alt+E (asks for no reason)", "1 + 0", _close),
    Task("End three silent ones", "three boxes, “Resolve”", "0 + 4", _bulk),
)
