"""A fake Rasa or action server as a program of its own: ``python -m tests.fakes.neighbour PORT``.

``GET /senders`` tells which conversations have asked it.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Mapping

from tests.bot.fake_rasa import FakeRasa


class Neighbour(FakeRasa):
    def answer(self, verb: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        if path == "/senders":
            return 200, json.dumps([asked["sender"] for asked in self.received]).encode()
        return super().answer(verb, path, headers, body)


if __name__ == "__main__":
    Neighbour(int(sys.argv[1]))
    signal.pause()
