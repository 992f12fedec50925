"""A provider's HTTP server on this machine, which can be taken away and brought back."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE = 60.0  # seconds after which a test gives up; no test waits for it
CUT = -1  # a status: the connection ends without an answer


class Server(ThreadingHTTPServer):
    """Takes as many callers at the same moment as a test sends; by default the sixth of them is turned away."""

    daemon_threads = True
    request_queue_size = 128


class Loopback:
    """Subclasses write ``answer``; ``news`` guards what they keep and is notified after every call."""

    def __init__(self, port: int = 0) -> None:
        self.news = threading.Condition()
        self.port = port
        self.is_up = self.is_over = False
        self.up()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, verb: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """Return status and JSON body of a call."""
        raise NotImplementedError

    def up(self) -> None:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._take("GET")

            def do_POST(self) -> None:
                self._take("POST")

            def _take(self, verb: str) -> None:
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length)
                if len(body) < length:  # the caller died while it was writing
                    self.close_connection = True
                    return
                status, answer = fake.answer(verb, self.path, dict(self.headers.items()), body)
                if status == CUT or not fake.is_up:
                    self.close_connection = True
                    return
                try:
                    self.send_response(status)
                    self.send_header("content-type", "application/json")
                    self.send_header("content-length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)
                except OSError:  # the caller did not wait for it
                    pass

            def log_message(self, *_: object) -> None:
                pass

        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        self.is_up = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def down(self) -> None:
        """Refuse connections from now on, and end those that wait."""
        if not self.is_up:
            return
        with self.news:
            self.is_up = False
            self.news.notify_all()
        self._server.shutdown()
        self._server.server_close()

    def close(self) -> None:
        """Go for good."""
        self.is_over = True
        self.down()

    def wait(self, what: Any) -> None:
        """Return once ``what()`` is true; it is looked at after every call, and from time to time."""
        until = time.monotonic() + PATIENCE
        with self.news:
            while not self.news.wait_for(what, 0.2):  # a call may change something and then wait itself
                assert time.monotonic() < until, vars(self)
