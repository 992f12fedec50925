"""Whatever is sent to whichever address, the server does not fail and tells no secret."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyotp
import pytest
import requests
import schemathesis
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings

from bot.console.second import SecondFactor
from knowledge.models import AdminUnit, CannedReply, Conversation, Handoff, Staff
from tests.bot.running import KEY
from tests.console.desk import Browser, Office
from tests.console.openapi import CONVERSATION, THERE, description

CALLS = 5  # for each address; the same ones every time
BOUNDED = settings(
    max_examples=CALLS, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


def caller(office: Office, inside: bool) -> Browser:
    """Return who calls, with something there to call: a colleague, a canned reply, a conversation in the queue."""
    boss = office.enter("boss", "admin", totp=SecondFactor(KEY).seal(pyotp.random_base32()))
    assert office.add("lan") == THERE
    with office.server.sessions.begin() as session:
        session.add(AdminUnit(code="24787", kind="Phường", name="La Gi"))
        session.add(CannedReply(id=THERE, shortcut="chao", title="Chào", text="Dạ", folded="chao da"))
        session.add(Conversation(id=CONVERSATION, channel="web", external_id=CONVERSATION))
        session.flush()
        session.add(Handoff(id=THERE, conversation_id=CONVERSATION, state="queued", reason="asked"))
    if inside:
        return boss
    nobody = Browser(office.server.url)
    nobody.get("/sign-in")
    return nobody


def secrets_of(office: Office) -> list[str]:
    with office.server.sessions() as session:
        kept = session.execute(sa.select(Staff.password_hash, Staff.totp)).all()
    return [KEY.decode(), "$argon2", "Traceback", *(value for row in kept for value in row if value)]


@pytest.mark.parametrize("inside", [False, True], ids=["anybody", "an administrator"])
def test_no_request_breaks_the_server(office: Office, inside: bool) -> None:
    who = caller(office, inside)
    schema = schemathesis.openapi.from_dict(description(office.server, inside))
    headers = {"Origin": who.url, "X-CSRF-Token": who.token, "Cookie": f"console={who.secret}"}
    how = {"base_url": who.url, "headers": headers, "session": requests.Session(), "allow_redirects": False}
    secrets, statuses = secrets_of(office), Counter[int]()
    for found in schema.get_all_operations():
        operation = found.ok()

        @BOUNDED
        @given(case=operation.as_strategy())
        def call(case: Any) -> None:
            answer = case.call(**how)
            statuses[answer.status_code] += 1
            assert answer.status_code < 500, f"{case.method} {case.path}: {answer.status_code}"
            assert not any(secret.encode() in answer.content for secret in secrets), (
                f"{case.method} {case.path} tells a secret"
            )

        call()
    assert statuses[200] and statuses[422 if inside else 401], statuses
