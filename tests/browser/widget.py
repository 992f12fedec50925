"""The widget as a citizen handles it."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


class Widget:
    """Finds the parts of ``<tthc-chat>`` by what they are called, not by how they are built."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.on("filechooser", lambda _: None)  # the first listener takes a while to be heeded: a key may be faster
        self.root = page.locator("tthc-chat")
        self.launcher = self.root.get_by_role("button", name="Hỏi thủ tục")
        self.panel = self.root.get_by_role("dialog")
        self.field = self.root.get_by_label("Câu hỏi của anh/chị")
        self.log = self.root.get_by_role("log")
        self.chips = self.root.locator(".chips")

    def visit(self, url: str) -> None:
        """Load a page and wait for the launcher."""
        self.page.goto(url)
        expect(self.launcher).to_be_visible()

    def open(self) -> None:
        """Open the panel."""
        self.launcher.click()
        expect(self.panel).to_be_visible()

    def ask(self, text: str) -> None:
        """Type a text and press Enter."""
        self.field.fill(text)
        self.field.press("Enter")

    @property
    def attach(self) -> Locator:
        """Return the button for files."""
        return self.button("Gửi ảnh hoặc PDF cho cán bộ")

    def send_file(self, name: str, content: bytes, mime: str = "application/pdf") -> None:
        """Choose a file with the button."""
        with self.page.expect_file_chooser() as chooser:
            self.attach.click()
        chooser.value.set_files({"name": name, "mimeType": mime, "buffer": content})

    def messages(self, author: str) -> Locator:
        """Return the messages of an author in the order shown, the greeting excluded."""
        return self.log.locator(f".message.{author}[data-seq]")

    def button(self, name: str) -> Locator:
        """Return a button by its words."""
        return self.root.get_by_role("button", name=name)

    def menu(self, name: str) -> None:
        """Choose from the menu."""
        self.button("Thêm lựa chọn").click()
        self.root.get_by_role("menuitem", name=name).click()

    def order(self) -> list[int]:
        """Return the numbers of the shown messages in the order shown."""
        return self.log.locator(".message[data-seq]").evaluate_all(
            "nodes => nodes.map(node => Number(node.dataset.seq))"
        )
