"""What the citizen does with a message (its dialogue act), with a confidence that can be trusted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.entities import VietnameseEntityMatcher
from nlu.components.words import files_fingerprint, lexicon_facts, message_grams, message_words
from nlu.linear import LinearModel, softmax
from nlu.text import Lexicon, load_lexicon
from nlu.validation import Lessons, best_temperature, hold_out, train_model


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class DialogueActClassifier(GraphComponent, IntentClassifier):
    """Logistic regressions one against the rest; a temperature from cross-validation makes confidences honest."""

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
            # Sentences made of two others, for every real one, of each of three kinds (see _compose).
            "composed_share": 0.05,
            # Acts that keep their meaning after "chào em".
            "acts_after_greeting": [
                "ask_procedure",
                "check_dossier",
                "ask_human",
                "complain",
                "report_harassment",
                "ask_term",
                "out_of_scope",
            ],  # fmt: skip
            # Acts that only programs send (as "/name"): known to the domain, never guessed from words.
            "never_typed": [],
            # How many intents the ranking shows.
            "ranking_length": 5,
        }

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> DialogueActClassifier:
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
        temperature: float = 1.0,
    ) -> None:
        self._config, self._storage, self._resource, self._lexicon = config, storage, resource, lexicon
        self._model, self._temperature = model, temperature

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the model on all examples; the temperature comes from sentences held out by cross-validation."""
        examples = [e for e in training_data.intent_examples if e.get(INTENT) not in self._config["never_typed"]]
        labels = sorted({example.get(INTENT) for example in examples})
        truth = np.array([labels.index(example.get(INTENT)) for example in examples], dtype=int)
        lessons = Lessons([message_words(e, self._lexicon) for e in examples], np.eye(len(labels), dtype=int)[truth])
        self._compose(lessons, [example.get(INTENT) for example in examples])
        cost, min_count = self._config["cost"], self._config["min_count"]
        held_out = hold_out(lessons, cost, min_count, parts=1)
        self._temperature = best_temperature(held_out.scores, truth[held_out.asked])
        self._model = train_model(lessons, labels, cost, min_count)
        self._persist()
        return self._resource

    def _compose(self, lessons: Lessons, intents: list[str]) -> None:
        """Teach that a greeting before, thanks after or a story before a message do not change its act."""
        share = self._config["composed_share"]
        of = {name: [i for i, intent in enumerate(intents) if intent == name] for name in set(intents)}
        busy = [i for i, intent in enumerate(intents) if intent in self._config["acts_after_greeting"]]
        questions = of.get("ask_procedure", [])
        for firsts, seconds, keep in (
            (of.get("greet", []), busy, "second"),
            (questions, of.get("thank", []), "first"),
            (questions, questions, "both"),
        ):
            if firsts and seconds:
                lessons.compose(firsts, seconds, int(len(intents) * share), keep)

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the intent and its ranking."""
        for message in messages:
            ranking = self._ranking(message)
            message.set(INTENT, ranking[0] if ranking else {"name": None, "confidence": 0.0}, add_to_output=True)
            message.set("intent_ranking", ranking[: self._config["ranking_length"]], add_to_output=True)
        return messages

    def _ranking(self, message: Message) -> list[dict[str, Any]]:
        grams = message_grams(message, self._lexicon)
        if self._model is None or not any(grams):
            return []
        chances = softmax(self._model.scores(grams) / self._temperature)
        order = np.argsort(-chances)
        return [{"name": self._model.labels[i], "confidence": float(chances[i])} for i in order]

    def _persist(self) -> None:
        assert self._model is not None
        with self._storage.write_to(self._resource) as folder:
            facts = {"temperature": self._temperature, "lexicon": lexicon_facts(self._lexicon)}
            self._model.save(folder, "acts", **facts)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> DialogueActClassifier:
        """Read weights, temperature and lexicon stored with the model."""
        with model_storage.read_from(resource) as folder:
            model, facts = LinearModel.load(folder, "acts")
        return cls(config, model_storage, resource, Lexicon(**facts["lexicon"]), model, facts["temperature"])
