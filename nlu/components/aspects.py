"""What is asked about a procedure: several aspects at once, or none, as entities named ``aspect``."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.entities import VietnameseEntityMatcher
from nlu.components.words import clause_grams, files_fingerprint, lexicon_facts, message_grams, message_words
from nlu.linear import LinearModel, sigmoid
from nlu.text import Lexicon, load_lexicon
from nlu.validation import Lessons, train_model

logger = logging.getLogger(__name__)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class AspectClassifier(GraphComponent, EntityExtractorMixin):
    """One logistic regression per aspect; its labels are the ``aspects`` in the metadata of the examples."""

    @classmethod
    def required_components(cls) -> list[type]:
        """Entity spans are masked before learning."""
        return [VietnameseEntityMatcher]

    @staticmethod
    def required_packages() -> list[str]:
        """Import checked by Rasa before training."""
        return ["sklearn"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Defaults, overridden in config.yml."""
        return {
            # Short forms and teencode, relative to the folder where `rasa train` runs; a copy is stored with the model.
            "lexicon": "nlu/data/entities/abbreviations.yml",
            # Inverse strength of regularisation.
            "cost": 10.0,
            # Sentences that must hold an n-gram before it counts.
            "min_count": 2,
            # Sentences made of two others, for every real one: they teach several aspects at once.
            "composed_share": 2.0,
            # An aspect counts from this probability.
            "threshold": 0.6,
            # Intents whose examples teach aspects; those of others say nothing about procedures.
            "intents": ["ask_procedure", "correct"],
        }

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> AspectClassifier:
        """Read the lexicon of the working folder."""
        return cls(config, model_storage, resource, load_lexicon(Path(config["lexicon"])))

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """Train again when the lexicon or the feature code changed."""
        return files_fingerprint(config.get("lexicon") or cls.get_default_config()["lexicon"])

    def __init__(
        self,
        config: dict[str, Any],
        storage: ModelStorage,
        resource: Resource,
        lexicon: Lexicon,
        model: LinearModel | None = None,
    ) -> None:
        self._config, self._storage, self._resource, self._lexicon = config, storage, resource, lexicon
        self._model = model

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the model on all examples and on sentences composed of two of them."""
        examples = [e for e in training_data.intent_examples if e.get(INTENT) in self._config["intents"]]
        labels = sorted({aspect for example in examples for aspect in aspects_of(example)})
        if not labels:
            logger.warning(
                "No example carries 'aspects' in its metadata; no aspect will be found. See nlu/data/intents."
            )
            return self._resource
        targets = np.array([[label in aspects_of(example) for label in labels] for example in examples], dtype=int)
        lessons = Lessons([message_words(example, self._lexicon) for example in examples], targets)
        everyone = range(len(examples))
        lessons.compose(everyone, everyone, int(len(examples) * self._config["composed_share"]), keep="both")
        self._model = train_model(lessons, labels, self._config["cost"], self._config["min_count"])
        self._persist()
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add one entity per aspect that reaches the threshold."""
        for message in messages:
            found = self._aspects(message)
            message.set(ENTITIES, message.get(ENTITIES, []) + self.add_extractor_name(found), add_to_output=True)
        return messages

    def _aspects(self, message: Message) -> list[dict[str, Any]]:
        if self._model is None:
            return []
        end = len(message.get(TEXT) or "")
        chances = sigmoid(self._scores(self._model, message))
        return [
            {"entity": "aspect", "start": 0, "end": end, "value": label, "confidence_entity": round(float(chance), 3)}
            for chance, label in sorted(zip(chances, self._model.labels), reverse=True)
            if chance >= self._config["threshold"]
        ]

    def _scores(self, model: LinearModel, message: Message) -> np.ndarray:
        """Return log-odds: of two things asked at once, each is plainer in its own clause than in the whole."""
        whole = model.scores(message_grams(message, self._lexicon))
        parts = [model.scores(grams) for grams in clause_grams(message, self._lexicon)]
        return (whole + np.max([whole, *parts], axis=0)) / 2

    def _persist(self) -> None:
        assert self._model is not None
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder, "aspects", lexicon=lexicon_facts(self._lexicon))

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> AspectClassifier:
        """Read weights and lexicon stored with the model."""
        with model_storage.read_from(resource) as folder:
            if not (folder / "aspects.json").exists():
                return cls.create(config, model_storage, resource, execution_context)
            model, facts = LinearModel.load(folder, "aspects")
        return cls(config, model_storage, resource, Lexicon(**facts["lexicon"]), model)


def aspects_of(example: Message) -> list[str]:
    """Return the aspects that the block of an example declares in its metadata."""
    metadata = example.get("metadata") or {}
    return list((metadata.get("intent") or {}).get("aspects") or [])
