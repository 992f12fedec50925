"""One model for all NLU tests: trained once a session; Rasa's cache makes a second session quick."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from nlu.text import Lexicon, load_lexicon

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
def parse(tmp_path_factory: pytest.TempPathFactory) -> Parse:
    """Return a function from text to Rasa's parse of it, by a model trained on the data as it is now."""
    from rasa.core.agent import Agent
    from rasa.model_training import train_nlu
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.CRITICAL)  # structlog would print what citizens write
    folder = tmp_path_factory.mktemp("model")
    model = train_nlu("config.yml", "nlu/data", str(folder), domain="domain.yml", fixed_model_name="nlu")
    agent = Agent.load(model)
    return lambda text: asyncio.run(agent.parse_message(text))
