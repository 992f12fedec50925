"""Mail to staff through the office's own server."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from bot.errors import BotError, SettingsError

_MODES = ("starttls", "tls", "off")
_TIMEOUT = 20.0  # seconds for each answer of the server


class MailError(BotError):
    """The mail server did not take a message; the reason is one word, and names nobody."""


@dataclass(frozen=True)
class MailSettings:
    """Where mail goes out; without a host none does. ``tls``: starttls, tls (from the first byte) or off."""

    host: str = ""
    port: int = 587
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str = ""
    tls: str = "starttls"

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> MailSettings:
        """Return the settings that the environment asks for.

        Raises:
            SettingsError: a value cannot be used.
        """
        tls = environ.get("SMTP_TLS") or cls.tls
        if tls not in _MODES:
            raise SettingsError(f"SMTP_TLS={tls!r} is none of {', '.join(_MODES)}")
        port = environ.get("SMTP_PORT") or ("465" if tls == "tls" else str(cls.port))
        if not port.isdecimal() or not 1 <= int(port) <= 65535:
            raise SettingsError(f"SMTP_PORT={port!r} is not a whole number from 1 to 65535")
        host, user = environ.get("SMTP_HOST", "").strip(), environ.get("SMTP_USER", "").strip()
        sender = environ.get("SMTP_FROM", "").strip() or user
        if host and "@" not in sender:
            raise SettingsError("SMTP_HOST needs SMTP_FROM: the address that mail comes from")
        return cls(host, int(port), user, environ.get("SMTP_PASSWORD", ""), sender, tls)


@dataclass(frozen=True)
class Mailer:
    """Sends short texts, each reader by a message of their own, so that nobody learns the others' addresses."""

    settings: MailSettings

    @property
    def is_on(self) -> bool:
        """Whether there is a server to send by."""
        return bool(self.settings.host)

    def send(self, readers: Iterable[str], subject: str, text: str) -> None:
        """Send a text; blocks for as long as the server takes.

        Raises:
            MailError: the server could not be reached, or refused a reader; all others have their message.
        """
        refused = ""
        try:
            with self._connect() as server:
                for reader in readers:
                    refused = self._hand_in(server, reader, subject, text) or refused
        except (smtplib.SMTPException, OSError) as error:
            refused = type(error).__name__  # their words may hold addresses
        if refused:
            raise MailError(refused)

    def _hand_in(self, server: smtplib.SMTP, reader: str, subject: str, text: str) -> str:
        """Return why a reader cannot be written to, "" when they can."""
        try:
            server.send_message(_message(self.settings.sender, reader, subject, text))
        except (smtplib.SMTPRecipientsRefused, ValueError) as error:
            return type(error).__name__
        return ""

    def _connect(self) -> smtplib.SMTP:
        given = self.settings
        if given.tls == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                given.host, given.port, timeout=_TIMEOUT, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(given.host, given.port, timeout=_TIMEOUT)
        try:
            if given.tls == "starttls":
                server.starttls(context=ssl.create_default_context())
            if given.user:
                server.login(given.user, given.password)
        except BaseException:
            server.close()
            raise
        return server


def _message(sender: str, reader: str, subject: str, text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, reader, subject
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=sender.rpartition("@")[2] or None)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message
