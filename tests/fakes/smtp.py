"""A mail server on this machine: takes messages, or refuses them; keeps who they were for and what they say."""

from __future__ import annotations

import base64
import email
import email.policy
import socketserver
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

USER, PASSWORD = "troly", "a-password-that-no-log-may-hold"


@dataclass
class FakeMail:
    """``refuses`` is a verb that is answered with 550, ``unknown`` an address that nobody has here.

    ``wants_password``: nothing is taken without signing in.
    """

    refuses: str = ""
    wants_password: bool = False
    unknown: str = ""
    readers: list[str] = field(default_factory=list)
    messages: list[EmailMessage] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        fake = self

        class Handler(_Talk):
            mail = fake

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        """Stop; whoever connects then finds nobody."""
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128


class _Talk(socketserver.StreamRequestHandler):
    mail: FakeMail

    def handle(self) -> None:
        with suppress(ConnectionError):  # who wrote has gone without waiting for an answer
            self._talk()

    def _talk(self) -> None:
        self._say("220 fake.test ESMTP")
        while line := self.rfile.readline():
            verb, _, rest = line.decode(errors="replace").strip().partition(" ")
            if verb.upper() == "QUIT":
                self._say("221 bye")
                return
            self._answer(verb.upper(), rest)

    def _answer(self, verb: str, rest: str) -> None:
        if verb == self.mail.refuses:
            self._say("550 no")
        elif verb == "EHLO":
            self._say("250-fake.test\r\n250 AUTH PLAIN")
        elif verb == "AUTH":
            self._sign_in(rest)
        elif verb == "MAIL" and self.mail.wants_password and not self.mail.signed_in:
            self._say("530 sign in first")
        elif verb == "RCPT" and self.mail.unknown and self.mail.unknown in rest:
            self._say("550 nobody of that name")
        elif verb == "RCPT":
            self.mail.readers.append(rest.partition("<")[2].partition(">")[0])
            self._say("250 ok")
        elif verb == "DATA":
            self._take()
        else:
            self._say("502 no" if verb == "STARTTLS" else "250 ok")

    def _sign_in(self, rest: str) -> None:
        _, name, password = base64.b64decode(rest.split()[1]).decode().split("\0")
        if (name, password) != (USER, PASSWORD):
            self._say("535 no")
            return
        self.mail.signed_in.append(name)
        self._say("235 ok")

    def _take(self) -> None:
        self._say("354 go on")
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        found: Any = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        self.mail.messages.append(found)
        self._say("250 taken")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())
