"""Mail over a real connection to a server of our own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.errors import SettingsError
from bot.mail import Mailer, MailError, MailSettings
from tests.fakes.smtp import PASSWORD, USER, FakeMail


@pytest.fixture
def server() -> Iterator[FakeMail]:
    fake = FakeMail()
    yield fake
    fake.close()


def mailer(server: FakeMail, **changes: object) -> Mailer:
    settings = MailSettings("127.0.0.1", server.port, sender="troly@lamdong.gov.vn", tls="off")
    return Mailer(replace(settings, **changes))


def test_each_reader_gets_a_message_of_their_own(server: FakeMail) -> None:
    mailer(server).send(["a@x.vn", "b@x.vn"], "2 người chờ · Phường La Gi", "Phường La Gi: 2 người\n.\n..hết")
    assert server.readers == ["a@x.vn", "b@x.vn"]
    assert [message["To"] for message in server.messages] == ["a@x.vn", "b@x.vn"]
    first = server.messages[0]
    assert (first["Subject"], first["From"]) == ("2 người chờ · Phường La Gi", "troly@lamdong.gov.vn")
    assert first.get_content().replace("\r\n", "\n") == "Phường La Gi: 2 người\n.\n..hết\n"
    assert first["Auto-Submitted"] == "auto-generated" and first["Message-ID"] and first["Date"]


def test_it_signs_in_where_there_is_a_user(server: FakeMail) -> None:
    server.wants_password = True
    with pytest.raises(MailError):
        mailer(server).send(["a@x.vn"], "x", "x")
    mailer(server, user=USER, password=PASSWORD).send(["a@x.vn"], "x", "x")
    assert server.signed_in == [USER]
    with pytest.raises(MailError):
        mailer(server, user=USER, password="wrong").send(["a@x.vn"], "x", "x")


@pytest.mark.parametrize(
    ("refuses", "changes"),
    [
        ("MAIL", {}),
        ("RCPT", {}),
        ("DATA", {}),
        ("EHLO", {"tls": "starttls"}),
        ("", {"tls": "starttls"}),
        ("", {"tls": "tls"}),
    ],
)
def test_a_refusal_says_nothing_of_whom_it_was_for(server: FakeMail, refuses: str, changes: dict[str, object]) -> None:
    server.refuses = refuses
    with pytest.raises(MailError) as caught:
        mailer(server, **changes).send(["nguoi.nhan@x.vn"], "x", "x")
    assert "nguoi.nhan" not in str(caught.value) and caught.value.__cause__ is None and caught.value.__context__ is None
    assert server.messages == [], "nothing goes out in the clear where it must not"


def test_one_unknown_reader_keeps_nothing_from_the_others(server: FakeMail) -> None:
    server.unknown = "gone@x.vn"
    with pytest.raises(MailError):
        mailer(server).send(["a@x.vn", "gone@x.vn", "b@x.vn"], "x", "x")
    assert [message["To"] for message in server.messages] == ["a@x.vn", "b@x.vn"]


def test_a_server_that_is_away_is_a_refusal(server: FakeMail) -> None:
    server.close()
    with pytest.raises(MailError):
        mailer(server).send(["a@x.vn"], "x", "x")


@pytest.mark.parametrize("text", ["a@x.vn\r\nBcc: all@x.vn", "không phải địa chỉ\n"])
def test_an_address_brings_no_header(server: FakeMail, text: str) -> None:
    with pytest.raises(MailError):
        mailer(server).send([text], "x", "x")
    assert server.messages == []


@pytest.mark.parametrize(
    ("environ", "port", "sender"),
    [
        ({}, 587, ""),
        ({"SMTP_HOST": "m", "SMTP_FROM": "a@b.vn"}, 587, "a@b.vn"),
        ({"SMTP_HOST": "m", "SMTP_USER": "a@b.vn", "SMTP_TLS": "tls"}, 465, "a@b.vn"),
        ({"SMTP_HOST": "m", "SMTP_FROM": "a@b.vn", "SMTP_PORT": "25", "SMTP_TLS": "off"}, 25, "a@b.vn"),
    ],
)
def test_settings(environ: dict[str, str], port: int, sender: str) -> None:
    found = MailSettings.from_env(environ)
    assert (found.port, found.sender, Mailer(found).is_on) == (port, sender, "SMTP_HOST" in environ)
    assert "password" not in repr(found)


@pytest.mark.parametrize(
    "environ",
    [{"SMTP_TLS": "ssl3"}, {"SMTP_PORT": "x"}, {"SMTP_PORT": "0"}, {"SMTP_PORT": "70000"}, {"SMTP_HOST": "m"}],
)
def test_settings_that_cannot_be_used(environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError):
        MailSettings.from_env(environ)
