"""A program to supervise: ``tiny_program.py PIDS [PORT] [--stubborn]``.

It has a child of its own, leaves a file named by each process id in the folder PIDS, answers as the front server does
when it has a port, and ignores SIGTERM when stubborn.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


class Front(BaseHTTPRequestHandler):
    """Answers every question as the right record would."""

    def do_GET(self) -> None:
        self._send({"status": "ok"})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._send(
            {"outcome": "answered", "procedures": ["1.001193"], "aspects": ["documents"], "text": "the first answer"}
        )

    def _send(self, data: dict[str, object]) -> None:
        body = json.dumps(data).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main(pids: Path, *options: str) -> None:
    if "--stubborn" in options:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen(["sleep", "600"])
    for pid, role in ((child.pid, "child"), (os.getpid(), "program")):
        (pids / str(pid)).write_text(role, encoding="ascii")
    print("a tiny program is up", flush=True)
    ports = [option for option in options if option.isdecimal()]
    if ports:
        HTTPServer(("127.0.0.1", int(ports[0])), Front).serve_forever()
    child.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
