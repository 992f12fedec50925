"""One model for all NLU tests: the product's own, trained where none fits the data as it is now."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from nlu.text import Lexicon, load_lexicon
from setup import model, services

SENTENCES = Path(__file__).parent / "sentences"
Parse = Callable[[str], dict]


@pytest.fixture(scope="session")
def lexicon() -> Lexicon:
    """The short forms that the product ships."""
    return load_lexicon(Path("nlu/data/entities/abbreviations.yml"))


@pytest.fixture(scope="session")
def held_out() -> list[dict]:
    """Sentences that the model never trains on, with intent, aspects and entities."""
    return [row for path in sorted(SENTENCES.glob("*.yml")) for row in yaml.safe_load(path.read_text(encoding="utf-8"))]


@pytest.fixture(scope="session")
def parse() -> Parse:
    """Return a function from text to Rasa's parse of it."""
    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.CRITICAL)  # structlog would print what citizens write
    path, _ = model.ensure(model.DIALOGUE, services.environment(os.environ), lambda _name, _note: None)
    agent = Agent.load(str(path))
    return lambda text: asyncio.run(agent.parse_message(text))
