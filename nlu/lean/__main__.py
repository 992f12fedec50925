"""``python -m nlu.lean run …``: what ``python -m rasa run …`` does, without what this product never uses of Rasa."""

from __future__ import annotations

import importlib
import os

from nlu.lean.absent import left_out

# seconds, twice as many as anybody waits for a turn: a Rasa that is killed in one leaves the lock of its conversation
# behind in Redis, and those who write there would wait for a whole minute
os.environ["TICKET_LOCK_LIFETIME"] = os.environ.get("TICKET_LOCK_LIFETIME") or "8"

with left_out():
    from rasa.__main__ import main

    importlib.import_module("rasa.engine.recipes.default_components")  # else Rasa does so when it loads a model

if __name__ == "__main__":
    main()
