"""One script tag on a page of another site."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from tests.browser.conftest import serving
from tests.browser.fake_server import FakeServer
from tests.browser.widget import Widget

HOSTILE_STYLE = "* { color: lime !important; font-size: 40px } button { display: none } p { margin: 99px }"


@pytest.fixture
def site(fake: FakeServer) -> Iterator[Callable[[str, str], str]]:
    """Return a function that puts a page with this body on another site and gives its address."""
    pages: dict[str, str] = {}
    headers = {
        "Content-Security-Policy": f"default-src 'none'; script-src {fake.url}; connect-src {fake.url}; "
        f"style-src {fake.url} 'unsafe-inline'; font-src {fake.url}; img-src data:"
    }
    app = Starlette(routes=[Route("/", lambda request: HTMLResponse(pages["body"], headers=headers))])
    with serving(app) as url:

        def put(body: str, style: str = "") -> str:
            head = f"<!doctype html><html lang='en'><head><style>{style}</style></head>"
            pages["body"] = f"{head}<body>{body}</body></html>"
            return url

        yield put


def tag(fake: FakeServer, options: str = "") -> str:
    return f"<p>Trang khác</p><script src='{fake.url}/widget/tthc-chat.js' async {options}></script>"


def test_one_tag_brings_the_widget_to_another_site(page: Page, fake: FakeServer, site: Callable[..., str]) -> None:
    widget = Widget(page)
    foreign: list[str] = []
    page.on("request", lambda request: foreign.append(request.url))
    url = site(tag(fake), HOSTILE_STYLE)
    widget.visit(url)
    widget.open()
    widget.ask("phí thường trú")
    card = widget.messages("assistant").first
    expect(card.get_by_role("row", name="Trực tuyến 10.000 đ")).to_be_visible()
    colour = card.locator("h3").evaluate("node => getComputedStyle(node).color")
    assert colour == "rgb(29, 35, 39)", "the page's style reaches into the widget"
    assert page.evaluate("document.fonts.ready.then(() => document.fonts.check('16px \"Be Vietnam Pro\"'))")
    assert [one for one in foreign if not one.startswith((fake.url, url))] == []
    page.reload()
    expect(widget.messages("assistant")).to_have_count(1)


@pytest.mark.parametrize(
    ("options", "check"),
    [
        ("data-open", "root => !root.shadowRoot.querySelector('.panel').hidden"),
        (
            "data-title='Hỏi đáp'",
            "root => root.shadowRoot.querySelector('h2').textContent === 'Hỏi đáp' && !root.title",
        ),
        (
            "data-position='left'",
            "root => root.shadowRoot.querySelector('.launcher').getBoundingClientRect().left < 100",
        ),
        ("data-theme='dark'", "root => getComputedStyle(root).getPropertyValue('--paper').trim() === '#17191B'"),
        ("data-lang='xx'", "root => root.shadowRoot.querySelector('h2').textContent === 'Trợ lý thủ tục hành chính'"),
    ],
)
def test_options_of_the_tag(page: Page, fake: FakeServer, site: Callable[..., str], options: str, check: str) -> None:
    page.goto(site(tag(fake, options)))
    widget = Widget(page)
    expect(widget.log if options == "data-open" else widget.launcher).to_be_visible()
    assert widget.root.evaluate(check)


def test_the_element_can_be_placed_by_hand(page: Page, fake: FakeServer, site: Callable[..., str]) -> None:
    chips = """[{"title": "Hộ chiếu", "text": "Làm hộ chiếu ở đâu?"}]"""
    page.goto(site(f"<tthc-chat open data-chips='{chips}'></tthc-chat>" + tag(fake)))
    widget = Widget(page)
    expect(widget.panel).to_be_visible()
    assert widget.root.count() == 1
    widget.button("Hộ chiếu").click()
    expect(widget.messages("citizen")).to_contain_text("Làm hộ chiếu ở đâu?")
    widget.root.evaluate("node => node.removeAttribute('open')")
    expect(widget.panel).to_be_hidden()


def test_it_works_where_storage_is_blocked(browser: Browser, fake: FakeServer) -> None:
    context = browser.new_context()
    context.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage'])"
        "  Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError'); } });"
    )
    widget = Widget(context.new_page())
    widget.visit(fake.url)
    widget.open()
    widget.ask("phí thường trú")
    expect(widget.messages("assistant")).to_have_count(1)
    widget.ask("chào em")
    expect(widget.messages("assistant")).to_have_count(2)
    assert len(fake.conversations) == 1
    context.close()


def test_links_of_the_page_can_ask(page: Page, fake: FakeServer) -> None:
    widget = Widget(page)
    widget.visit(fake.url)
    page.get_by_role("button", name="Đăng ký thường trú").click()
    expect(widget.messages("assistant")).to_have_count(1)
    assert fake.knobs.posts[0]["text"] == "Đăng ký thường trú cần giấy tờ gì?"


def test_the_page_for_kiosks_fills_its_place(page: Page, fake: FakeServer) -> None:
    page.goto(fake.url + "/widget/embed.html")
    widget = Widget(page)
    expect(widget.panel).to_be_visible()
    expect(widget.launcher).to_be_hidden()
    widget.ask("phí thường trú")
    expect(widget.messages("assistant")).to_have_count(1)
