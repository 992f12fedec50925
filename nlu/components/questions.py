"""Rasa's training files plus what citizens type about each procedure (nlu/data/questions and its neighbours)."""

from __future__ import annotations

from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.corpus import read_asked


class QuestionImporter(RasaFileImporter):
    """Reads what Rasa reads, and adds the question files as examples with their aspects."""

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """Return all examples; raises QuestionFileError for a question file that cannot be read."""
        return super().get_nlu_data(language).merge(TrainingData(question_messages()))


def question_messages() -> list[Message]:
    """Return one message per line, shaped as Rasa's own reader shapes examples of a block with metadata."""
    return [
        Message.build(text=asked.text, intent=asked.intent, intent_metadata={"aspects": list(asked.aspects)})
        for asked in read_asked()
    ]
