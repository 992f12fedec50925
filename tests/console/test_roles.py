"""Every address of the console, and what each role gets there. A new route without a line here fails."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from starlette.routing import Route

from bot.console.roles import PERMISSIONS, ROLES
from bot.console.routing import pages
from knowledge.models import AuditEntry, CannedReply, Conversation, ReviewItem, StaffSession
from tests.console.desk import Browser, Office
from tests.console.late import apology_for, late_dossier
from tests.console.talks import Talks, stored_file

# method, path, who may (a = admin, h = head, c = clerk, e = editor, v = viewer, * = anybody at all), and what an
# empty form or a bare visit gets then: 200 a page, 303 sent on, 422 the form again or refused for what is in it
TABLE = """
GET  /                        ahcev  303
GET  /sign-in                 *      200
POST /sign-in                 *      401
POST /sign-in/code            *      303
GET  /oidc                    *      404
GET  /oidc/back               *      404
POST /sign-out                ahcev  303
GET  /rail                    ahcev  200
POST /presence                ahcev  422
POST /theme                   ahcev  422
GET  /events                  ahcev  200
GET  /account                 ahcev  200
POST /account/second/on       ahcev  303
POST /account/second/off      ahcev  422
GET  /password                ahcev  200
POST /password                ahcev  422
GET  /waiting                 ahcv   200
GET  /mine                    ahc    200
GET  /team                    ahcv   200
GET  /calls                   ahcv   200
GET  /finished                ahcv   200
POST /unit                    ahcv   303
POST /next                    ahc    409
POST /bulk                    ahc    422
GET  /conversations/procedures ahc   200
GET  /conversations/{id:uuid} ahcv   200
GET  /conversations/{id:uuid}/lines ahcv 200
GET  /conversations/{id:uuid}/people ahc 200
POST /conversations/{id:uuid}/reply ahc 422
POST /conversations/{id:uuid}/note ahc 422
POST /conversations/{id:uuid}/draft ahc 422
POST /conversations/{id:uuid}/typing ahc 204
POST /conversations/{id:uuid}/claim ahc 409
POST /conversations/{id:uuid}/transfer ahc 409
POST /conversations/{id:uuid}/accept ahc 409
POST /conversations/{id:uuid}/refuse ahc 409
POST /conversations/{id:uuid}/withdraw ahc 409
POST /conversations/{id:uuid}/let_go ahc 409
POST /conversations/{id:uuid}/take_over ah 409
POST /conversations/{id:uuid}/close ahc 409
POST /conversations/{id:uuid}/call ahc 409
POST /conversations/{id:uuid}/reached ahc 409
POST /conversations/{id:uuid}/not_reached ahc 409
POST /conversations/{id:uuid}/step_in ahc 303
POST /conversations/{id:uuid}/give_back ahc 303
GET  /reports                 ahv    200
GET  /canned                  ahe    200
GET  /canned/new              ahe    200
POST /canned/new              ahe    422
GET  /canned/{id:int}         ahe    200
POST /canned/{id:int}         ahe    422
POST /canned/{id:int}/off     ahe    303
POST /canned/{id:int}/on      ahe    303
GET  /staff                   a      200
GET  /staff/new               a      200
POST /staff/new               a      422
GET  /staff/{id:int}          a      200
POST /staff/{id:int}          a      422
POST /staff/{id:int}/password a      200
POST /staff/{id:int}/second-off a    303
POST /staff/{id:int}/disable  a      303
POST /staff/{id:int}/enable   a      303
GET  /audit                   a      200
GET  /audit.xlsx              a      200
GET  /switches                a      200
POST /switches/off            a      422
POST /switches/on             a      422
POST /reports/seen/{id:int}   a      303
GET  /canned/search           ahce   200
GET  /search                  ahcv   200
GET  /history                 ahcv   200
GET  /history.xlsx            ahv    200
GET  /board                   ahv    200
GET  /overdue                 ah     200
GET  /apologies               ahc    200
GET  /dossiers/{id:int}/apology ahc  200
POST /dossiers/{id:int}/apology ahc  422
GET  /apologies/{id:int}      ahc    200
POST /apologies/{id:int}      ahc    422
POST /apologies/{id:int}/approve ah  409
POST /apologies/{id:int}/reject ah   422
GET  /apologies/{id:int}/letter.docx ahc 200
GET  /apologies/{id:int}/letter.pdf ahc 200
GET  /review                  ahe    200
GET  /review/{id:int}         ahe    200
POST /review/{id:int}         ahe    422
GET  /review/{id:int}/procedures ahe 200
POST /conversations/{conversation_id}/flag ahc 422
GET  /conversations/{conversation_id}/drawer            ahcv 200
GET  /conversations/{conversation_id}/drawer/procedures ahcv 200
GET  /conversations/{conversation_id}/drawer/answer     ahc  422
POST /conversations/{conversation_id}/drawer/dossier    ahcv 422
POST /conversations/{conversation_id}/drawer/contact    ahc  422
GET  /files/{message_id:int}  ahcv   200
"""
TALK = "b8e60d2c-7a2f-4f0f-9a47-0d6f4f6f7a01"  # a conversation with the assistant
ENDS_THE_SESSION = ("/sign-out", "/sign-in", "/sign-in/code")


@dataclass(frozen=True)
class Row:
    """One line of the table; ``roles`` is empty where nobody need be signed in."""

    method: str
    path: str
    roles: tuple[str, ...]
    status: int

    def ask(self, browser: Browser, key: int, **more: str) -> int:
        """Visit the page, or send an empty form to it, and return the status."""
        path = re.sub(r"{\w+(:int)?}", str(key), self.path.replace("{id:uuid}", TALK))
        if self.method == "POST":
            return browser.post(path, **more).status_code
        with browser.client.stream("GET", f"/console{path}") as response:  # a stream of events has no end
            return response.status_code


def _row(line: str) -> Row:
    method, path, letters, status = line.split()
    return Row(method, path, tuple(role for role in ROLES if role[0] in letters), int(status))


ROWS = [_row(line) for line in TABLE.strip().splitlines()]


@pytest.fixture
def key(office: Office) -> int:
    """The number of an account, a canned reply, a conversation, a message with a file, a dossier and an apology."""
    talks = Talks(office.server.sessions)
    talks.file(talks.begin(key="1"), stored_file(office.server), "don.pdf")
    with office.server.sessions.begin() as session:
        session.add(Conversation(id=TALK, channel="web", external_id=TALK))
        session.add(CannedReply(id=1, shortcut="chao", title="Chào", text="Dạ", folded="chao chao da"))
        session.add(ReviewItem(id=1, conversation_id="1", seq=1, cause="flagged", question="?"))
        session.add_all([late_dossier(1), late_dossier(2)])
    assert office.add("muc.tieu") == 1
    with office.server.sessions.begin() as session:
        session.add(apology_for(2, author_id=1))
    return 1


def test_every_route_has_a_line() -> None:
    routes = [route for route in pages() if isinstance(route, Route)]
    found = {(method, route.path) for route in routes for method in (route.methods or ()) if method != "HEAD"}
    assert len(found) > 30
    assert {(row.method, row.path) for row in ROWS} == found


def test_every_route_asks_for_a_permission() -> None:
    routes = [route for route in pages() if isinstance(route, Route)]
    asked = {route.path: route.endpoint.permission for route in routes}  # type: ignore[attr-defined]
    assert {path for path, permission in asked.items() if not permission} == {
        "/sign-in",
        "/sign-in/code",
        "/oidc",
        "/oidc/back",
    }
    assert set(asked.values()) - {""} <= set(PERMISSIONS)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_gets_what_the_table_says(office: Office, key: int, role: str) -> None:
    browser = office.enter("ai", role)
    others = [row for row in ROWS if row.roles and row.path not in ENDS_THE_SESSION]
    got = {(row.method, row.path): row.ask(browser, key) for row in others}
    assert got == {(row.method, row.path): row.status if role in row.roles else 403 for row in others}


def test_whoever_is_not_signed_in_gets_the_sign_in_alone(office: Office, key: int) -> None:
    with Browser(office.server.url) as nobody:
        nobody.get("/sign-in")
        for row in ROWS:
            assert row.ask(nobody, key) == (303 if row.roles else row.status), row


@pytest.mark.parametrize(
    "forged", [{"token": ""}, {"token": "0" * 64}, {"origin": "https://evil.example"}, {"origin": "null"}]
)
def test_no_form_is_taken_without_its_token_or_from_elsewhere(office: Office, key: int, forged: dict[str, str]) -> None:
    browser = office.enter("ai", "admin")
    with office.server.sessions() as session:
        before = session.scalar(sa.select(sa.func.count(AuditEntry.id)))
    for row in ROWS:
        if row.method == "POST":
            assert row.ask(browser, key, **forged) == 403, row
    with office.server.sessions() as session:
        assert session.scalar(sa.select(sa.func.count(AuditEntry.id))) == before
        assert session.scalar(sa.select(sa.func.count()).select_from(StaffSession)) == 1


def test_the_token_of_one_session_is_no_good_in_another(office: Office, key: int) -> None:
    one, other = office.enter("mot", "admin"), office.enter("hai", "admin")
    assert one.post("/presence", token=other.token, presence="busy").status_code == 403
    assert one.post("/presence", presence="busy").status_code == 303


def test_a_new_role_holds_at_once(office: Office, key: int) -> None:
    boss, lan = office.enter("boss", "admin"), office.enter("lan", "clerk")
    assert lan.get("/staff").status_code == 403
    staff_id = int(boss.get("/staff?q=lan").text.split('href="/console/staff/')[2].split('"')[0])
    assert boss.post(f"/staff/{staff_id}", name="Lan", role="admin", unit="", email="").status_code == 303
    assert lan.get("/staff").status_code == 200
    assert boss.post(f"/staff/{staff_id}", name="Lan", role="viewer", unit="", email="").status_code == 303
    assert lan.get("/staff").status_code == 403
