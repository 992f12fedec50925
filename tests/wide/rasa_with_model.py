"""A fake Rasa that looks at its model: ``python -m tests.wide.rasa_with_model``, with RASA_PORT and RASA_MODEL."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping

from tests.bot.fake_rasa import FakeRasa


class WithModel(FakeRasa):
    """Without a model that it could load Rasa is there, and says nothing to any question."""

    def answer(self, verb: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        if verb == "POST" and "bad" in os.environ["RASA_MODEL"]:
            return 200, b"[]"
        return super().answer(verb, path, headers, body)


if __name__ == "__main__":
    if "lost" in os.environ["RASA_MODEL"]:
        sys.exit("no such model")
    WithModel(int(os.environ["RASA_PORT"]))
    signal.pause()
