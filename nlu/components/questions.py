"""Rasa's training files plus the questions about each procedure (nlu/data/questions) that search learns from."""

from __future__ import annotations

from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.questions import read_questions


class QuestionImporter(RasaFileImporter):
    """Reads what Rasa reads, and adds the question files as examples of ``ask_procedure`` with their aspects."""

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """Return all examples; raises QuestionFileError for a question file that cannot be read."""
        return super().get_nlu_data(language).merge(TrainingData(question_messages()))


def question_messages() -> list[Message]:
    """Return one message per question, shaped as Rasa's own reader shapes examples of a block with metadata."""
    return [
        Message.build(text=question.text, intent="ask_procedure", intent_metadata={"aspects": list(question.aspects)})
        for question in read_questions()
    ]
