"""A fake Rasa: a real HTTP server with the shape of Rasa's REST channel."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE = 20.0  # seconds after which a test gives up; no test waits for it


def reply(text: str, **more: Any) -> list[dict[str, Any]]:
    """Return Rasa's JSON for one reply."""
    custom = {"outcome": "answered", "bubbles": [[{"kind": "text", "text": text}]], **more}
    return [{"recipient_id": "someone", "custom": custom}]


class Held:
    """An answer that waits until it is released."""

    def __init__(self) -> None:
        self.release = threading.Event()


class FakeRasa:
    """Rasa's REST channel. ``received`` is what was asked, in order; unscripted messages are echoed."""

    def __init__(self, port: int = 0) -> None:
        self.received: list[dict[str, Any]] = []
        self._scripts: dict[str, list[Any]] = {}
        self._news = threading.Condition()
        self._held: list[Held] = []
        self.port = port
        self.up()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

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
        with self._news:
            assert self._news.wait_for(lambda: self.messages.count(message) >= times, PATIENCE), self.messages

    def wait_for_count(self, count: int) -> None:
        """Return once so many messages have been asked in all."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.received) >= count, PATIENCE), self.messages

    def up(self) -> None:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._send(200, b"Hello from Rasa: 3.6.21")

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                assert self.path == "/webhooks/rest/webhook"
                self._send(*fake.answer(body))

            def _send(self, status: int, body: bytes) -> None:
                try:
                    self.send_response(status)
                    self.send_header("content-length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:  # the asker did not wait for it
                    pass

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def down(self) -> None:
        for held in self._held:
            held.release.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, body: dict[str, Any]) -> tuple[int, bytes]:
        with self._news:
            self.received.append(body)
            self._news.notify_all()
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
