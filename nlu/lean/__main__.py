"""``python -m nlu.lean run …``: what ``python -m rasa run …`` does, without what this product never uses of Rasa."""

from __future__ import annotations

import importlib

from nlu.lean.absent import left_out

with left_out():
    from rasa.__main__ import main

    importlib.import_module("rasa.engine.recipes.default_components")  # else Rasa does so when it loads a model

if __name__ == "__main__":
    main()
