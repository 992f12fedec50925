"""The working screen as a clerk handles it."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import PATIENCE
from tests.console.hall import Hall


class Clerk:
    """Somebody signed in at the console; finds things by what they are called."""

    def __init__(self, browser: Browser, hall: Hall, name: str, size: tuple[int, int] = (1280, 800)) -> None:
        signed_in = hall.enter(name)
        self.url = hall.office.server.url
        self.context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale="vi-VN", reduced_motion="reduce"
        )
        self.context.set_default_timeout(PATIENCE)
        self.context.add_cookies([{"name": "console", "value": signed_in.secret, "url": self.url}])
        signed_in.close()
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def visit(self, path: str) -> None:
        """Load a page of the console."""
        self.page.goto(f"{self.url}/console{path}")
        self.wait()

    def wait(self) -> None:
        """Wait until keys are heard."""
        self.page.wait_for_selector("#desk[data-ready]")

    def close(self) -> None:
        self.context.close()
        assert self.errors == []

    @property
    def cards(self) -> Locator:
        return self.page.locator(".talk-card")

    @property
    def lines(self) -> Locator:
        return self.page.get_by_role("log")

    @property
    def reply(self) -> Locator:
        return self.page.get_by_label("Trả lời người dân")

    def button(self, name: str) -> Locator:
        return self.page.locator(".head-steps").get_by_role("button", name=name, exact=True)

    def open(self, text: str) -> None:
        """Open the card that has a text."""
        self.cards.filter(has_text=text).get_by_role("link").click()
        expect(self.page.locator("#thread h2")).to_be_visible()

    def say(self, text: str) -> None:
        """Type a reply and press Enter."""
        self.wait()
        self.reply.fill(text)
        self.reply.press("Enter")
        expect(self.lines).to_contain_text(text)

    def shoot(self, name: str, folder: Path) -> None:
        """Keep a picture of the page, where ``DESK_PICTURES`` says or in the given folder."""
        place = Path(os.environ.get("DESK_PICTURES") or folder)
        place.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=place / f"{name}.png")
