"""A fake Rasa: a real HTTP server with the shape of Rasa's REST channel."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

from tests.fakes.loopback import PATIENCE as PATIENCE
from tests.fakes.loopback import Loopback


def reply(text: str, **more: Any) -> list[dict[str, Any]]:
    """Return Rasa's JSON for one reply."""
    custom = {"outcome": "answered", "bubbles": [[{"kind": "text", "text": text}]], **more}
    return [{"recipient_id": "someone", "custom": custom}]


class Held:
    """An answer that waits until it is released."""

    def __init__(self) -> None:
        self.release = threading.Event()


class FakeRasa(Loopback):
    """Rasa's REST channel. ``received`` is what was asked, in order; unscripted messages are echoed.

    While it ``is_gone`` a proxy before it answers.
    """

    def __init__(self, port: int = 0) -> None:
        self.received: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.is_gone = False
        self._scripts: dict[str, list[Any]] = {}
        self._held: list[Held] = []
        super().__init__(port)

    @property
    def messages(self) -> list[str]:
        return [body["message"] for body in self.received]

    def script(self, message: str, *answers: Any) -> None:
        """Answer a message so, one after the other; the last for ever.

        A list is JSON, bytes are sent as they are, a number is a status, Held waits, then echoes.
        """
        self._scripts[message] = list(answers)
        self._held += [answer for answer in answers if isinstance(answer, Held)]

    def wait_for(self, message: str, times: int = 1) -> None:
        """Return once the message has been asked so many times."""
        with self.news:
            assert self.news.wait_for(lambda: self.messages.count(message) >= times, PATIENCE), self.messages

    def wait_for_count(self, count: int) -> None:
        """Return once so many messages have been asked in all."""
        with self.news:
            assert self.news.wait_for(lambda: len(self.received) >= count, PATIENCE), self.messages

    def down(self) -> None:
        for held in self._held:
            held.release.set()
        super().down()

    def answer(self, verb: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        if verb == "GET" and self.is_gone:
            return 503, b"no server is available"
        if verb == "GET":
            return 200, b"Hello from Rasa: 3.6.21"
        assert path == "/webhooks/rest/webhook"
        self.headers.append({name.lower(): value for name, value in headers.items()})
        status, said = self._said(json.loads(body))
        return (503, b"no server is available") if self.is_gone else (status, said)

    def _said(self, body: dict[str, Any]) -> tuple[int, bytes]:
        with self.news:
            self.received.append(body)
            self.news.notify_all()
            answers = self._scripts.get(body["message"], [])
            scripted = answers.pop(0) if len(answers) > 1 else (answers[0] if answers else None)
        if isinstance(scripted, Held):
            scripted.release.wait(PATIENCE)
            scripted = None
        if isinstance(scripted, int):
            return scripted, b"no"
        if isinstance(scripted, bytes):
            return 200, scripted
        return 200, json.dumps(scripted or reply(f"echo {body['message']}")).encode()
