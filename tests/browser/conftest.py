"""Chromium, the failing server and a page with the widget, for the tests of what citizens see."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright
from starlette.applications import Starlette

from bot.settings import Settings
from knowledge.database import migrate
from tests.bot.fake_rasa import FakeRasa
from tests.bot.running import Running
from tests.browser.fake_server import FakeServer
from tests.browser.widget import Widget

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()

PATIENCE = 60_000  # ms after which a test gives up; no test waits for it


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """Run an application on a free port and yield its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=10)
    listening.close()


@pytest.fixture
def fake() -> Iterator[FakeServer]:
    """The server that fails on command; ``fake.url`` is its address."""
    server = FakeServer()
    with serving(server.app) as server.url:
        yield server
        server.stop()


# Not for the whole session: while Playwright runs, asynchronous tests of other rooms could not.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; without one the tests are skipped, but in CI they fail."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium or not Path(chromium).is_file():
        reason = "no chromium: apt-get install chromium, or set CHROMIUM to its path"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty desktop page; a script error on it fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="vi-VN", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert errors == []


@pytest.fixture
def widget(page: Page, fake: FakeServer) -> Widget:
    """The widget, open on the demo page."""
    shown = Widget(page)
    shown.visit(fake.url)
    shown.open()
    return shown


@pytest.fixture
def rasa() -> Iterator[FakeRasa]:
    """A fake Rasa for the real front server."""
    answering = FakeRasa()
    yield answering
    answering.down()


@pytest.fixture
def real(tmp_path: Path, rasa: FakeRasa) -> Iterator[Running]:
    """The real front server with an empty database."""
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    migrate(url)
    own: dict[str, Any] = {"files_dir": tmp_path / "files", "tracker_db": tmp_path / "rasa.db"}
    # no console wakes the pages when a test acts as staff: they look by themselves
    own = {**own, "heartbeat": 0.5, "queue_look": 0.5}
    server = Running(Settings(database_url=url, rasa_url=rasa.url, assistant_pauses=(0.01, 0.02), **own))
    yield server
    server.stop()
