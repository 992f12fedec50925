"""The first question is judged: only the expected record's answer counts as a true one."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from setup.answer import ask_first_question
from setup.console import SetupError

TRUE = {"outcome": "answered", "procedures": ["1.001193"], "aspects": ["documents"], "text": "…"}


@contextmanager
def front(answer: bytes) -> Iterator[str]:
    class Front(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200 if asked["text"] and asked["conversation"] else 422)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Front)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("change", "is_true"),
    [
        ({}, True),
        ({"procedures": ["1.001193", "1.000894"]}, True),
        ({"procedures": ["1.000894", "1.001193"]}, False),
        ({"procedures": []}, False),
        ({"outcome": "unavailable"}, False),
        ({"outcome": "clarify"}, False),
        ({"aspects": ["fee"]}, False),
    ],
)
def test_an_answer_is_true_when_it_is_from_the_expected_record(change: dict[str, Any], is_true: bool) -> None:
    with front(json.dumps({**TRUE, **change}).encode()) as address:
        assert ask_first_question(address).is_true is is_true


@pytest.mark.parametrize("answer", [b"", b"<html>", b"{}", b"[]", b'{"text": "only"}'])
def test_an_answer_of_another_shape_is_one_clear_message(answer: bytes) -> None:
    with front(answer) as address, pytest.raises(SetupError, match="The first question got no answer"):
        ask_first_question(address)


def test_no_answer_at_all_is_one_clear_message() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(SetupError, match="The first question got no answer"):
        ask_first_question(f"http://127.0.0.1:{port}")
