"""Entities that rules find better than statistics: codes, numbers, amounts, dates and the places of the province."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

import nlu.dossier_codes
import nlu.patterns
import nlu.places
from nlu.components.tokenizer import UndertheseaTokenizer
from nlu.components.words import SPANS, files_fingerprint
from nlu.features import Span
from nlu.patterns import find_codes
from nlu.places import PlaceFinder, read_gazetteer, syllables


# Registered as a featurizer because Rasa runs only tokenizers and featurizers over the training data, and the
# classifiers have to learn from the same masked messages that they will see.
@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class VietnameseEntityMatcher(GraphComponent, EntityExtractorMixin):
    """Adds dossier_code, procedure_code, phone, id_number, amount, date and place entities."""

    @classmethod
    def required_components(cls) -> list[type]:
        """The spans found here belong to the tokens of the same message."""
        return [UndertheseaTokenizer]

    @staticmethod
    def required_packages() -> list[str]:
        """Import checked by Rasa before training."""
        return ["spacy"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Defaults, overridden in config.yml."""
        return {
            # Gazetteer, relative to the folder where `rasa train` runs; a copy is stored with the model.
            "places": "nlu/data/entities/places.txt",
        }

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> VietnameseEntityMatcher:
        """Read the gazetteer of the working folder."""
        return cls(config, model_storage, resource, Path(config["places"]).read_text(encoding="utf-8"))

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """Train again when the gazetteer or the finders changed."""
        places = config.get("places") or cls.get_default_config()["places"]
        return files_fingerprint(places, nlu.patterns.__file__, nlu.dossier_codes.__file__, nlu.places.__file__)

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource, places: str) -> None:
        self._config, self._storage, self._resource, self._places = config, storage, resource, places
        self._finder = PlaceFinder(read_gazetteer(places.splitlines()))

    def train(self, training_data: TrainingData) -> Resource:
        """Learn nothing; store the gazetteer so that a model is complete in itself."""
        with self._storage.write_to(self._resource) as folder:
            (folder / "places.txt").write_text(self._places, encoding="utf-8")
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Give the classifiers the spans; training examples keep the entities they are annotated with."""
        for example in training_data.training_examples:
            if example.get(TEXT):
                example.set(SPANS, _spans(self._entities(example.get(TEXT))))
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the entities to each message."""
        for message in messages:
            found = self._entities(message.get(TEXT) or "")
            message.set(SPANS, _spans(found))
            message.set(ENTITIES, message.get(ENTITIES, []) + self.add_extractor_name(found), add_to_output=True)
        return messages

    def _entities(self, text: str) -> list[dict[str, Any]]:
        codes = find_codes(text)
        entities: list[dict[str, Any]] = [
            {"entity": f.name, "start": f.start, "end": f.end, "value": f.value} for f in codes
        ]
        for place in self._finder.find(text, syllables(text)):
            if not any(place.start < code.end and code.start < place.end for code in codes):
                entities.append(
                    {"entity": "place", "start": place.start, "end": place.end, "value": place.name, "kind": place.kind}
                )
        return sorted(entities, key=lambda entity: entity["start"])

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> VietnameseEntityMatcher:
        """Read the gazetteer stored with the model."""
        with model_storage.read_from(resource) as folder:
            places = (folder / "places.txt").read_text(encoding="utf-8")
        return cls(config, model_storage, resource, places)


def _spans(entities: list[dict[str, Any]]) -> list[Span]:
    return [(entity["start"], entity["end"], entity["entity"]) for entity in entities]
