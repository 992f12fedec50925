"""The console's own door: headers of every answer, and requests from other sites."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from bot.console.gate import is_foreign
from tests.console.desk import Browser, Office

PAGES = (
    "/sign-in",
    "/waiting",
    "/staff",
    "/nothing",
    "/rail",
    "/audit.xlsx",
    "/static/console.css",
    "/static/nothing.js",
)


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_carries_the_headers(office: Office, path: str) -> None:
    for browser in (office.enter("boss", "admin"), office.enter("lan"), Browser(office.server.url)):
        headers = browser.get(path).headers
        policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert {policy[name] for name in ("script-src", "style-src", "img-src", "connect-src", "form-action")} == {
            "'self'"
        }
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cache-control"] == ("no-cache" if path.startswith("/static/") else "no-store")
        assert "server" not in headers


def test_a_failure_tells_nothing_and_carries_the_headers(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret inside")

    boss = office.enter("boss", "admin")
    monkeypatch.setattr("bot.console.staff.units", fail)
    answer = boss.get("/staff")
    assert answer.status_code == 500
    assert "Hệ thống gặp lỗi" in answer.text
    assert "secret" not in answer.text and "Traceback" not in answer.text
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_the_public_pages_keep_their_own_policy(office: Office) -> None:
    with Browser(office.server.url) as anybody:
        assert "frame-ancestors 'self'" in anybody.client.get("/").headers["content-security-policy"]
        assert anybody.client.get("/").headers["cache-control"] == "no-cache"


def test_another_site_reads_nothing(office: Office) -> None:
    lan = office.enter("lan")
    for origin in ("https://evil.example", "null", "http://localhost:1"):
        answer = lan.get("/waiting", origin=origin)
        assert answer.status_code == 403
        assert "access-control-allow-credentials" not in answer.headers
    assert lan.get("/waiting", **{"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}).status_code == 403
    assert lan.get("/waiting", **{"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}).status_code == 200


@pytest.mark.parametrize(
    ("method", "headers", "foreign"),
    [
        ("POST", {"origin": "https://tthc.vn"}, False),
        ("POST", {"origin": "https://TTHC.vn"}, False),
        ("POST", {"origin": "https://tthc.vn:444"}, True),
        ("POST", {"origin": "https://tthc.vn.evil.example"}, True),
        ("POST", {"origin": "null"}, True),
        ("POST", {"origin": ""}, True),
        ("POST", {"origin": "https://["}, True),
        ("POST", {}, True),
        ("POST", {"sec-fetch-site": "same-origin"}, False),
        ("POST", {"sec-fetch-site": "none"}, True),
        ("POST", {"referer": "https://tthc.vn/console/"}, False),
        ("POST", {"referer": "https://evil.example/tthc.vn"}, True),
        ("GET", {}, False),
        ("GET", {"sec-fetch-site": "none"}, False),
        ("DELETE", {}, True),
    ],
)
def test_what_changes_something_must_come_from_here(method: str, headers: dict[str, str], foreign: bool) -> None:
    assert is_foreign(method, Headers({"host": "tthc.vn", **headers})) is foreign


def test_a_part_of_a_page_is_refused_in_its_place(office: Office) -> None:
    lan = office.enter("lan")
    answer = lan.get("/staff", **{"hx-request": "true"})
    assert answer.status_code == 403
    assert "<html" not in answer.text and "không có quyền" in answer.text
    with Browser(office.server.url) as nobody:
        answer = nobody.get("/rail", **{"hx-request": "true"})
        assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/console/sign-in")


def test_large_and_broken_forms_are_refused(office: Office) -> None:
    lan = office.enter("lan")
    headers = {"Origin": lan.url, "Content-Type": "application/x-www-form-urlencoded", "X-CSRF-Token": lan.token}
    for body, status in ((b"x=" + b"a" * 70_000, 413), (b"presence=%ff", 400), (b"&".join([b"a=1"] * 300), 400)):
        assert lan.client.post("/console/presence", content=body, headers=headers).status_code == status
