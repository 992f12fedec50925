"""Telling staff that citizens wait: on the transition, again while anybody does, once by all processes together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import sqlalchemy as sa

from bot.handoff.notifying import Notice, Notifier, StaffChat, body, subject, take
from bot.mail import Mailer, MailSettings
from bot.texts import Texts
from knowledge.models import Alert, Handoff, Staff
from tests.bot.handoff.people import NIGHT, OPEN, Office
from tests.fakes.smtp import FakeMail
from tests.fakes.telegram import TOKEN, FakeTelegram

LA_GI = "23235"
_MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def mail() -> Iterator[FakeMail]:
    fake = FakeMail()
    yield fake
    fake.close()


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    fake = FakeTelegram()
    yield fake
    fake.close()


def address(office: Office, staff_id: int, email: str) -> None:
    with office.sessions.begin() as session:
        session.get(Staff, staff_id).email = email


def notifier(
    office: Office, mail: FakeMail | None, telegram: FakeTelegram | None = None, chat: str = "-100"
) -> Notifier:
    sent_by = MailSettings("127.0.0.1", mail.port, sender="t@x.vn", tls="off") if mail else MailSettings()
    group = StaffChat("-100", TOKEN, telegram.url) if telegram else StaffChat()
    client = httpx.AsyncClient(verify=False, trust_env=False, timeout=5.0)
    return Notifier(office.sessions, office.rules, Mailer(sent_by), group, client, "https://troly.test")


def told(office: Office, now: dt.datetime) -> list[tuple[str, int, int]]:
    """Return unit, waiting and calls of what is due."""
    with office.sessions.begin() as session:
        return [(one.unit_code, one.waiting, one.calls) for one in take(session, office.rules, now)]


def test_on_the_transition_and_again_while_anybody_waits(office: Office) -> None:
    lan, key = office.hire("lan"), office.arrive()
    office.ask(key)
    assert told(office, OPEN) == [("", 1, 0)]
    assert told(office, OPEN + 4 * _MINUTE) == []
    assert told(office, OPEN + 5 * _MINUTE) == [("", 1, 0)]
    office.act(lan, key, "claim", now=OPEN + 6 * _MINUTE)
    assert told(office, OPEN + 60 * _MINUTE) == []


def test_who_comes_later_is_told_of_at_once_and_reminded_together(office: Office) -> None:
    office.hire("lan")
    office.ask(office.arrive())
    assert told(office, OPEN) == [("", 1, 0)]
    office.ask(office.arrive(), OPEN + 2 * _MINUTE)
    assert told(office, OPEN + 2 * _MINUTE) == [("", 2, 0)]
    assert told(office, OPEN + 6 * _MINUTE) == []
    assert told(office, OPEN + 7 * _MINUTE) == [("", 2, 0)]


def test_going_back_to_the_queue_is_a_transition(office: Office) -> None:
    lan, key = office.hire("lan"), office.arrive()
    office.ask(key)
    assert told(office, OPEN) == [("", 1, 0)]
    office.act(lan, key, "claim", now=OPEN + _MINUTE)
    with office.sessions.begin() as session:  # the moment of a step is the real one
        session.execute(sa.update(Handoff).values(alerted_at=OPEN - dt.timedelta(days=3650)))
    office.act(lan, key, "let_go")
    assert told(office, OPEN - dt.timedelta(days=3649)) == [("", 1, 0)]


def test_calls_are_told_of_at_once_and_again_in_working_hours_alone(office: Office) -> None:
    office.hire("lan", ready=False)
    office.ask(office.arrive(), NIGHT)
    assert told(office, NIGHT) == [("", 0, 1)]
    assert told(office, NIGHT + 180 * _MINUTE) == []
    monday = OPEN + dt.timedelta(days=3)
    assert told(office, monday) == [("", 0, 1)]
    assert told(office, monday + 59 * _MINUTE) == []
    assert told(office, monday + 60 * _MINUTE) == [("", 0, 1)]


def test_units_are_told_apart(office: Office) -> None:
    office.hire("lan", LA_GI)
    office.hire("ha")
    office.ask(office.arrive(), unit=LA_GI)
    office.ask(office.arrive())
    assert sorted(told(office, OPEN)) == [("", 1, 0), (LA_GI, 1, 0)]


def test_of_many_processes_one_tells(either_office: Office) -> None:
    either_office.hire("lan")
    for _ in range(3):
        either_office.ask(either_office.arrive())
    with ThreadPoolExecutor(8) as pool:
        found = [one for part in pool.map(lambda _: told(either_office, OPEN), range(8)) for one in part]
    assert found == [("", 3, 0)]
    assert told(either_office, OPEN) == []


@pytest.mark.parametrize(("ready", "readers"), [(True, ["lan@x.vn"]), (False, ["lan@x.vn", "ha@x.vn"])])
async def test_mail_goes_to_who_is_ready_else_to_all_of_the_unit(
    office: Office, mail: FakeMail, ready: bool, readers: list[str]
) -> None:
    for username, unit, is_ready in (("lan", LA_GI, ready), ("ha", "", False), ("xa", "22945", True)):
        address(office, office.hire(username, unit, ready=is_ready), f"{username}@x.vn")
    office.ask(office.arrive(), unit=LA_GI)
    assert await notifier(office, mail).look(OPEN + 3 * _MINUTE) == 1
    assert mail.readers == readers
    text = mail.messages[0].get_content()
    assert "Phường La Gi: 1 người" in text and "https://troly.test/console/" in text


async def test_the_group_is_told_the_same(office: Office, telegram: FakeTelegram) -> None:
    office.hire("lan")
    office.ask(office.arrive())
    await notifier(office, None, telegram).look(OPEN + 12 * _MINUTE)
    (form,) = telegram.said("sendMessage")
    assert form["chat_id"] == "-100"
    assert "1 người đang chờ cán bộ trả lời, lâu nhất 12 phút" in form["text"]


async def test_a_broken_server_raises_one_alert_until_it_works(office: Office, mail: FakeMail) -> None:
    address(office, office.hire("lan"), "lan@x.vn")
    office.ask(office.arrive())
    mail.refuses = "MAIL"
    teller = notifier(office, mail)
    for minutes in (0, 5, 10):
        assert await teller.look(OPEN + minutes * _MINUTE) == 1
    with office.sessions() as session:
        (alert,) = session.scalars(sa.select(Alert))
    assert (alert.text_key, alert.count, alert.cleared_at) == ("staff_mail", 3, None)
    assert "SMTP_HOST" in Texts.load().alert(alert.text_key, **alert.details) and "lan@" not in str(alert.details)
    mail.refuses = ""
    await teller.look(OPEN + 15 * _MINUTE)
    with office.sessions() as session:
        assert session.scalar(sa.select(Alert.cleared_at)) is not None
    assert len(mail.messages) == 1


async def test_a_group_that_is_gone_does_not_hold_up_mail(
    office: Office, mail: FakeMail, telegram: FakeTelegram
) -> None:
    address(office, office.hire("lan"), "lan@x.vn")
    office.ask(office.arrive())
    telegram.close()
    await notifier(office, mail, telegram).look(OPEN)
    assert len(mail.messages) == 1
    with office.sessions() as session:
        assert session.scalars(sa.select(Alert.text_key)).all() == ["staff_telegram"]


async def test_without_a_way_nothing_is_claimed(office: Office) -> None:
    office.hire("lan")
    office.ask(office.arrive())
    assert await notifier(office, None).look(OPEN) == 0
    assert told(office, OPEN) == [("", 1, 0)]


def test_nothing_personal_is_told(office: Office) -> None:
    office.hire("lan")
    key = office.arrive()
    office.write(key, "tôi là Nguyễn Văn A, 0912345678")
    office.ask(key)
    with office.sessions.begin() as session:
        session.execute(sa.update(Handoff).values(contact="0912345678"))
        (notice,) = take(session, office.rules, OPEN)
    said = f"{subject(notice)} {body(notice, 'https://x')}"
    assert "0912345678" not in said and "Nguyễn" not in said and key not in said


@pytest.mark.parametrize(
    ("notice", "lines"),
    [
        (Notice(LA_GI, 2, 0, 7, ()), ["Phường La Gi: 2 người đang chờ", "/console/waiting"]),
        (Notice("province", 0, 3, 0, ()), ["Trung tâm Phục vụ hành chính công: 3 người cần", "/console/calls"]),
        (Notice("", 1, 1, 0, ()), ["Chưa rõ đơn vị: 1 người đang chờ", "1 người cần", "/console/waiting"]),
    ],
)
def test_the_words(notice: Notice, lines: list[str]) -> None:
    said = body(notice, "https://x")
    assert [line for line in lines if line not in said] == []
    assert subject(notice).startswith(f"{notice.waiting} người chờ")
